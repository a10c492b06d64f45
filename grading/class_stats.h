// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the class did as a whole: how its points are spread over a stage, and which tests bite.

#ifndef RAFTLAB_GRADING_CLASS_STATS_H_
#define RAFTLAB_GRADING_CLASS_STATS_H_

#include <array>
#include <map>
#include <string>
#include <vector>

#include "grading/grade.h"

namespace grading {

// 0, above 0, from 20, from 40, from 60, from 80, and 100 percent of a stage's points.
inline constexpr std::array<const char*, 7> kBucketNames = {"0",     "1-19",  "20-39", "40-59",
                                                            "60-79", "80-99", "100"};

struct StageStats {
  std::string stage;
  std::string title;
  int graded = 0;      // submissions
  int not_graded = 0;  // through faults of ours
  double mean = 0;     // percent, of those graded
  double median = 0;
  std::array<int, kBucketNames.size()> buckets = {};
};

struct TestStats {
  std::string test;
  std::string stage;
  std::string title;
  int submissions = 0;  // that ran it and were graded
  int failing = 0;      // of them, with at least one seed
  int64_t runs = 0;     // that count
  int64_t failing_runs = 0;
  std::map<std::string, int> verdicts;  // of the first failures
};

// In the order of the class's stages; those without a score in any grade are left out.
std::vector<StageStats> StatsOfStages(const ClassGrades& grades);

// Those that fail most submissions first, then most runs, then in the score sheet's order.
std::vector<TestStats> StatsOfTests(const ClassGrades& grades);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CLASS_STATS_H_
