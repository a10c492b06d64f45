// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/points.h"

#include <gtest/gtest.h>

#include "grading/some_results.h"

namespace grading {
namespace {

constexpr Verdict kPass = Verdict::kPass;
constexpr Verdict kFault = Verdict::kFrameworkFault;

TEST(PointsTest, TheFactorFollowsThePassRate) {
  EXPECT_EQ(PointsFactor({.passed = 20, .failed = 0}), 1);
  EXPECT_EQ(PointsFactor({.passed = 199, .failed = 1}), 0.9);
  EXPECT_EQ(PointsFactor({.passed = 99, .failed = 1}), 0.9);
  EXPECT_EQ(PointsFactor({.passed = 19, .failed = 1}), 0.75);
  EXPECT_EQ(PointsFactor({.passed = 16, .failed = 4}), 0.5);
  EXPECT_EQ(PointsFactor({.passed = 10, .failed = 10}), 0.25);
  EXPECT_EQ(PointsFactor({.passed = 9, .failed = 11}), 0);
  EXPECT_EQ(PointsFactor({.passed = 0, .failed = 20}), 0);
  EXPECT_EQ(PointsFactor({.passed = 0, .failed = 0}), 0);
}

TEST(PointsTest, AWrongAnswerCapsTheFactor) {
  EXPECT_EQ(PointsFactor({.passed = 199, .failed = 1, .wrong_answers = 1}), 0.5);
  EXPECT_EQ(PointsFactor({.passed = 10, .failed = 10, .wrong_answers = 1}), 0.25);
}

TEST(PointsTest, MorePassesNeverGiveFewerPoints) {
  for (int wrong = 0; wrong <= 1; ++wrong) {
    double last = 0;
    for (int passed = 0; passed + wrong <= 200; ++passed) {
      const double factor =
          PointsFactor({.passed = passed, .failed = 200 - passed, .wrong_answers = wrong});
      EXPECT_GE(factor, last) << passed;
      EXPECT_LE(factor, 1);
      last = factor;
    }
  }
}

TEST(PointsTest, FaultsAndSkipsDoNotCount) {
  const Tally tally = TallyOf(MakeResult("Raft2A.X", "2A",
                                         {kPass, kFault, Verdict::kSkip, Verdict::kSafety,
                                          Verdict::kLinearizability, Verdict::kHang}));
  EXPECT_EQ(tally.passed, 1);
  EXPECT_EQ(tally.failed, 3);
  EXPECT_EQ(tally.wrong_answers, 2);
}

Stage MakeStage(const std::string& name, double percent) {
  Stage stage;
  stage.name = name;
  stage.lab = name.substr(0, 1);
  stage.percent = percent;
  return stage;
}

RubricRow Row(const std::string& stage, const std::string& test, double points) {
  return {.stage = stage, .test = test, .points = points, .title = "title"};
}

TEST(PointsTest, StagesAndLabsSumUp) {
  const ScoreSheet sheet = MakeScoreSheet(
      {MakeStage("2A", 40), MakeStage("2B", 60)},
      {Row("2A", "Raft2A.X", 70), Row("2A", "Raft2A.Y", 30), Row("2B", "Raft2B.X", 100)},
      {MakeResult("Raft2A.X", "2A", {kPass, kPass}),
       MakeResult("Raft2A.Y", "2A", {kPass, Verdict::kCrash}),
       MakeResult("Raft2B.X", "2B", {kPass, Verdict::kSafety})});
  ASSERT_EQ(sheet.stages.size(), 2u);
  EXPECT_DOUBLE_EQ(sheet.stages[0].points, 77.5);
  EXPECT_DOUBLE_EQ(sheet.stages[0].possible, 100);
  EXPECT_DOUBLE_EQ(sheet.stages[1].points, 25);
  ASSERT_EQ(sheet.labs.size(), 1u);
  EXPECT_DOUBLE_EQ(sheet.labs[0].percent, 0.4 * 77.5 + 0.6 * 25);
}

TEST(PointsTest, ATestThatWeCouldNotRunCostsNothing) {
  const ScoreSheet sheet = MakeScoreSheet(
      {MakeStage("2A", 40), MakeStage("2B", 60)},
      {Row("2A", "Raft2A.X", 70), Row("2A", "Raft2A.Y", 30), Row("2B", "Raft2B.X", 100)},
      {MakeResult("Raft2A.X", "2A", {kPass, kPass}), MakeResult("Raft2A.Y", "2A", {kFault, kFault}),
       MakeResult("Raft2B.X", "2B", {kFault, kFault})});
  EXPECT_FALSE(sheet.stages[0].tests[1].graded);
  EXPECT_DOUBLE_EQ(sheet.stages[0].points, 70);
  EXPECT_DOUBLE_EQ(sheet.stages[0].possible, 70);
  EXPECT_DOUBLE_EQ(sheet.stages[1].possible, 0);
  EXPECT_DOUBLE_EQ(sheet.labs[0].percent, 100);
}

}  // namespace
}  // namespace grading
