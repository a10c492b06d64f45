// Part of Raftlab, under the MIT License (see LICENSE).
//
// Numbers that a user types: seeds, ranges of seeds, jobs. What is wrong with one is said in a
// sentence that names the option.

#ifndef RAFTLAB_GRADING_SEEDS_H_
#define RAFTLAB_GRADING_SEEDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grading {

// Readers of our JSON in other languages hold numbers as doubles: up to here they are exact.
inline constexpr uint64_t kLargestSeed = (uint64_t{1} << 53) - 1;
inline constexpr uint64_t kMostSeeds = 1'000'000;
inline constexpr uint64_t kMostJobs = 512;

// "17", for --seed.
absl::StatusOr<uint64_t> ParseSeed(const std::string& text);

// "200" is 1 to 200, "100..200" is from 100 to 200; for --seeds. Ascending.
absl::StatusOr<std::vector<uint64_t>> ParseSeeds(const std::string& text);

// For --jobs; empty means as many as this process may use cores.
absl::StatusOr<int> ParseJobs(const std::string& text);

}  // namespace grading

#endif  // RAFTLAB_GRADING_SEEDS_H_
