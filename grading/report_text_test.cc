// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/some_results.h"

namespace grading {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Verdict kPass = Verdict::kPass;

TEST(ReportTextTest, TheTableIsAligned) {
  const TestResult passed = MakeResult("Raft2A.X", "2A", {kPass, kPass});
  const TestResult failed =
      MakeResult("Raft2A.LongerName", "2A", {kPass, Verdict::kLinearizability});
  const TestTable table({passed.test, failed.test}, /*colour=*/false);
  EXPECT_EQ(
      table.Header() + table.Row(passed) + table.Row(failed),
      R"(test              verdict             passed virtual s real ms servers    RPCs       bytes commits
Raft2A.X          pass                   2/2      7.50     4.0       3   1,234   1,234,567      11
Raft2A.LongerName linearizability        1/2      7.50     4.0       3   1,234   1,234,567      11
)");
}

TEST(ReportTextTest, ColourDoesNotMoveColumns) {
  const TestResult result = MakeResult("Raft2A.X", "2A", {kPass});
  const std::string row = TestTable({result.test}, /*colour=*/true).Row(result);
  EXPECT_THAT(row, HasSubstr("\x1b[32mpass            \x1b[0m "));
}

TEST(ReportTextTest, AFailureShowsItsLowestSeedAndHowOften) {
  const TestResult result =
      MakeResult("Raft2B.Backup", "2B",
                 {kPass, Verdict::kLiveness, Verdict::kSafety, Verdict::kSafety, kPass});
  EXPECT_EQ(FailureText(result, "mix", /*colour=*/false), R"(
==== Raft2B.Backup: liveness, seed 2 ====
seed 2: liveness broken
wanted 1, got 2

3 of 5 seeds failed: safety 2 (seeds 3, 4), liveness 1 (seed 2)
replay it: ./lab replay Raft2B.Backup --seed 2
)");
  EXPECT_THAT(FailureText(result, "pct", false), HasSubstr("--seed 2 --strategy pct\n"));
  EXPECT_EQ(FailureText(MakeResult("Raft2A.X", "2A", {kPass}), "mix", false), "");
}

TEST(ReportTextTest, AFaultOfOursIsSaidToBeOurs) {
  const TestResult result = MakeResult("Raft2A.X", "2A", {kPass, Verdict::kFrameworkFault});
  EXPECT_THAT(FailureText(result, "mix", false), HasSubstr("it costs no points"));
}

TEST(ReportTextTest, AStudentsBytesDoNotReachTheTerminal) {
  TestResult result = MakeResult("Raft2A.X", "2A", {Verdict::kCrash});
  result.runs[0].report = "\x1b]0;title\x07";
  EXPECT_THAT(FailureText(result, "mix", false), Not(HasSubstr("\x1b")));
}

TEST(ReportTextTest, TheSummaryCounts) {
  Results results = MakeResults({MakeResult("Raft2A.X", "2A", {kPass, kPass}),
                                 MakeResult("Raft2A.Y", "2A", {kPass, Verdict::kHang})});
  EXPECT_EQ(SummaryText(results),
            "\n2 tests, 4 runs: 1 passed, 1 failed in 1 run in 1.2 s; virtual 30 s\n");
  results.tests.pop_back();
  EXPECT_EQ(SummaryText(results),
            "\n1 test, 2 runs: 1 passed in 1.2 s; virtual 15 s\n"
            "0 failures in 2 seeds: a bug that shows in more than 78% of the seeds would have been "
            "seen with 95% confidence.\n");
}

TEST(ReportTextTest, WhatWasNotRunIsNotClaimed) {
  Results results = MakeResults({MakeResult("Raft2A.X", "2A", {kPass, kPass})});
  results.seeds.push_back(3);
  results.interrupted_by = 2;
  EXPECT_THAT(SummaryText(results), HasSubstr("Interrupted: 1 run not done.\n"));
  EXPECT_THAT(SummaryText(results), Not(HasSubstr("confidence")));
}

TEST(ReportTextTest, ConfidenceIsTheRuleOfThree) {
  EXPECT_THAT(ConfidenceText(200), HasSubstr("in more than 1.5% of the seeds"));
  EXPECT_THAT(ConfidenceText(10), HasSubstr("in more than 26% of the seeds"));
  EXPECT_THAT(ConfidenceText(10'000), HasSubstr("in more than 0.030% of the seeds"));
}

TEST(ReportTextTest, SeedsInFewWords) {
  EXPECT_EQ(SeedRanges({7}), "7");
  EXPECT_EQ(SeedRanges({1, 2, 3, 4, 7, 9, 10}), "1-4, 7, 9, 10");
  EXPECT_EQ(SeedRanges({1, 3, 5, 7, 9, 11, 13, 15, 17, 19}),
            "1, 3, 5, 7, 9, 11, 13, 15 and 2 more");
}

TEST(ReportTextTest, WarningsAreSaidOnce) {
  Results results = MakeResults({MakeResult("Raft2A.X", "2A", {kPass, kPass})});
  results.tests[0].runs[0].warnings = {"a mutex is held"};
  results.tests[0].runs[1].warnings = {"a mutex is held"};
  results.tests[0].runs[1].faults = {"no memory"};
  results.tests.push_back(MakeResult("Raft2A.Y", "2A", {kPass, Verdict::kSkip, Verdict::kSkip}));
  for (auto& run : results.tests[1].runs) run.message = "nobody campaigned";
  EXPECT_EQ(WarningsText(results), R"(
warning: a mutex is held
  in 2 runs, first: ./lab replay Raft2A.X --seed 1

repeated after a framework fault: no memory
  in 1 run, first: ./lab replay Raft2A.X --seed 2

skipped: Raft2A.Y: nobody campaigned
  in 2 runs, first: ./lab replay Raft2A.Y --seed 2
)");
}

TEST(ReportTextTest, TheScoreSheet) {
  Stage stage;
  stage.name = "2A";
  stage.lab = "2";
  stage.percent = 25;
  stage.title = "Leader election";
  const ScoreSheet sheet =
      MakeScoreSheet({stage},
                     {{.stage = "2A", .test = "Raft2A.X", .points = 60, .title = "X"},
                      {.stage = "2A", .test = "Raft2A.Y", .points = 40, .title = "Y"}},
                     {MakeResult("Raft2A.X", "2A", {kPass, Verdict::kHang}),
                      MakeResult("Raft2A.Y", "2A", {Verdict::kFrameworkFault})});
  EXPECT_EQ(ScoreSheetText(sheet), R"(
test         passed           points  title
Raft2A.X        1/2     15.0 of 60.0  X
Raft2A.Y        0/0       not graded  Y
stage 2A                15.0 of 60.0  Leader election, 25% of lab 2

lab 2: 25.0%
)");
}

}  // namespace
}  // namespace grading
