// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/grade_view.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "grading/plain_text.h"
#include "grading/report_text.h"

namespace grading {
namespace {

const TestResult* ResultOf(const Grade& grade, const std::string& test) {
  const auto found = std::ranges::find_if(
      grade.results.tests, [&](const TestResult& result) { return result.test.name == test; });
  return found == grade.results.tests.end() ? nullptr : &*found;
}

TestView ViewOf(const Grade& grade, const TestScore& score) {
  TestView view;
  view.score = &score;
  view.verdict = "not run";
  const TestResult* result = ResultOf(grade, score.test);
  if (result == nullptr) return view;
  const int others = static_cast<int>(result->runs.size()) - result->Count(Verdict::kPass);
  view.runs = score.tally.passed + others;
  view.how_often = HowOften(*result, view.runs);
  view.shown = result->FirstFailure();
  if (view.shown == nullptr) {
    const auto fault = std::ranges::find(result->runs, Verdict::kFrameworkFault, &Run::verdict);
    if (fault != result->runs.end()) view.shown = &*fault;
  }
  if (view.shown != nullptr) {
    view.verdict = VerdictName(view.shown->verdict);
    view.replay = ReplayLine(*view.shown, grade.results.strategy);
  } else if (view.runs > 0) {
    view.verdict = VerdictName(score.tally.passed > 0 ? Verdict::kPass : Verdict::kSkip);
  }
  return view;
}

}  // namespace

std::vector<TestView> TestsOf(const Grade& grade, const StageScore& stage) {
  std::vector<TestView> tests;
  for (const TestScore& score : stage.tests) tests.push_back(ViewOf(grade, score));
  return tests;
}

const StageScore* StageOf(const Grade& grade, std::string_view stage) {
  const auto found = std::ranges::find_if(
      grade.sheet.stages, [&](const StageScore& score) { return score.stage.name == stage; });
  return found == grade.sheet.stages.end() ? nullptr : &*found;
}

std::string FailureReport(const TestView& test, size_t most) {
  if (test.shown == nullptr) return "";
  const Run& run = *test.shown;
  const std::string report = PlainText(run.report.empty() ? run.message : run.report);
  return absl::StrCat(absl::StripSuffix(CutText(report, most), "\n"), "\n\n", test.how_often,
                      "replay it: ", test.replay, "\n");
}

std::optional<double> StagePercent(const StageScore& stage) {
  if (stage.possible <= 0) return std::nullopt;
  return 100 * stage.points / stage.possible;
}

std::optional<double> TotalPercent(const Grade& grade) {
  const auto graded = [](const StageScore& stage) { return stage.possible > 0; };
  if (std::ranges::none_of(grade.sheet.stages, graded)) return std::nullopt;
  double sum = 0;
  for (const LabScore& lab : grade.sheet.labs) sum += lab.percent;
  return sum / static_cast<double>(std::max<size_t>(1, grade.sheet.labs.size()));
}

std::string StatusOf(const Grade& grade) {
  if (!grade.results.fault.empty()) return "framework fault";
  if (grade.results.interrupted_by != 0) return "interrupted";
  if (grade.build.ok) return "graded";
  return grade.files.empty() ? "nothing to grade" : "build failed";
}

std::string Number(double number) {
  std::string text = absl::StrFormat("%.2f", number);
  if (!std::isfinite(number)) return text;
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string PointsText(const TestScore& score) {
  if (!score.graded) return "not graded";
  return absl::StrCat(Number(score.points), " of ", Number(score.weight));
}

std::string BuildText(const Grade& grade, size_t most) {
  if (grade.files.empty())
    return "No file of the submission could be taken, so nothing was built.\n";
  if (grade.build.output.empty()) {
    return grade.build.ok ? "" : "The build failed without a word.\n";
  }
  return CutText(PlainText(grade.build.output), most);
}

}  // namespace grading
