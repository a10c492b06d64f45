// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/points.h"

#include <algorithm>
#include <iterator>

namespace grading {
namespace {

// The highest step that the pass rate reaches. In whole numbers: 19 of 20 is exactly 95%.
struct Step {
  int percent;
  double factor;
};
constexpr Step kSteps[] = {{100, 1.0}, {99, 0.9}, {95, 0.75}, {80, 0.5}, {50, 0.25}};
constexpr double kWrongAnswerCap = 0.5;

TestScore ScoreTest(const RubricRow& row, const TestResult& result) {
  TestScore score = {
      .test = row.test, .title = row.title, .tally = TallyOf(result), .weight = row.points};
  score.graded = score.tally.passed + score.tally.failed > 0;
  if (score.graded) score.points = row.points * PointsFactor(score.tally);
  return score;
}

StageScore ScoreStage(const Stage& stage, const std::vector<RubricRow>& rubric,
                      const std::vector<TestResult>& tests) {
  StageScore score;
  score.stage = stage;
  for (const RubricRow& row : rubric) {
    if (row.stage != stage.name) continue;
    const auto result = std::ranges::find(
        tests, row.test,
        [](const TestResult& test) -> const std::string& { return test.test.name; });
    if (result == tests.end()) continue;
    score.tests.push_back(ScoreTest(row, *result));
    if (!score.tests.back().graded) continue;
    score.points += score.tests.back().points;
    score.possible += row.points;
  }
  return score;
}

}  // namespace

std::string_view PointsPolicy() {
  return "Points: a test earns its weight (handout/rubric.csv) times a factor of its pass rate "
         "over\n"
         "the seeds: all of them 1, from 99% 0.9, from 95% 0.75, from 80% 0.5, from 50% 0.25, else "
         "0.\n"
         "A wrong answer (safety, linearizability) on any seed caps the factor at 0.5. Faults of "
         "the\n"
         "framework never cost points: such runs are repeated, and reported. A submission's test "
         "that\n"
         "fails with each of its first 5 seeds, or hangs with the first, is not run further. The "
         "tests\n"
         "of a stage sum to 100 points; handout/stages.csv says how much of the lab a stage is.";
}

Tally TallyOf(const TestResult& test) {
  Tally tally = {.passed = test.Count(Verdict::kPass), .failed = test.failures()};
  tally.wrong_answers =
      static_cast<int>(std::ranges::count_if(test.runs, IsWrongAnswer, &Run::verdict));
  return tally;
}

double PointsFactor(const Tally& tally) {
  const int runs = tally.passed + tally.failed;
  if (runs == 0) return 0;
  const auto reached = std::ranges::find_if(
      kSteps, [&](const Step& step) { return tally.passed * 100 >= step.percent * runs; });
  const double factor = reached == std::end(kSteps) ? 0 : reached->factor;
  return tally.wrong_answers > 0 ? std::min(factor, kWrongAnswerCap) : factor;
}

ScoreSheet MakeScoreSheet(const std::vector<Stage>& stages, const std::vector<RubricRow>& rubric,
                          const std::vector<TestResult>& tests) {
  ScoreSheet sheet;
  std::vector<double> possible;  // percent of each lab
  for (const Stage& stage : stages) {
    StageScore score = ScoreStage(stage, rubric, tests);
    if (score.tests.empty()) continue;
    if (sheet.labs.empty() || sheet.labs.back().lab != stage.lab) {
      sheet.labs.push_back({.lab = stage.lab});
      possible.push_back(0);
    }
    if (score.possible > 0) {
      sheet.labs.back().percent += stage.percent * score.points / score.possible;
      possible.back() += stage.percent;
    }
    sheet.stages.push_back(std::move(score));
  }
  for (size_t i = 0; i < possible.size(); ++i) {
    if (possible[i] > 0) sheet.labs[i].percent *= 100 / possible[i];
  }
  return sheet;
}

}  // namespace grading
