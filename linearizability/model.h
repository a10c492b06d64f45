// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the general search needs to know of an object: how it behaves when one operation follows
// another.

#ifndef RAFTLAB_LINEARIZABILITY_MODEL_H_
#define RAFTLAB_LINEARIZABILITY_MODEL_H_

#include <concepts>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "linearizability/fingerprint.h"
#include "linearizability/history.h"

namespace linearizability {

// A model has these:
//   Initial()                   the state at the beginning.
//   Step(state, input, output)  the state after the operation; none if it could not have had this
//                               output in this state. `output` is null for an open operation: then
//                               any output will do. It depends on nothing but its arguments.
//   IsReadOnly(input, output)   true only if no Step with these arguments changes any state.
//                               `output` is null for an open operation. `false` is always right.
//   Call(input)                 in words: `Get("x")`.
//   Result(input, output)       in words: `returned "ab"`.
// A state is compared with ==, or else, which is faster, by a fingerprint:
//   Hash(state)                 equal for equal states, and as good as never else.
// Optionally, for an object made of independent parts (locality, Herlihy and Wing, section 3.2):
//   Part(input)                 the name of the part: the key. No operation touches two.
template <typename M>
concept Model = requires(const M model, const typename M::State state,
                         const typename M::Input input, const typename M::Output output) {
  { model.Initial() } -> std::same_as<typename M::State>;
  { model.Step(state, input, &output) } -> std::same_as<std::optional<typename M::State>>;
  { model.IsReadOnly(input, &output) } -> std::same_as<bool>;
  { model.Call(input) } -> std::same_as<std::string>;
  { model.Result(input, output) } -> std::same_as<std::string>;
};

template <typename M>
concept HasHash = requires(const M model, const typename M::State state) {
  { model.Hash(state) } -> std::same_as<Fingerprint>;
};

template <typename M>
concept HasParts = requires(const M model, const typename M::Input input) {
  { model.Part(input) } -> std::convertible_to<std::string>;
};

template <typename M>
using OperationOf = Operation<typename M::Input, typename M::Output>;

template <typename M>
using History = HistoryOf<OperationOf<M>>;

// `Get("x") by client 3`.
template <Model M>
std::string DescribeCall(const M& model, const OperationOf<M>& op) {
  return absl::StrCat(model.Call(op.input), " by client ", op.client);
}

// `Get("x") by client 3 returned "ab"`, or `... had no answer`.
template <Model M>
std::string Describe(const M& model, const OperationOf<M>& op) {
  return absl::StrCat(DescribeCall(model, op), " ",
                      op.is_open() ? "had no answer" : model.Result(op.input, op.output));
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_MODEL_H_
