// Part of Raftlab, under the MIT License (see LICENSE).
//
// 128-bit fingerprints of sets of operations and of states. Two different things have the same one
// by an accident of about N^2/2^128 for N things seen, which we accept (hash compaction, Wolper and
// Leroy, 1993).

#ifndef RAFTLAB_LINEARIZABILITY_FINGERPRINT_H_
#define RAFTLAB_LINEARIZABILITY_FINGERPRINT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace linearizability {

struct Fingerprint {
  uint64_t a = 0;
  uint64_t b = 0;

  bool operator==(const Fingerprint&) const = default;
  // Of two sets without a common member: that of their union. Of equal ones: that of nothing.
  friend Fingerprint operator^(Fingerprint x, Fingerprint y) { return {x.a ^ y.a, x.b ^ y.b}; }
};

// The finaliser of SplitMix64: a bijection.
inline uint64_t MixBits(uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

inline Fingerprint FingerprintOf(uint64_t x) {
  return {MixBits(x), MixBits(x ^ 0x6a09e667f3bcc908)};
}

// Not symmetric: Combine(x, y) is not Combine(y, x).
inline Fingerprint Combine(Fingerprint x, Fingerprint y) {
  return {MixBits(x.a ^ MixBits(y.a + 0x3c6ef372fe94f82b)),
          MixBits(x.b ^ MixBits(y.b + 0xa54ff53a5f1d36f1))};
}

inline Fingerprint FingerprintOf(std::string_view text) {
  Fingerprint result = FingerprintOf(text.size());
  for (size_t i = 0; i < text.size(); i += 8) {
    uint64_t word = 0;
    for (size_t j = i; j < text.size() && j < i + 8; ++j) {
      word = word << 8 | static_cast<unsigned char>(text[j]);
    }
    result = Combine(result, FingerprintOf(word));
  }
  return result;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_FINGERPRINT_H_
