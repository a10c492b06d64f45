// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/kill_matrix.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/kill_matrix_json.h"
#include "grading/kill_matrix_report.h"

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The seed at which a test fails, and how.
struct Failing {
  uint64_t seed = 0;
  Verdict verdict = Verdict::kSafety;
  double cpu_ms = 100;
};
using Failures = std::map<std::string, Failing>;

MutantPlan Plan() {
  MutantPlan plan;
  for (const char* test : {"Raft2A.A", "Raft2A.B", "Raft2B.C"}) {
    Test& added = plan.tests.emplace_back();
    added.name = test;
    added.stage = added.name.substr(4, 2);
  }
  return plan;
}

Mutant Bug(int hard, const std::string& stage = "2A") {
  return {.name = "E1_bug",
          .number = "E1",
          .title = "a <bug>",
          .rule = "a rule",
          .kind = "safety",
          .hard = hard,
          .stage = stage,
          .killed_by = "a test",
          .message = "two (leaders|kings)"};
}

// Runs what is wanted, behind what `result` has; every run costs 100 ms.
void RunOn(const MutantPlan& plan, const Mutant& mutant, const Failures& failures,
           MutantResult* result) {
  for (const MutantRun& run : AllRuns(plan)) {
    if (!IsWanted(plan, mutant, *result, run)) continue;
    const std::string test = plan.tests[run.test].name;
    Run done;
    done.test = test;
    done.seed = run.seed;
    done.cpu_ms = 100;
    const auto failing = failures.find(test);
    if (failing != failures.end() && failing->second.seed == run.seed) {
      done.verdict = failing->second.verdict;
      done.message = "there are two leaders";
      done.cpu_ms = failing->second.cpu_ms;
    }
    Record(mutant, done, &result->tests[run.test]);
  }
}

MutantResult RunAll(const MutantPlan& plan, const Mutant& mutant, const Failures& failures) {
  MutantResult result = NothingYet(plan, mutant);
  RunOn(plan, mutant, failures, &result);
  return result;
}

std::vector<uint64_t> SeedsOf(const MutantResult& result) {
  std::vector<uint64_t> seeds;
  for (const MutantTest& test : result.tests) seeds.push_back(test.seeds());
  return seeds;
}

TEST(KillMatrixTest, EveryTestRunsToItsKillOrTwentySeeds) {
  const Mutant bug = Bug(1);
  const MutantResult result = RunAll(Plan(), bug, {{"Raft2A.B", {1}}, {"Raft2B.C", {7}}});
  EXPECT_THAT(SeedsOf(result), ElementsAre(20, 1, 7));
  EXPECT_EQ(FateOf(bug, result), Fate::kKilled);
}

TEST(KillMatrixTest, WhatNothingKillsRunsToTheEnd) {
  const MutantResult result = RunAll(Plan(), Bug(1), {});
  EXPECT_THAT(SeedsOf(result), ElementsAre(100, 100, 100));
  EXPECT_EQ(FateOf(Bug(1), result), Fate::kSurvived);
  EXPECT_EQ(FateOf(Bug(3), result), Fate::kSurvived);
}

TEST(KillMatrixTest, ALateKillIsNoKill) {
  EXPECT_EQ(FateOf(Bug(1), RunAll(Plan(), Bug(1), {{"Raft2A.B", {2}}})), Fate::kLate);
  EXPECT_EQ(FateOf(Bug(2), RunAll(Plan(), Bug(2), {{"Raft2A.B", {20}}})), Fate::kKilled);
  EXPECT_EQ(FateOf(Bug(2), RunAll(Plan(), Bug(2), {{"Raft2A.B", {21}}})), Fate::kLate);
  EXPECT_EQ(FateOf(Bug(3), RunAll(Plan(), Bug(3), {{"Raft2A.B", {100}}})), Fate::kKilled);
}

TEST(KillMatrixTest, TheTestsOfItsStageMustKillIt) {
  const Failures others = {{"Raft2B.C", {1}}};
  EXPECT_EQ(FateOf(Bug(1), RunAll(Plan(), Bug(1), others)), Fate::kElsewhere);
  EXPECT_THAT(SeedsOf(RunAll(Plan(), Bug(2), others)), ElementsAre(20, 20, 1));
  // They get all the seeds that they may need.
  const MutantResult result = RunAll(Plan(), Bug(3), {{"Raft2B.C", {1}}, {"Raft2A.A", {50}}});
  EXPECT_THAT(SeedsOf(result), ElementsAre(50, 20, 1));
  EXPECT_EQ(FateOf(Bug(3), result), Fate::kKilled);
}

