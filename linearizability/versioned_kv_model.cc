// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/versioned_kv_model.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "linearizability/kv_model.h"

namespace linearizability {
namespace {

using Outcome = VersionedKvOutput::Outcome;

// What a Put must answer that finds this version and does not write.
Outcome RefusalOf(uint64_t found) { return found == 0 ? Outcome::kNoKey : Outcome::kVersion; }

}  // namespace

std::optional<VersionedKvModel::State> VersionedKvModel::Step(const State& state,
                                                              const Input& input,
                                                              const Output* output) const {
  if (input.kind == Input::Kind::kGet) {
    if (output == nullptr) return state;
    if (state.version == 0) {
      return output->outcome == Outcome::kNoKey ? std::optional(state) : std::nullopt;
    }
    const bool fits = output->outcome == Outcome::kOk && output->value == state.value &&
                      output->version == state.version;
    return fits ? std::optional(state) : std::nullopt;
  }
  const bool writes = input.version == state.version;
  if (output != nullptr && output->outcome != Outcome::kMaybe &&
      output->outcome != (writes ? Outcome::kOk : RefusalOf(state.version))) {
    return std::nullopt;
  }
  return writes ? State{.value = input.value, .version = state.version + 1} : state;
}

bool VersionedKvModel::IsReadOnly(const Input& input, const Output* output) const {
  return input.kind == Input::Kind::kGet ||
         (output != nullptr &&
          (output->outcome == Outcome::kNoKey || output->outcome == Outcome::kVersion));
}

Fingerprint VersionedKvModel::Hash(const State& state) const {
  return Combine(FingerprintOf(state.version), FingerprintOf(std::string_view(state.value)));
}

std::string VersionedKvModel::Call(const Input& input) const {
  if (input.kind == Input::Kind::kGet) return absl::StrCat("Get(", Quoted(input.key), ")");
  return absl::StrCat("Put(", Quoted(input.key), ", ", Quoted(input.value), ", version ",
                      input.version, ")");
}

std::string VersionedKvModel::Result(const Input& input, const Output& output) const {
  switch (output.outcome) {
    case Outcome::kOk:
      if (input.kind == Input::Kind::kPut) return "returned OK";
      return absl::StrCat("returned ", Quoted(output.value), ", version ", output.version);
    case Outcome::kNoKey:
      return "returned ErrNoKey";
    case Outcome::kVersion:
      return "returned ErrVersion";
    case Outcome::kMaybe:
      return "returned ErrMaybe";
  }
  return "?";
}

}  // namespace linearizability
