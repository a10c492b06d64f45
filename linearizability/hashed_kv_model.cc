// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/hashed_kv_model.h"

#include "absl/numeric/int128.h"

namespace linearizability {
namespace {

constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;
// Any two numbers below the prime; these come from the digits of pi and e.
constexpr uint64_t kBase[2] = {0x043f6a8885a308d3, 0x0b7e151628aed2a6};

uint64_t Add(uint64_t x, uint64_t y) {
  const uint64_t sum = x + y;
  return sum >= kPrime ? sum - kPrime : sum;
}

uint64_t Multiply(uint64_t x, uint64_t y) {
  const absl::uint128 product = absl::uint128(x) * y;
  return Add(absl::Uint128Low64(product) & kPrime, absl::Uint128Low64(product >> 61));
}

}  // namespace

TextHash::TextHash(std::string_view text) : length_(text.size()) {
  for (int i = 0; i < 2; ++i) {
    for (char c : text) {
      // Not 0 for any byte, so that leading ones count.
      sum_[i] = Add(Multiply(sum_[i], kBase[i]), static_cast<unsigned char>(c) + 1);
      power_[i] = Multiply(power_[i], kBase[i]);
    }
  }
}

TextHash TextHash::Then(const TextHash& other) const {
  TextHash result;
  for (int i = 0; i < 2; ++i) {
    result.sum_[i] = Add(Multiply(sum_[i], other.power_[i]), other.sum_[i]);
    result.power_[i] = Multiply(power_[i], other.power_[i]);
  }
  result.length_ = length_ + other.length_;
  return result;
}

Operation<HashedKvModel::Input, HashedKvModel::Output> Hashed(const KvOperation& op) {
  Operation<HashedKvModel::Input, HashedKvModel::Output> hashed{
      .client = op.client, .call_ns = op.call_ns, .return_ns = op.return_ns};
  hashed.input = {&op.input, TextHash(op.input.value)};
  hashed.output = {&op.output, TextHash(op.output.value)};
  return hashed;
}

}  // namespace linearizability
