// Part of Raftlab, under the MIT License (see LICENSE).
//
// What every exporter asks of a grade, answered once. The answers are the same for a whole and an
// abridged grade (grade_json.h): what passed is counted by the score sheet.

#ifndef RAFTLAB_GRADING_GRADE_VIEW_H_
#define RAFTLAB_GRADING_GRADE_VIEW_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grading/grade.h"

namespace grading {

// One test of a grade. The pointers are into the grade.
struct TestView {
  const TestScore* score = nullptr;  // never null in what TestsOf gives
  const Run* shown = nullptr;        // the run to tell of: the first failure, else our first fault
  std::string verdict;               // of `shown`; else "pass", "skip" or "not run"
  int runs = 0;
  std::string how_often;  // "2 of 10 seeds failed: ...", as HowOften() says it, or empty
  std::string replay;     // the line that shows `shown` again, or empty
  bool passed() const { return verdict == "pass"; }
};

// The tests of a stage, in the score sheet's order.
std::vector<TestView> TestsOf(const Grade& grade, const StageScore& stage);

// The stage's score of this name, or nullptr.
const StageScore* StageOf(const Grade& grade, std::string_view stage);

// All that a student is told about a test that did not pass: the report, how often, the replay
// line; at most about `most` bytes. Empty for one that passed.
std::string FailureReport(const TestView& test, size_t most);

// 0 to 100; none if no test of the stage could be graded: faults of ours cost no points, and give
// none.
std::optional<double> StagePercent(const StageScore& stage);

// The mean over the labs, 0 to 100; none if nothing could be graded.
std::optional<double> TotalPercent(const Grade& grade);

// What became of it, in a few words: "graded", "build failed", "nothing to grade", "interrupted",
// "framework fault".
std::string StatusOf(const Grade& grade);

// "87.5", "100", "-0.25": at most two digits after the point.
std::string Number(double number);

// "12.5 of 14", or "not graded".
std::string PointsText(const TestScore& score);

// The build's output, or why there is none, at most about `most` bytes, safe to show.
std::string BuildText(const Grade& grade, size_t most);

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADE_VIEW_H_
