// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/platforms.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "grading/grade_view.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

using Json = nlohmann::ordered_json;

// With 100 tests at most, well under the 1 MB that PrairieLearn takes.
constexpr size_t kMostOfATest = 6'000;
// With 30 tests in a stage, under the 128 KiB that Linux gives one environment variable, in which
// the reporter reads it.
constexpr size_t kMostOfAGithubTest = 2'000;
constexpr size_t kMostOfTheBuild = 20'000;
constexpr size_t kMostOfAFinding = 1'000;
constexpr size_t kMostFindings = 50;
constexpr size_t kMostOfAHint = 300;

constexpr std::array<std::string_view, 4> kVisibilities = {"hidden", "after_due_date",
                                                           "after_published", "visible"};

std::string Dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// What the points of a stage's tests are multiplied by, so that they sum to StagePercent.
double ScaleOf(const StageScore& stage) { return stage.possible > 0 ? 100 / stage.possible : 0; }

std::string TitleOf(const TestScore& score) {
  return score.title.empty() ? score.test : absl::StrCat(score.test, ": ", score.title);
}

// What concerns the submission as a whole: its state, the findings, the build.
std::string Summary(const Grade& grade) {
  std::string text;
  const std::string status = StatusOf(grade);
  if (status != "graded") absl::StrAppend(&text, "Status: ", status, ".\n");
  if (!grade.results.fault.empty()) {
    absl::StrAppend(&text, "The framework gave up, which costs no points: ",
                    CutText(PlainText(grade.results.fault), kMostOfAFinding), "\n");
  }
  for (size_t i = 0; i < std::min(grade.findings.size(), kMostFindings); ++i) {
    const Finding& finding = grade.findings[i];
    absl::StrAppend(&text, std::string(SeverityName(finding.severity)), ": ",
                    CutText(PlainText(finding.text), kMostOfAFinding), "\n");
  }
  if (!grade.build.ok) absl::StrAppend(&text, "\n", BuildText(grade, kMostOfTheBuild));
  return text;
}

std::string TestText(const TestView& test, size_t most) {
  if (test.shown != nullptr) return FailureReport(test, most);
  if (test.passed()) return absl::StrCat("passed with ", Plural(test.runs, "seed"), "\n");
  return absl::StrCat(test.verdict, "\n");
}

// The first line of what failed.
std::string Hint(const TestView& test) {
  if (test.shown == nullptr) return test.verdict;
  const std::string message = PlainText(test.shown->message);
  return CutText(absl::StrCat(test.verdict, ": ", message), kMostOfAHint);
}

// 100 for each stage; a stage that could not be graded counts as the mean of the others. None if
// there is no other.
std::optional<double> SumOfStages(const Grade& grade) {
  double sum = 0;
  int graded = 0;
  for (const StageScore& stage : grade.sheet.stages) {
    const std::optional<double> percent = StagePercent(stage);
    sum += percent.value_or(0);
    graded += percent ? 1 : 0;
  }
  if (graded == 0) return std::nullopt;
  return sum / graded * static_cast<double>(grade.sheet.stages.size());
}

bool HasEveryPoint(const Grade& grade) {
  return !grade.sheet.stages.empty() &&
         std::ranges::all_of(grade.sheet.stages, [](const StageScore& stage) {
           return std::ranges::all_of(stage.tests, [](const TestScore& test) {
             return test.graded && test.points >= test.weight;
           });
         });
}

// The sum over the tests of their medians.
template <typename Number>
double SumOfMedians(const Grade& grade, Number Run::*field) {
  double sum = 0;
  for (const TestResult& result : grade.results.tests) sum += result.Median(field);
  return sum;
}

Json GradescopeTest(const TestView& test, const StageScore& stage, const std::string& number,
                    const GradescopeOptions& options) {
  Json json = {{"name", TitleOf(*test.score)}, {"number", number}};
  // Without a score it is for information only.
  if (test.score->graded) {
    json["score"] = test.score->points * ScaleOf(stage);
    json["max_score"] = test.score->weight * ScaleOf(stage);
    json["status"] = test.passed() ? "passed" : "failed";
  }
  json["output"] = TestText(test, kMostOfATest);
  json["output_format"] = "text";
  json["tags"] = {stage.stage.name, test.verdict};
  json["visibility"] =
      options.not_public.contains(test.score->test) ? options.visibility : "visible";
  json["extra_data"] = {{"verdict", test.verdict}, {"replay", test.replay}};
  if (test.shown != nullptr) json["extra_data"]["seed"] = test.shown->seed;
  return json;
}

Json GithubTest(const std::string& name, const char* status, double score,
                const std::string& message, const std::string& command) {
  return {{"name", name},         {"status", status}, {"score", score}, {"message", message},
          {"test_code", command}, {"filename", ""},   {"line_no", 0},   {"duration", 0}};
}

}  // namespace

bool IsGradescopeVisibility(const std::string& visibility) {
  return std::ranges::find(kVisibilities, visibility) != kVisibilities.end();
}

