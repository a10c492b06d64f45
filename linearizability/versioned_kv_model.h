// Part of Raftlab, under the MIT License (see LICENSE).
//
// A table of strings with versions: Get returns value and version, Put writes only if the version
// is still the one that it names. The interface of MIT's key/value labs since 2025.
//
// A Put whose request was sent more than once may not know whether it wrote: it returns kMaybe, and
// either is then legal.

#ifndef RAFTLAB_LINEARIZABILITY_VERSIONED_KV_MODEL_H_
#define RAFTLAB_LINEARIZABILITY_VERSIONED_KV_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "linearizability/model.h"

namespace linearizability {

struct VersionedKvInput {
  enum class Kind { kGet, kPut };

  Kind kind = Kind::kGet;
  std::string key = {};
  std::string value = {};
  uint64_t version = 0;  // for Put: that which the key has; 0 makes a new key

  bool operator==(const VersionedKvInput&) const = default;
};

struct VersionedKvOutput {
  enum class Outcome { kOk, kNoKey, kVersion, kMaybe };

  Outcome outcome = Outcome::kOk;
  std::string value = {};  // of a Get that is kOk
  uint64_t version = 0;    // of a Get that is kOk

  bool operator==(const VersionedKvOutput&) const = default;
};

class VersionedKvModel {
 public:
  using Input = VersionedKvInput;
  using Output = VersionedKvOutput;
  struct State {  // of one key
    std::string value;
    uint64_t version = 0;  // 0: there is no such key
    bool operator==(const State&) const = default;
  };

  State Initial() const { return {}; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const;
  bool IsReadOnly(const Input& input, const Output* output) const;
  Fingerprint Hash(const State& state) const;
  std::string Part(const Input& input) const { return input.key; }
  std::string Call(const Input& input) const;
  std::string Result(const Input& input, const Output& output) const;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_VERSIONED_KV_MODEL_H_
