// Part of Raftlab, under the MIT License (see LICENSE).
//
// What course platforms read, and the JUnit file of a class: whole files, and their rules.

#include "grading/platforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "grading/class_junit.h"
#include "grading/golden.h"
#include "grading/grade_json.h"
#include "grading/plain_text.h"
#include "grading/some_class.h"

namespace grading {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

Grade GradeOf(const std::string& submission) {
  for (const Grade& grade : SomeClass().grades) {
    if (grade.submission == submission) return grade;
  }
  ADD_FAILURE() << submission;
  return {};
}

// As many tests as a course may have, each with a report of a megabyte.
Grade HugeGrade() {
  Grade grade = GradeOf("hostile");
  grade.results.tests.clear();
  grade.sheet.stages[1].tests.clear();
  for (int i = 0; i < 30; ++i) {
    const std::string name = absl::StrCat("Raft2B.T", i);
    grade.results.tests.push_back(MakeResult(name, "2B", {Verdict::kCrash}));
    grade.results.tests.back().runs[0].report = std::string(1'000'000, '\x1b');
    grade.results.tests.back().runs[0].message = std::string(1'000'000, '"');
    grade.sheet.stages[1].tests.push_back({.test = name, .title = "title", .tally = {.failed = 1}});
  }
  return grade;
}

// "partial stage2A fail 70/100" for each stage.
std::vector<std::string> SumsOfGithub(const Grade& grade) {
  std::vector<std::string> sums;
  const std::vector<std::string> lines =
      absl::StrSplit(GithubClassroomOutputs(grade), '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    const size_t equals = line.find('=');
    std::string text;
    EXPECT_TRUE(absl::Base64Unescape(line.substr(equals + 1), &text));
    const Json json = Json::parse(text);
    double sum = 0;
    for (const Json& test : json["tests"]) sum += test["score"].get<double>();
    sums.push_back(absl::StrCat(grade.submission, " ", line.substr(0, equals), " ",
                                json["status"].get<std::string>(), " ", sum, "/",
                                json["max_score"].get<int>()));
  }
  return sums;
}

TEST(GradescopeTest, Golden) {
  ExpectGolden("gradescope-partial.json",
               GradescopeResults(GradeOf("partial"),
                                 {.not_public = {"Raft2A.Y"}, .visibility = "after_published"}));
  ExpectGolden("gradescope-build-error.json", GradescopeResults(GradeOf("build-error"), {}));
}

TEST(GradescopeTest, TheScoreIsTheSumOfTheTests) {
  for (const Grade& grade : SomeClass().grades) {
    const Json json = Json::parse(GradescopeResults(grade, {}));
    double sum = 0;
    double most = 0;
    for (const Json& test : json["tests"]) {
      sum += test.value("score", 0.0);
      most += test.value("max_score", 0.0);
    }
    EXPECT_DOUBLE_EQ(most, 200) << grade.submission;
    EXPECT_DOUBLE_EQ(json["score"], sum) << grade.submission;
  }
  EXPECT_EQ(Json::parse(GradescopeResults(GradeOf("framework-fault"), {}))["score"], 200)
      << "a fault of ours costs nothing";
}

TEST(GradescopeTest, NothingGradedIsNoZero) {
  Grade grade = GradeOf("framework-fault");
  for (TestResult& result : grade.results.tests) {
    for (grading::Run& run : result.runs) run.verdict = Verdict::kFrameworkFault;
  }
  grade.sheet = MakeScoreSheet(SomeStages(), SomeRubric(), grade.results.tests);
  EXPECT_FALSE(Json::parse(GradescopeResults(grade, {})).contains("score"));
  EXPECT_FALSE(Json::parse(PrairieLearnResults(grade))["gradable"]);
  EXPECT_THAT(AutolabOutput(grade), HasSubstr("\n{\"scores\":{},\"scoreboard\":[\"-\",\"-\"]}\n"));
  EXPECT_EQ(SumsOfGithub(grade), (std::vector<std::string>{"framework-fault stage2A error 0/0",
                                                           "framework-fault stage2B error 0/0"}));
}

TEST(GradescopeTest, TheLeaderboardIsForEveryPoint) {
  GradescopeOptions options;
  options.leaderboard = true;
  const Json perfect = Json::parse(GradescopeResults(GradeOf("perfect"), options));
  EXPECT_EQ(perfect["leaderboard"][0],
            Json({{"name", "RPCs"}, {"value", 4 * 1234.0}, {"order", "asc"}}));
  EXPECT_FALSE(Json::parse(GradescopeResults(GradeOf("partial"), options)).contains("leaderboard"));
}

TEST(GithubClassroomTest, Golden) {
  ExpectGolden("github-partial.txt", GithubClassroomOutputs(GradeOf("partial")));
}

TEST(GithubClassroomTest, ScoresSumToThePoints) {
  std::vector<std::string> sums;
  for (const Grade& grade : SomeClass().grades) {
    for (const std::string& sum : SumsOfGithub(grade)) sums.push_back(sum);
  }
  EXPECT_THAT(sums, ::testing::IsSupersetOf(
                        {"build-error stage2A error 0/100", "framework-fault stage2A pass 100/100",
                         "partial stage2A fail 70/100", "partial stage2B fail 47.5/100",
                         "perfect stage2B pass 100/100", "safety-capped stage2B fail 65/100"}));
}

TEST(AutolabTest, Golden) {
  ExpectGolden("autolab-partial.txt", AutolabOutput(GradeOf("partial")));
}

TEST(AutolabTest, TheLastTwoLinesAreJson) {
  for (const Grade& grade : SomeClass().grades) {
    const std::vector<std::string> lines =
        absl::StrSplit(AutolabOutput(grade), '\n', absl::SkipEmpty());
    EXPECT_TRUE(Json::parse(lines.back())["scores"].is_object());
    EXPECT_EQ(Json::parse(lines[lines.size() - 2])["_presentation"], "semantic");
    EXPECT_EQ(Json::parse(lines[lines.size() - 2])["stages"], Json({"Build", "2A", "2B"}));
  }
}

TEST(PrairieLearnTest, Golden) {
  ExpectGolden("prairielearn-partial.json", PrairieLearnResults(GradeOf("partial")));
}

TEST(PrairieLearnTest, ABuildErrorCostsNoAttempt) {
  const Json json = Json::parse(PrairieLearnResults(GradeOf("build-error")));
  EXPECT_EQ(json["gradable"], false);
  EXPECT_THAT(json["format_errors"][0].get<std::string>(), HasSubstr("expected ';'"));
}

TEST(PlatformsTest, HostileBytesStayText) {
  const Grade grade = GradeOf("hostile");
  for (const std::string& text : {GradescopeResults(grade, {}), PrairieLearnResults(grade),
                                  AutolabOutput(grade), GradeJunit(grade)}) {
    EXPECT_TRUE(IsUtf8(text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\u202E")));
  }
}

TEST(PlatformsTest, TheSizeIsBounded) {
  const Grade grade = HugeGrade();
  EXPECT_LT(GradescopeResults(grade, {}).size(), 1'000'000u);
  EXPECT_LT(PrairieLearnResults(grade).size(), 1'000'000u);
  EXPECT_LT(GithubClassroomOutputs(grade).size(), 128u * 1024);
  EXPECT_LT(AutolabOutput(grade).size(), 1'000'000u);
}

TEST(ClassJunitTest, Golden) { ExpectGolden("junit.xml", ClassJunit(SomeClass())); }

TEST(ClassJunitTest, HostileBytesStayText) {
  const std::string xml = GradeJunit(GradeOf("hostile"));
  EXPECT_THAT(xml, Not(HasSubstr("]]>")));
  EXPECT_THAT(xml, Not(HasSubstr("<script")));
}

TEST(GradeJsonTest, Golden) {
  ClassGrades grades = SomeClass();
  std::erase_if(grades.grades, [](const Grade& grade) {
    return grade.submission != "safety-capped" && grade.submission != "hostile";
  });
  ExpectGolden("class.json", ClassJson(grades));
}

}  // namespace
}  // namespace grading
