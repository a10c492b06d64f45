// Part of Raftlab, under the MIT License (see LICENSE).
//
// KvModel for the search: values are hashes that can be appended to, so that a step costs the same
// whatever the length. Two polynomials modulo the prime 2^61 - 1: different values of n bytes have
// one hash by an accident of about (n / 2^61)^2.

#ifndef RAFTLAB_LINEARIZABILITY_HASHED_KV_MODEL_H_
#define RAFTLAB_LINEARIZABILITY_HASHED_KV_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linearizability/kv_model.h"

namespace linearizability {

class TextHash {
 public:
  TextHash() = default;
  explicit TextHash(std::string_view text);

  // The hash of this text with the other behind it.
  TextHash Then(const TextHash& other) const;
  Fingerprint fingerprint() const { return {MixBits(sum_[0]), MixBits(sum_[1] + length_)}; }
  bool operator==(const TextHash&) const = default;

 private:
  uint64_t sum_[2] = {0, 0};
  uint64_t power_[2] = {1, 1};  // of the base, to the length
  uint64_t length_ = 0;
};

class HashedKvModel {
 public:
  struct Input {
    const KvInput* text = nullptr;
    TextHash hash = {};  // of what is written
  };
  struct Output {
    const KvOutput* text = nullptr;
    TextHash hash = {};  // of what Get returned
  };
  using State = TextHash;

  State Initial() const { return {}; }
  std::optional<State> Step(const State& state, const Input& input, const Output* output) const {
    switch (input.text->kind) {
      case KvInput::Kind::kGet:
        if (output != nullptr && output->hash != state) return std::nullopt;
        return state;
      case KvInput::Kind::kPut:
        return input.hash;
      case KvInput::Kind::kAppend:
        return state.Then(input.hash);
    }
    return std::nullopt;
  }
  bool IsReadOnly(const Input& input, const Output*) const {
    return input.text->kind == KvInput::Kind::kGet;
  }
  Fingerprint Hash(const State& state) const { return state.fingerprint(); }
  std::string Part(const Input& input) const { return input.text->key; }
  std::string Call(const Input& input) const { return KvModel().Call(*input.text); }
  std::string Result(const Input& input, const Output& output) const {
    return KvModel().Result(*input.text, *output.text);
  }
};

// The operation as HashedKvModel knows it. It refers to the given one.
Operation<HashedKvModel::Input, HashedKvModel::Output> Hashed(const KvOperation& op);

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_HASHED_KV_MODEL_H_
