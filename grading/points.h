// Part of Raftlab, under the MIT License (see LICENSE).
//
// How runs become points. The policy, also printed by `./lab grade --help`:
//
//   - A test's points are its weight in handout/rubric.csv times a factor of its pass rate over the
//     seeds. Every seed passes: 1. From 99%: 0.9. From 95%: 0.75. From 80%: 0.5. From 50%: 0.25.
//     Below: 0.
//   - A wrong answer (verdict safety or linearizability) on any seed caps the factor at 0.5: a
//   server
//     that is rarely wrong is wrong.
//   - A fault of the framework never costs points: the run is repeated, and reported if it stays.
//   Such
//     runs, and skipped ones, count neither for nor against. A test of which no run counts is not
//     graded, and its points are not among those that can be had.
//   - A test of a submission that fails with each of its first 5 seeds, or hangs with the first, is
//     not run further: its pass rate is 0 of those.
//   - The tests of a stage sum to 100; a stage counts for its percentage of the lab.
//
// More passes never give fewer points, and the same results always give the same points.

#ifndef RAFTLAB_GRADING_POINTS_H_
#define RAFTLAB_GRADING_POINTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "grading/results.h"
#include "grading/rubric.h"

namespace grading {

// The policy in the words of --help.
std::string_view PointsPolicy();

// A test's runs that count, summed up.
struct Tally {
  int passed = 0;
  int failed = 0;         // wrong answers included
  int wrong_answers = 0;  // safety, linearizability

  bool operator==(const Tally&) const = default;
};
Tally TallyOf(const TestResult& test);

// The share of its weight that a test earns, 0 to 1. Pure.
double PointsFactor(const Tally& tally);

struct TestScore {
  std::string test;
  std::string title;
  Tally tally;
  double weight = 0;
  double points = 0;
  bool graded = true;

  bool operator==(const TestScore&) const = default;
};

struct StageScore {
  Stage stage;
  std::vector<TestScore> tests;
  double points = 0;
  double possible = 0;  // 100 if every test was graded

  bool operator==(const StageScore&) const = default;
};

struct LabScore {
  std::string lab;
  double percent = 0;  // of the stages that were graded

  bool operator==(const LabScore&) const = default;
};

struct ScoreSheet {
  std::vector<StageScore> stages;
  std::vector<LabScore> labs;

  bool operator==(const ScoreSheet&) const = default;
};

// REQUIRES: CheckRubric found nothing wrong.
ScoreSheet MakeScoreSheet(const std::vector<Stage>& stages, const std::vector<RubricRow>& rubric,
                          const std::vector<TestResult>& tests);

}  // namespace grading

#endif  // RAFTLAB_GRADING_POINTS_H_
