// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/rubric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/some_results.h"

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHeader[] = "stage,test,points,title\n";

std::string Misfit(const std::string& rows, const std::vector<Test>& tests) {
  return std::string(CheckRubric(ParseRubric(kHeader + rows).value(), tests).message());
}

TEST(RubricTest, CsvHasQuotesAndCarriageReturnsAndAByteOrderMark) {
  const auto rows = ParseCsv("\xEF\xBB\xBFx,y\r\n1,\"a, \"\"b\"\"\nc\"\r\n\n2,\n", {"x", "y"}, "f");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(*rows, ElementsAre(ElementsAre("1", "a, \"b\"\nc"), ElementsAre("2", "")));
}

TEST(RubricTest, BrokenFilesAreNamed) {
  EXPECT_THAT(ParseRubric("stage,points\n").status().message(),
              HasSubstr("handout/rubric.csv begins with \"stage,points\""));
  EXPECT_THAT(ParseRubric(std::string(kHeader) + "2A,X,3\n").status().message(),
              HasSubstr("row 2 has 3 fields; wanted 4"));
  for (const char* points : {"many", "-1", "nan", "inf", ""}) {
    EXPECT_FALSE(ParseRubric(std::string(kHeader) + "2A,X," + points + ",t\n").ok()) << points;
  }
}

TEST(RubricTest, HiddenTestsAreMarked) {
  const std::string header = "stage,test,points,public,title\n";
  const auto rows = ParseRubric(header + "2A,X,3,yes,t\n2A,Y,4,no,\"u, v\"\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(rows->front().is_public);
  EXPECT_FALSE(rows->back().is_public);
  EXPECT_EQ(rows->back().title, "u, v");
  EXPECT_TRUE(ParseRubric(std::string(kHeader) + "2A,X,3,t\n")->front().is_public);
  EXPECT_THAT(ParseRubric(header + "2A,X,3,No,t\n").status().message(),
              HasSubstr("handout/rubric.csv, test X: public is \"No\"; wanted yes or no."));
}

TEST(RubricTest, FitsItsTests) {
  EXPECT_EQ(Misfit("2A,Raft2A.X,60,t\n2A,Raft2A.Y,40,t\n",
                   {MakeTest("Raft2A.X", "2A"), MakeTest("Raft2A.Y", "2A")}),
            "");
}

TEST(RubricTest, BothWaysOfMissingAreSaid) {
  EXPECT_EQ(Misfit("2A,Raft2A.X,100,t\n2A,Raft2A.Z,0,t\n",
                   {MakeTest("Raft2A.X", "2A"), MakeTest("Raft2A.Y", "2A")}),
            "handout/rubric.csv does not fit the tests: the test Raft2A.Y has no row; the row "
            "Raft2A.Z has no test.");
}

TEST(RubricTest, WrongStagesSumsAndTwinsAreSaid) {
  const std::string misfit =
      Misfit("2B,Raft2A.X,50,t\n2B,Raft2A.X,40,t\n", {MakeTest("Raft2A.X", "2A")});
  EXPECT_THAT(misfit, HasSubstr("Raft2A.X has two rows"));
  EXPECT_THAT(misfit, HasSubstr("Raft2A.X is of stage 2A, its row says 2B"));
  EXPECT_THAT(misfit, HasSubstr("the points of stage 2B sum to 90, not to 100"));
}

TEST(RubricTest, ReadsStages) {
  const auto stages =
      ParseStages("stage,lab,program,percent,title\n2A,2,raft_tests,25,Leader election\n");
  ASSERT_TRUE(stages.ok()) << stages.status();
  ASSERT_EQ(stages->size(), 1u);
  EXPECT_EQ(stages->front().program, "raft_tests");
  EXPECT_EQ(stages->front().percent, 25);
}

}  // namespace
}  // namespace grading
