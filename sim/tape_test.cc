// Part of Raftlab, under the MIT License (see LICENSE).
//
// Runs that are recorded and run again from their tapes.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::HasSubstr;

// A run full of chance: of the scheduler, of the nodes, of the test.
RunResult RunChancy(const RunOptions& options) {
  return RunScenario({
      .options = options,
      .nodes = 2,
      .program =
          [](const BootImage&) {
            auto* mutex = new Mutex;
            for (int i = 0; i < 4; ++i) {
              Go("writer", [=] {
                for (;;) {
                  MutexLock lock(mutex);
                  Machine::Current()->Emit(
                      {.kind = Output::Kind::kPersist, .bytes = absl::StrCat(i)});
                  sim::SleepFor(Random::Duration(absl::ZeroDuration(), absl::Milliseconds(20)));
                }
              });
            }
          },
      .test =
          [](World& world) {
            BootAll(world);
            Choices& chance = world.choices("test");
            for (int round = 0; round < 10; ++round) {
              const auto node = static_cast<NodeId>(chance.Choose(2, "victim"));
              world.Crash(node);
              sim::SleepFor(absl::Milliseconds(static_cast<int64_t>(chance.Choose(50, "wait"))));
              world.Boot(node, 2, "");
            }
          },
  });
}

class TapeOfARun : public ::testing::TestWithParam<StrategyKind> {};

TEST_P(TapeOfARun, ReplaysToTheSameHash) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult recorded =
        RunChancy({.seed = seed, .strategy = GetParam(), .record_tape = true});
    ASSERT_EQ(VerdictName(recorded.verdict), "pass") << recorded.message;
    ASSERT_FALSE(recorded.tape.empty());
    EXPECT_EQ(RunChancy({.seed = seed, .strategy = GetParam()}).hash, recorded.hash)
        << "recording has changed the run";
    const RunResult replayed = RunChancy(
        {.seed = seed, .strategy = GetParam(), .replay_tape = recorded.tape, .record_tape = true});
    EXPECT_EQ(replayed.hash, recorded.hash);
    EXPECT_EQ(replayed.tape, recorded.tape);
  }
}

TEST_P(TapeOfARun, CutShortItStillRuns) {
  const RunResult recorded = RunChancy({.strategy = GetParam(), .record_tape = true});
  const std::vector<std::string> lines = absl::StrSplit(recorded.tape, '\n');
  for (const size_t parts : {0, 1, 2, 3}) {
    const auto end = lines.begin() + static_cast<ptrdiff_t>(lines.size() * parts / 4);
    const std::string part = absl::StrCat(absl::StrJoin(lines.begin(), end, "\n"), "\n");
    const RunResult first = RunChancy({.strategy = GetParam(), .replay_tape = part});
    EXPECT_EQ(VerdictName(first.verdict), "pass") << first.message;
    EXPECT_EQ(RunChancy({.strategy = GetParam(), .replay_tape = part}).hash, first.hash);
  }
}

INSTANTIATE_TEST_SUITE_P(All, TapeOfARun,
                         ::testing::Values(StrategyKind::kRandom, StrategyKind::kPct,
                                           StrategyKind::kFifo),
                         [](const auto& info) { return std::string(StrategyName(info.param)); });

TEST(TapeOfARun, WhatIsNoTapeGetsASentence) {
  const RunResult result = RunChancy({.replay_tape = "test victim 2 1\nhello\n"});
  EXPECT_NE(result.verdict, Verdict::kPass);
  EXPECT_THAT(result.message,
              HasSubstr("line 2 of the tape is not `stream site n value`: \"hello\""));
}

// The tape of a long run is larger than what a program may print.
TEST(TapeOfARun, MayBeLong) {
  const RunResult result = RunScenario({
      .options = {.record_tape = true},
      .test =
          [](World& world) {
            Choices& chance = world.choices("test");
            for (int i = 0; i < 1'000'000; ++i) chance.Choose(1'000'000, "long-name-of-a-site");
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_GT(result.tape.size(), static_cast<size_t>(kOutputLimitBytes));
}

TEST(TapeOfARun, AFailureBringsItsTapeToo) {
  const RunResult result = RunScenario({
      .options = {.record_tape = true},
      .test =
          [](World& world) {
            world.choices("test").Choose(3, "draw");
            Fail(Verdict::kSafety, "broken");
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "safety");
  EXPECT_THAT(result.tape, HasSubstr("test draw 3 "));
}

}  // namespace
}  // namespace sim
