// Part of Raftlab, under the MIT License (see LICENSE).
//
// What schedules the strategies find. Each claim is about many seeds.

#include "sim/strategy.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::Gt;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kSeeds = 40;

// What the program printed on one node, over the seeds.
std::set<std::string> OutputsOf(StrategyKind strategy, std::function<void()> program,
                                uint64_t seeds = kSeeds) {
  std::set<std::string> outputs;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult result = RunScenario({
        .options = {.seed = seed, .strategy = strategy},
        .program = [&](const BootImage&) { program(); },
    });
    EXPECT_EQ(VerdictName(result.verdict), "pass") << "seed " << seed << ": " << result.message;
    outputs.insert(result.output);
  }
  return outputs;
}

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void TwoFibers() {
  Go("a", [] { Print("a"); });
  Go("b", [] { Print("b"); });
}

TEST(Strategy, RandomSeesBothOrdersOfTwoFibers) {
  EXPECT_THAT(OutputsOf(StrategyKind::kRandom, TwoFibers), UnorderedElementsAre("ab", "ba"));
}

TEST(Strategy, PctSeesBothOrdersOfTwoFibers) {
  EXPECT_THAT(OutputsOf(StrategyKind::kPct, TwoFibers), UnorderedElementsAre("ab", "ba"));
}

TEST(Strategy, FifoSeesOneOrder) {
  EXPECT_THAT(OutputsOf(StrategyKind::kFifo, TwoFibers), UnorderedElementsAre("ab"));
}

// Each fiber reads under one lock and writes under the next: the classic lost update.
void GapBetweenTwoCriticalSections() {
  struct Shared {
    Mutex mu;
    int value = 0;
    int done = 0;
  };
  auto* shared = new Shared;
  for (int fiber = 0; fiber < 2; ++fiber) {
    Go("adder", [shared] {
      for (int i = 0; i < 4; ++i) {
        int seen;
        {
          MutexLock lock(&shared->mu);
          seen = shared->value;
        }
        MutexLock lock(&shared->mu);
        shared->value = seen + 1;
      }
      if (++shared->done == 2) Print(shared->value == 8 ? "all counted" : "lost");
    });
  }
}

TEST(Strategy, RandomFindsAGapBetweenTwoCriticalSections) {
  EXPECT_THAT(OutputsOf(StrategyKind::kRandom, GapBetweenTwoCriticalSections),
              UnorderedElementsAre("all counted", "lost"));
}

TEST(Strategy, PctFindsAGapBetweenTwoCriticalSections) {
  EXPECT_THAT(OutputsOf(StrategyKind::kPct, GapBetweenTwoCriticalSections),
              UnorderedElementsAre("all counted", "lost"));
}

// Each fiber counts under a lock and says so after it: what A01's two appliers do.
void GapBehindACriticalSection() {
  struct Shared {
    Mutex mu;
    int counted = 0;
    std::string said;
  };
  auto* shared = new Shared;
  for (int fiber = 0; fiber < 2; ++fiber) {
    Go("counter", [shared] {
      for (int i = 0; i < 4; ++i) {
        int number;
        {
          MutexLock lock(&shared->mu);
          number = ++shared->counted;
        }
        shared->said += absl::StrCat(number);
      }
      if (shared->said.size() == 8) Print(shared->said == "12345678" ? "in order" : "mixed up");
    });
  }
}

TEST(Strategy, RandomFindsAGapBehindACriticalSection) {
  EXPECT_THAT(OutputsOf(StrategyKind::kRandom, GapBehindACriticalSection),
              UnorderedElementsAre("in order", "mixed up"));
}

TEST(Strategy, PctFindsAGapBehindACriticalSection) {
  EXPECT_THAT(OutputsOf(StrategyKind::kPct, GapBehindACriticalSection),
              UnorderedElementsAre("in order", "mixed up"));
}

TEST(Strategy, FifoDoesNotInterrupt) {
  EXPECT_THAT(OutputsOf(StrategyKind::kFifo, GapBetweenTwoCriticalSections),
              UnorderedElementsAre("all counted"));
}

// The order that breaks this one: the slow fiber makes all its thirty steps before the fast one,
// which began earlier, makes its second. By single random picks that takes 2^30 seeds.
void SlowFiberOvertakesFastOne() {
  auto* fast_steps = new int(0);
  Go("fast", [=] {
    for (int i = 0; i < 2; ++i) {
      Yield();
      ++*fast_steps;
    }
  });
  Go("slow", [=] {
    for (int i = 0; i < 30; ++i) Yield();
    Print(*fast_steps == 0 ? "overtaken" : "as usual");
  });
}