TEST(KillMatrixTest, FewerSeedsThanNeededLeaveItOpen) {
  MutantPlan plan = Plan();
  plan.seeds = 19;
  EXPECT_EQ(FateOf(Bug(2), RunAll(plan, Bug(2), {})), Fate::kOpen);
  EXPECT_EQ(FateOf(Bug(1), RunAll(plan, Bug(1), {})), Fate::kSurvived);
  EXPECT_EQ(FateOf(Bug(2), NothingYet(plan, Bug(2))), Fate::kOpen);
}

TEST(KillMatrixTest, QuickStopsAtTheFirstKill) {
  MutantPlan plan = Plan();
  plan.quick = true;
  EXPECT_THAT(SeedsOf(RunAll(plan, Bug(1), {})), ElementsAre(1, 1, 0));
  EXPECT_THAT(SeedsOf(RunAll(plan, Bug(1), {{"Raft2A.A", {1}}})), ElementsAre(1, 0, 0));
  EXPECT_THAT(SeedsOf(RunAll(plan, Bug(3), {})), ElementsAre(20, 20, 0));
  EXPECT_EQ(FateOf(Bug(1), RunAll(plan, Bug(1), {})), Fate::kSurvived);
  EXPECT_EQ(FateOf(Bug(3), RunAll(plan, Bug(3), {})), Fate::kOpen);
  const Mutant control{.name = "odd", .control = true};
  EXPECT_THAT(SeedsOf(RunAll(plan, control, {})), ElementsAre(3, 3, 3));
}

TEST(KillMatrixTest, ALongerRunGoesOnFromAShorterOne) {
  const Failures failures = {{"Raft2A.B", {3}}, {"Raft2B.C", {30}}};
  MutantPlan plan = Plan();
  plan.quick = true;
  MutantResult result = RunAll(plan, Bug(1), failures);
  for (const uint64_t seeds : {1, 2, 4, 17, 100}) {
    plan = Plan();
    plan.seeds = seeds;
    RunOn(plan, Bug(1), failures, &result);
  }
  EXPECT_EQ(result, RunAll(Plan(), Bug(1), failures));
}

