// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/seeds.h"

#include <numeric>
#include <sched.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace grading {
namespace {

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// `option` and `what` are the words of the sentence: "--seed", "a seed".
absl::StatusOr<uint64_t> ParseNumber(const std::string& text, const std::string& option,
                                     const std::string& what, uint64_t largest) {
  if (!IsNumber(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " ", text, ": ", what, " is a whole number from 1 to ", largest, "."));
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > largest) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " ", text, " is too large: at most ", largest, "."));
  }
  if (number == 0) {
    return absl::InvalidArgumentError(absl::StrCat(option, " 0: ", what, " is at least 1."));
  }
  return number;
}

}  // namespace

absl::StatusOr<uint64_t> ParseSeed(const std::string& text) {
  return ParseNumber(text, "--seed", "a seed", kLargestSeed);
}

absl::StatusOr<std::vector<uint64_t>> ParseSeeds(const std::string& text) {
  const size_t dots = text.find("..");
  uint64_t first = 1;
  uint64_t last = 0;
  if (dots == std::string::npos) {
    const auto count = ParseNumber(text, "--seeds", "the number of seeds", kMostSeeds);
    if (!count.ok()) return count.status();
    last = *count;
  } else {
    const auto from = ParseNumber(text.substr(0, dots), "--seeds", "the first seed", kLargestSeed);
    if (!from.ok()) return from.status();
    const auto to = ParseNumber(text.substr(dots + 2), "--seeds", "the last seed", kLargestSeed);
    if (!to.ok()) return to.status();
    first = *from;
    last = *to;
  }
  if (last < first) {
    return absl::InvalidArgumentError(
        absl::StrCat("--seeds ", text, " is empty: write the smaller seed first, as in 100..200."));
  }
  if (last - first >= kMostSeeds) {
    return absl::InvalidArgumentError(
        absl::StrCat("--seeds ", text, " are too many: at most ", kMostSeeds, " at once."));
  }
  std::vector<uint64_t> seeds(last - first + 1);
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

absl::StatusOr<int> ParseJobs(const std::string& text) {
  if (text.empty()) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
    return CPU_COUNT(&cores);
  }
  const auto jobs = ParseNumber(text, "--jobs", "the number of jobs", kMostJobs);
  if (!jobs.ok()) return jobs.status();
  return static_cast<int>(*jobs);
}

}  // namespace grading
