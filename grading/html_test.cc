// Part of Raftlab, under the MIT License (see LICENSE).
//
// The HTML reports as text; html_test.sh looks at them in a browser.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/class_html.h"
#include "grading/class_stats.h"
#include "grading/golden.h"
#include "grading/grade_json.h"
#include "grading/html_page.h"
#include "grading/plain_text.h"
#include "grading/some_class.h"
#include "grading/student_html.h"

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Without our own style and script, which are no matter of the grades.
std::string Markup(std::string html) {
  for (const std::string tag : {"style", "script"}) {
    const size_t from = html.find("<" + tag + ">");
    const size_t to = html.find("</" + tag + ">", from);
    html.erase(from, to + tag.size() + 3 - from);
  }
  return html;
}

ClassGrades SmallClass() {
  ClassGrades grades = SomeClass();
  for (Grade& grade : grades.grades) grade = Abridged(grade);
  return grades;
}

TEST(StudentHtmlTest, Golden) {
  const ClassGrades grades = SomeClass();
  ExpectGolden("student-build-error.html", Markup(StudentHtml(grades.grades[0])));
  ExpectGolden("student-hostile.html", Markup(StudentHtml(grades.grades[4])));
  ExpectGolden("student-partial.html", Markup(StudentHtml(grades.grades[5])));
}

TEST(StudentHtmlTest, DoesNotTellWhereTheGraderKeepsThings) {
  EXPECT_THAT(StudentHtml(SomeClass().grades[5]), Not(HasSubstr("submissions/partial.zip")));
}

TEST(StudentHtmlTest, EveryLostPointHasAReplayLine) {
  for (const Grade& grade : SomeClass().grades) {
    const std::string html = StudentHtml(grade);
    for (const TestResult& result : grade.results.tests) {
      const grading::Run* failure = result.FirstFailure();
      if (failure == nullptr) continue;
      EXPECT_THAT(html, HasSubstr("<code>" + ReplayLine(*failure, "mix") +
                                  "</code>"));
    }
  }
}

TEST(ClassHtmlTest, Golden) { ExpectGolden("class.html", Markup(ClassHtml(SomeClass()))); }

TEST(ClassHtmlTest, AnAbridgedClassIsEnough) {
  EXPECT_EQ(ClassHtml(SmallClass()), ClassHtml(SomeClass()));
}

TEST(HtmlTest, HostileTextIsNoMarkup) {
  const ClassGrades grades = SomeClass();
  for (const std::string& html : {StudentHtml(grades.grades[4]), ClassHtml(grades)}) {
    EXPECT_TRUE(IsUtf8(html));
    EXPECT_THAT(html, Not(HasSubstr("<img")));
    EXPECT_EQ(html.find("<script"), html.rfind("<script")) << "only our own";
    EXPECT_THAT(html, Not(HasSubstr("\x1b")));
    EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  }
}

TEST(HtmlTest, AnEmptyClassIsAPage) {
  EXPECT_THAT(ClassHtml({}), HasSubstr("0 submissions"));
  EXPECT_THAT(StudentHtml({}), HasSubstr("nothing to grade"));
}

TEST(ClassStatsTest, Stages) {
  const std::vector<StageStats> stats = StatsOfStages(SomeClass());
  ASSERT_EQ(stats.size(), 2u);
  EXPECT_EQ(stats[0].stage, "2A");
  EXPECT_EQ(stats[0].graded, 9);
  EXPECT_THAT(stats[0].buckets, ElementsAre(2, 0, 0, 0, 1, 0, 6));
  EXPECT_DOUBLE_EQ(stats[0].mean, 670.0 / 9);
  EXPECT_DOUBLE_EQ(stats[0].median, 100);
  EXPECT_THAT(stats[1].buckets, ElementsAre(2, 0, 0, 2, 1, 0, 4));
}

TEST(ClassStatsTest, AStageThatWasNotGradedIsNoZero) {
  ClassGrades grades = SomeClass();
  grades.grades.resize(3);
  for (StageScore& stage : grades.grades[2].sheet.stages) stage.possible = 0;
  const std::vector<StageStats> stats = StatsOfStages(grades);
  EXPECT_EQ(stats[0].graded, 2);
  EXPECT_EQ(stats[0].not_graded, 1);
}

TEST(ClassStatsTest, TheTestThatBitesMostIsFirst) {
  for (const ClassGrades& grades : {SomeClass(), SmallClass()}) {
    const std::vector<TestStats> stats = StatsOfTests(grades);
    ASSERT_EQ(stats.size(), 4u);
    EXPECT_EQ(stats[0].test, "Raft2B.Z");
    EXPECT_EQ(stats[0].submissions, 7);
    EXPECT_EQ(stats[0].failing, 3);
    EXPECT_EQ(stats[0].runs, 6 * 4 + 20);
    EXPECT_EQ(stats[0].failing_runs, 3);
    EXPECT_THAT(stats[0].verdicts,
                ElementsAre(std::pair("crash", 1), std::pair("hang", 1), std::pair("safety", 1)));
    EXPECT_EQ(stats[1].test, "Raft2A.Y");
    EXPECT_EQ(stats[1].submissions, 6) << "a fault of ours is not a run";
    EXPECT_EQ(stats[1].failing_runs, 2);
  }
}

}  // namespace
}  // namespace grading
