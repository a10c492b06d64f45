// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/class_stats.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "grading/grade_view.h"

namespace grading {
namespace {

size_t BucketOf(double percent) {
  if (percent <= 0) return 0;
  if (percent >= 100) return kBucketNames.size() - 1;
  return 1 + static_cast<size_t>(percent / 20);
}

double MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void Add(const TestView& view, TestStats* stats) {
  const Tally& tally = view.score->tally;
  if (tally.passed + tally.failed == 0) return;
  ++stats->submissions;
  stats->runs += tally.passed + tally.failed;
  stats->failing_runs += tally.failed;
  if (tally.failed == 0) return;
  ++stats->failing;
  ++stats->verdicts[view.verdict];
}

}  // namespace

std::vector<StageStats> StatsOfStages(const ClassGrades& grades) {
  std::vector<StageStats> all;
  for (const std::string& name : grades.stages) {
    StageStats stats;
    stats.stage = name;
    std::vector<double> percents;
    double sum = 0;
    for (const Grade& grade : grades.grades) {
      const StageScore* score = StageOf(grade, name);
      if (score == nullptr) continue;
      stats.title = score->stage.title;
      const std::optional<double> percent = StagePercent(*score);
      if (!percent) {
        ++stats.not_graded;
        continue;
      }
      percents.push_back(*percent);
      sum += *percent;
      ++stats.buckets[BucketOf(*percent)];
    }
    stats.graded = static_cast<int>(percents.size());
    if (stats.graded > 0) stats.mean = sum / stats.graded;
    stats.median = MedianOf(std::move(percents));
    if (stats.graded + stats.not_graded > 0) all.push_back(stats);
  }
  return all;
}

std::vector<TestStats> StatsOfTests(const ClassGrades& grades) {
  std::vector<TestStats> all;
  for (const Grade& grade : grades.grades) {
    for (const StageScore& stage : grade.sheet.stages) {
      for (const TestView& view : TestsOf(grade, stage)) {
        auto found = std::ranges::find(all, view.score->test, &TestStats::test);
        if (found == all.end()) {
          TestStats stats;
          stats.test = view.score->test;
          stats.stage = stage.stage.name;
          stats.title = view.score->title;
          all.push_back(stats);
          found = all.end() - 1;
        }
        Add(view, &*found);
      }
    }
  }
  std::ranges::stable_sort(all, [](const TestStats& a, const TestStats& b) {
    return std::tie(a.failing, a.failing_runs) > std::tie(b.failing, b.failing_runs);
  });
  return all;
}

}  // namespace grading
