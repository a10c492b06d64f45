// Part of Raftlab, under the MIT License (see LICENSE).
//
// Digests, and the seeds of graded runs. Seeds come from a course key, which is secret until the
// grades are out: nobody can tune a Raft to them, and afterwards everybody can compute them again.

#ifndef RAFTLAB_GRADING_CRYPTO_H_
#define RAFTLAB_GRADING_CRYPTO_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace grading {

inline constexpr size_t kShortestKey = 16;      // bytes
inline constexpr size_t kLongestKey = 1 << 16;  // bytes

// 64 hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// 32 bytes (RFC 2104).
std::string HmacSha256(std::string_view key, std::string_view bytes);

// `count` different seeds from 1 to kLargestSeed, always the same ones for the same arguments; a
// larger count continues the list of a smaller one. `submission` is its digest, or its name, or ""
// for seeds that a whole class shares. Number i, from 0, is the first 8 bytes, big-endian and
// modulo 2^53, of the HMAC of this text, where length is in bytes:
//   "raftlab seeds 1\n" length ":" submission "\n" length ":" test "\n" i
// A 0, or a seed that was there before, is passed over.
std::vector<uint64_t> DeriveSeeds(std::string_view key, std::string_view submission,
                                  std::string_view test, int count);

// What a course may publish before the deadline to prove later that its key was fixed by then: the
// SHA-256 of the key.
std::string KeyCommitment(std::string_view key);

// The bytes of the file without white space at their end. An error is a sentence that says what to
// do.
absl::StatusOr<std::string> ReadKeyFile(const std::string& path);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CRYPTO_H_