// The choices of a schedule that are drawn when it is made.
std::vector<Tape::Choice> PctChoices(uint64_t seed) {
  Tape tape;
  const Strategy strategy(StrategyKind::kPct,
                          Choices(ChoiceSource{.seed = seed, .record = &tape}, "n0.1-schedule"));
  return tape.Stream("n0.1-schedule");
}

TEST(Strategy, PctDrawsItsDepthFromTheSeed) {
  std::map<int64_t, int> seeds_with;  // by number of change points
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const std::vector<Tape::Choice> choices = PctChoices(seed);
    ++seeds_with[std::ranges::count(choices, "pct-point", &Tape::Choice::site)];
  }
  EXPECT_THAT(seeds_with, UnorderedElementsAre(Pair(1, Gt(70)), Pair(2, Gt(70)), Pair(3, Gt(70))));
}

TEST(Strategy, PctFindsWhatNeedsOnePriorityThroughout) {
  EXPECT_THAT(OutputsOf(StrategyKind::kPct, SlowFiberOvertakesFastOne),
              IsSupersetOf({"overtaken", "as usual"}));
  EXPECT_THAT(OutputsOf(StrategyKind::kRandom, SlowFiberOvertakesFastOne),
              UnorderedElementsAre("as usual"));
}

class EveryStrategy : public ::testing::TestWithParam<StrategyKind> {};

TEST_P(EveryStrategy, ALoopThatYieldsDoesNotStarveOthers) {
  EXPECT_THAT(OutputsOf(
                  GetParam(),
                  [] {
                    auto* ready = new bool(false);
                    for (int i = 0; i < 3; ++i) {
                      Go("spinner", [ready] {
                        while (!*ready) Yield();
                        Print("s");
                      });
                    }
                    Go("setter", [ready] {
                      for (int i = 0; i < 10; ++i) Yield();
                      *ready = true;
                    });
                  },
                  10),
              UnorderedElementsAre("sss"));
}

TEST_P(EveryStrategy, ALoopThatLocksDoesNotStarveOthers) {
  EXPECT_THAT(OutputsOf(
                  GetParam(),
                  [] {
                    struct Shared {
                      Mutex mu;
                      bool ready = false;
                    };
                    auto* shared = new Shared;
                    Go("poller", [shared] {
                      for (;;) {
                        MutexLock lock(&shared->mu);
                        if (shared->ready) break;
                      }
                      Print("seen");
                    });
                    Go("setter", [shared] {
                      for (int i = 0; i < 3; ++i) {
                        sim::SleepFor(absl::Milliseconds(1));
                        MutexLock lock(&shared->mu);
                        shared->ready = i == 2;
                      }
                    });
                  },
                  10),
              UnorderedElementsAre("seen"));
}

TEST_P(EveryStrategy, TheSameSeedGivesTheSameSchedule) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const auto run = [&] {
      return RunScenario({
                             .options = {.seed = seed, .strategy = GetParam()},
                             .program =
                                 [](const BootImage&) {
                                   auto* mutex = new Mutex;
                                   for (int i = 0; i < 10; ++i) {
                                     Go("worker", [mutex, i] {
                                       for (int step = 0; step < 5; ++step) {
                                         MutexLock lock(mutex);
                                         Print(absl::StrCat(i));
                                       }
                                     });
                                   }
                                 },
                         })
          .output;
    };
    EXPECT_EQ(run(), run());
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryStrategy,
                         ::testing::Values(StrategyKind::kRandom, StrategyKind::kPct,
                                           StrategyKind::kFifo, StrategyKind::kMix),
                         [](const auto& info) { return std::string(StrategyName(info.param)); });

TEST(StrategyName, ReadsWhatItWrote) {
  for (const StrategyKind kind :
       {StrategyKind::kRandom, StrategyKind::kPct, StrategyKind::kFifo, StrategyKind::kMix}) {
    EXPECT_EQ(StrategyFromName(StrategyName(kind)), kind);
  }
  EXPECT_EQ(StrategyFromName("fair"), std::nullopt);
}

TEST(StrategyName, AMixIsDrawnPerSeed) {
  int random = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    random += ResolveStrategy(StrategyKind::kMix, seed) == StrategyKind::kRandom ? 1 : 0;
    EXPECT_EQ(ResolveStrategy(StrategyKind::kFifo, seed), StrategyKind::kFifo);
  }
  EXPECT_NEAR(random, 600, 60);
}

}  // namespace
}  // namespace sim