TEST(KillMatrixTest, WhatHangsIsLetGoOnceItIsKilled) {
  const Failing hang{1, Verdict::kHang, 40'000};
  EXPECT_THAT(SeedsOf(RunAll(Plan(), Bug(1), {{"Raft2A.A", hang}})), ElementsAre(1, 0, 0));
  // Killed by others only, it goes on.
  EXPECT_THAT(SeedsOf(RunAll(Plan(), Bug(1, "2B"), {{"Raft2A.A", hang}})), ElementsAre(1, 20, 20));
}

TEST(KillMatrixTest, TheCostOfAKillIsThatOfTheRoundsUntilThen) {
  // Seed 1 of A and B; seeds 2 to 5 of A, 2 to 4 of B.
  const MutantResult result = RunAll(Plan(), Bug(3), {{"Raft2A.B", {4}}, {"Raft2A.A", {6}}});
  const auto kill = FirstKill(result, "2A");
  ASSERT_TRUE(kill.has_value());
  EXPECT_EQ(kill->test->test, "Raft2A.B");
  EXPECT_NEAR(kill->cpu_seconds, 0.9, 1e-9);
  EXPECT_FALSE(FirstKill(result, "2B").has_value());
}

TEST(KillMatrixTest, WhatIsUncertainIsNeitherKillNorPass) {
  const Failures uncertain = {{"Raft2A.A", {1, Verdict::kNondeterministic}},
                              {"Raft2A.B", {1, Verdict::kFrameworkFault}}};
  const MutantResult result = RunAll(Plan(), Bug(1), uncertain);
  EXPECT_EQ(FateOf(Bug(1), result), Fate::kSurvived);
  EXPECT_THAT(result.tests[0].uncertain,
              ElementsAre("seed 1: nondeterministic: there are two leaders"));
  EXPECT_THAT(ZooSummary(Plan(), {{Bug(1), result}}),
              HasSubstr("neither kill nor pass: Raft2A.B, seed 1: framework-fault"));
}

TEST(KillMatrixTest, AControlMustPass) {
  const Mutant control{.name = "odd", .control = true};
  EXPECT_EQ(FateOf(control, RunAll(Plan(), control, {})), Fate::kKilled);
  for (const Verdict verdict : {Verdict::kLiveness, Verdict::kNondeterministic}) {
    EXPECT_EQ(FateOf(control, RunAll(Plan(), control, {{"Raft2B.C", {9, verdict}}})),
              Fate::kFailed);
  }
  EXPECT_EQ(FateOf(control, RunAll(Plan(), control, {{"Raft2B.C", {9, Verdict::kFrameworkFault}}})),
            Fate::kFault);
}

TEST(KillMatrixTest, WhatCannotBeBuiltIsBroken) {
  MutantResult result = NothingYet(Plan(), Bug(2));
  result.problem = "does not apply";
  result.output = "Hunk #1 FAILED";
  EXPECT_EQ(FateOf(Bug(2), result), Fate::kBroken);
  EXPECT_TRUE(IsBad(Fate::kBroken));
  EXPECT_THAT(ZooSummary(Plan(), {{Bug(2), result}}), HasSubstr("  it does not apply:\n    Hunk"));
}

TEST(KillMatrixTest, TheMessageMayNameTheRule) {
  const MutantResult result = RunAll(Plan(), Bug(1), {{"Raft2A.A", {1}}});
  Mutant bug = Bug(1);
  EXPECT_EQ(NamesTheRule(bug, result), true);
  bug.message = "^two leaders$";
  EXPECT_EQ(NamesTheRule(bug, result), false);
  EXPECT_EQ(NamesTheRule(bug, NothingYet(Plan(), bug)), std::nullopt);
}

TEST(KillMatrixTest, AloneIsWhatAllOthersRanOnInVain) {
  const std::vector<ZooEntry> zoo = {
      {Bug(1), RunAll(Plan(), Bug(1), {{"Raft2A.A", {1}}})},
      {Bug(1), RunAll(Plan(), Bug(1), {{"Raft2A.A", {1}}, {"Raft2A.B", {1}}})},
      // B and C were never asked.
      {Bug(1), RunAll(Plan(), Bug(1), {{"Raft2A.A", {1, Verdict::kHang, 40'000}}})}};
  const auto worths = WorthOfTests(Plan().tests, zoo);
  EXPECT_EQ(worths[0].kills, 3);
  EXPECT_THAT(worths[0].alone, ElementsAre("E1_bug"));
  EXPECT_EQ(worths[1].kills, 1);
  EXPECT_THAT(worths[1].alone, IsEmpty());
  const std::string text = ZooSummary(Plan(), zoo);
  EXPECT_THAT(text, HasSubstr("Raft2A.B      1      0  kills nothing alone"));
  EXPECT_THAT(text, HasSubstr("3 mutants: 3 killed."));
  EXPECT_THAT(text, HasSubstr("names the rule for 3 of 3 (100%)"));
  EXPECT_THAT(text, HasSubstr("of it 40 s in runs that hung"));
}

TEST(KillMatrixTest, AResultIsReadBackAsItWasWritten) {
  MutantResult result = RunAll(Plan(), Bug(1), {{"Raft2A.A", {1}}});
  result.digest = "abc";
  const auto read = MutantFromJson(MutantJson(result));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, result);
  EXPECT_FALSE(MutantFromJson("{}").ok());
  EXPECT_THAT(KillMatrixJson(Plan().tests, {{Bug(1), result}}), HasSubstr("\"fate\": \"killed\""));
}

TEST(KillMatrixTest, ThePageIsEscaped) {
  const MutantResult result = RunAll(Plan(), Bug(1), {{"Raft2A.A", {1}}});
  const std::string page = KillMatrixHtml(Plan(), {{Bug(1), result}}, "quick & <dirty>");
  EXPECT_THAT(page, HasSubstr("a &lt;bug&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<bug>")));
  EXPECT_THAT(page, Not(HasSubstr("<dirty>")));
}

}  // namespace
}  // namespace grading
