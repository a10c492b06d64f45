// Part of Raftlab, under the MIT License (see LICENSE).
//
// A table of strings with Get, Put and Append, as labs 3 and 4 build it. A key that was never
// written is the empty string.

#ifndef RAFTLAB_LINEARIZABILITY_KV_MODEL_H_
#define RAFTLAB_LINEARIZABILITY_KV_MODEL_H_

#include <optional>
#include <string>
#include <string_view>

#include "linearizability/fingerprint.h"
#include "linearizability/model.h"

namespace linearizability {

struct KvInput {
  enum class Kind { kGet, kPut, kAppend };

  Kind kind = Kind::kGet;
  std::string key = {};
  std::string value = {};  // of Put and Append

  bool operator==(const KvInput&) const = default;
};

struct KvOutput {
  std::string value = {};  // what Get returned

  bool operator==(const KvOutput&) const = default;
};

using KvOperation = Operation<KvInput, KvOutput>;
using KvHistory = HistoryOf<KvOperation>;

// The text in quotes, unprintable bytes escaped; of a long one, both ends.
std::string Quoted(std::string_view text);

class KvModel {
 public:
  using Input = KvInput;
  using Output = KvOutput;
  using State = std::string;  // of one key

  State Initial() const { return ""; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const;
  bool IsReadOnly(const Input& input, const Output*) const {
    return input.kind == Input::Kind::kGet;
  }
  Fingerprint Hash(const State& state) const { return FingerprintOf(std::string_view(state)); }
  std::string Part(const Input& input) const { return input.key; }
  std::string Call(const Input& input) const;
  std::string Result(const Input& input, const Output& output) const;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_MODEL_H_