std::string GradescopeResults(const Grade& grade, const GradescopeOptions& options) {
  Json tests = Json::array();
  for (size_t i = 0; i < grade.sheet.stages.size(); ++i) {
    const StageScore& stage = grade.sheet.stages[i];
    const std::vector<TestView> views = TestsOf(grade, stage);
    for (size_t k = 0; k < views.size(); ++k) {
      tests.push_back(GradescopeTest(views[k], stage, absl::StrCat(i + 1, ".", k + 1), options));
    }
  }
  Json json = Json::object();
  if (const auto score = SumOfStages(grade)) json["score"] = *score;
  json.update(
      {{"execution_time", grade.results.real_seconds},
       {"output", Summary(grade)},
       {"output_format", "text"},
       {"test_output_format", "text"},
       {"test_name_format", "text"},
       {"visibility", "visible"},
       {"stdout_visibility", "hidden"},
       {"extra_data", {{"digest", grade.digest}, {"framework", PlainText(grade.framework)}}},
       {"tests", tests}});
  if (options.leaderboard && HasEveryPoint(grade)) {
    json["leaderboard"] = {
        {{"name", "RPCs"}, {"value", SumOfMedians(grade, &Run::rpcs)}, {"order", "asc"}},
        {{"name", "bytes"}, {"value", SumOfMedians(grade, &Run::bytes)}, {"order", "asc"}}};
  }
  return Dump(json, 1) + "\n";
}

std::string GithubClassroomOutputs(const Grade& grade) {
  std::string text;
  for (const StageScore& stage : grade.sheet.stages) {
    Json tests = Json::array();
    if (!grade.build.ok) {
      tests.push_back(
          GithubTest("build", "error", 0, BuildText(grade, kMostOfTheBuild), "./lab test"));
    }
    for (const TestView& test : TestsOf(grade, stage)) {
      if (!grade.build.ok || !test.score->graded) continue;
      tests.push_back(GithubTest(TitleOf(*test.score), test.passed() ? "pass" : "fail",
                                 test.score->points * ScaleOf(stage),
                                 test.passed() ? "" : TestText(test, kMostOfAGithubTest),
                                 absl::StrCat("./lab test ", test.score->test)));
    }
    const auto passed = [](const Json& test) { return test["status"] == "pass"; };
    const bool graded = grade.build.ok && stage.possible > 0;
    const char* status = std::ranges::all_of(tests, passed) ? "pass" : "fail";
    const Json json = {{"version", 1},
                       {"status", graded ? status : "error"},
                       {"max_score", stage.possible > 0 ? 100 : 0},
                       {"tests", tests}};
    absl::StrAppend(&text, "stage", stage.stage.name, "=", absl::Base64Escape(Dump(json, -1)),
                    "\n");
  }
  return text;
}

std::string AutolabOutput(const Grade& grade) {
  std::string text = Summary(grade);
  Json scores = Json::object();
  Json board = Json::array();
  Json checks = {{"_presentation", "semantic"}, {"stages", {"Build"}}};
  checks["Build"]["compile"]["passed"] = grade.build.ok;
  for (const StageScore& stage : grade.sheet.stages) {
    const std::optional<double> percent = StagePercent(stage);
    if (percent) scores[stage.stage.name] = *percent;
    board.push_back(percent ? Json(*percent) : Json("-"));
    checks["stages"].push_back(stage.stage.name);
    checks[stage.stage.name] = Json::object();
    for (const TestView& test : TestsOf(grade, stage)) {
      Json& check = checks[stage.stage.name][test.score->test];
      check["passed"] = test.passed();
      if (!test.passed()) check["hint"] = Hint(test);
      if (test.shown != nullptr) {
        absl::StrAppend(&text, "\n==== ", TitleOf(*test.score), " ====\n",
                        TestText(test, kMostOfATest));
      }
    }
  }
  const Json last = {{"scores", scores}, {"scoreboard", board}};
  return absl::StrCat(text, "\n", Dump(checks, -1), "\n", Dump(last, -1), "\n");
}

std::string PrairieLearnResults(const Grade& grade) {
  Json tests = Json::array();
  for (const StageScore& stage : grade.sheet.stages) {
    for (const TestView& test : TestsOf(grade, stage)) {
      if (!test.score->graded) continue;
      tests.push_back({{"name", test.score->test},
                       {"description", test.score->title},
                       {"points", test.score->points},
                       {"max_points", test.score->weight},
                       {"message", Hint(test)},
                       {"output", TestText(test, kMostOfATest)}});
    }
  }
  const std::optional<double> total = TotalPercent(grade);
  Json json = {{"gradable", grade.build.ok && total.has_value()},
               {"score", total.value_or(0) / 100},
               {"message", StatusOf(grade)},
               {"output", Summary(grade)},
               {"tests", tests}};
  if (!grade.build.ok) json["format_errors"] = Json::array({Summary(grade)});
  return Dump(json, 1) + "\n";
}

}  // namespace grading
