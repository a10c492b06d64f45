// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/mutex.h"

#include <memory>
#include <mutex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Lives for a whole run: fibers that are cut off at its end never touch freed memory.
struct Shared {
  Mutex mu;
  CondVar changed;
  int value = 0;
  int inside = 0;
};

RunResult RunProgram(std::function<void(Shared*)> program, uint64_t seed = 1) {
  return RunScenario({
      .options = {.seed = seed},
      .program = [program](const BootImage&) { program(new Shared); },
  });
}

// Every property is tried over several schedules.
constexpr uint64_t kSeeds = 20;

TEST(Mutex, OneFiberIsInsideAtATime) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult result = RunProgram(
        [](Shared* shared) {
          for (int fiber = 0; fiber < 5; ++fiber) {
            Go("worker", [shared] {
              for (int i = 0; i < 20; ++i) {
                MutexLock lock(&shared->mu);
                if (++shared->inside != 1) Fail(Verdict::kSafety, "two fibers hold one mutex");
                sim::SleepFor(absl::Microseconds(10));
                --shared->inside;
                Report("turns", ++shared->value);
              }
            });
          }
        },
        seed);
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    ASSERT_EQ(result.stats.at("turns"), 100);
  }
}

TEST(Mutex, WorksWithTheStandardLocks) {
  const RunResult result = RunProgram([](Shared* shared) {
    {
      std::lock_guard<Mutex> lock(shared->mu);
      Report("guard excludes", shared->mu.TryLock() ? 0 : 1);
    }
    std::unique_lock<Mutex> lock(shared->mu);
    lock.unlock();
    Report("try works", lock.try_lock() ? 1 : 0);
    Mutex other;
    {
      lock.unlock();
      std::scoped_lock both(shared->mu, other);
      other.AssertHeld();
    }
    Report("all released", shared->mu.holder() == nullptr && other.holder() == nullptr);
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("guard excludes"), 1);
  EXPECT_EQ(result.stats.at("try works"), 1);
  EXPECT_EQ(result.stats.at("all released"), 1);
}

TEST(Mutex, AWaitOfACondVarBeginsBeforeAnybodyElseRuns) {
  // Who wakes does so without the mutex, and only once: between unlock and wait it would be lost.
  for (const StrategyKind strategy : {StrategyKind::kRandom, StrategyKind::kPct}) {
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const RunResult result = RunScenario({
          .options = {.seed = seed, .strategy = strategy},
          .program =
              [](const BootImage&) {
                auto* shared = new Shared;
                Go("waiter", [shared] {
                  MutexLock lock(&shared->mu);
                  Go("waker", [shared] {
                    { MutexLock lock(&shared->mu); }
                    shared->changed.WakeAll();
                  });
                  shared->changed.Wait(&shared->mu);
                  Report("woken", 1);
                });
              },
      });
      ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
      ASSERT_EQ(result.stats.count("woken"), 1u) << "seed " << seed;
    }
  }
}

TEST(Mutex, NobodyIsForgotten) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult result = RunProgram(
        [](Shared* shared) {
          for (int fiber = 0; fiber < 50; ++fiber) {
            Go("worker", [shared] {
              MutexLock lock(&shared->mu);
              sim::SleepFor(absl::Milliseconds(1));
              Report("turns", ++shared->value);
            });
          }
        },
        seed);
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    ASSERT_EQ(result.stats.at("turns"), 50);
  }
}

TEST(Mutex, AssertHeldNamesTheHolder) {
  const RunResult result = RunProgram([](Shared* shared) {
    Go("holder", [shared] {
      MutexLock lock(&shared->mu);
      sim::SleepFor(absl::Milliseconds(10));
    });
    Go("liar", [shared] {
      sim::SleepFor(absl::Milliseconds(5));
      shared->mu.AssertHeld();
    });
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message,
              HasSubstr("\"liar\" uses a mutex as if it held it, but \"holder\" does"));
}

TEST(Mutex, UnlockingWhatOneDoesNotHoldIsNamed) {
  const RunResult result = RunProgram([](Shared* shared) { shared->mu.Unlock(); });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, HasSubstr("as if it held it, but nobody does"));
}

TEST(Mutex, AFiberThatEndsMustHaveUnlocked) {
  const RunResult result =
      RunProgram([](Shared* shared) { Go("leaver", [shared] { shared->mu.Lock(); }); });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"leaver\" on node 0 ended and never unlocked"),
                                    HasSubstr("sim/mutex_test.cc:")));
}

TEST(Mutex, DestroyedWhileSomebodyWaitsIsNamed) {
  const RunResult result = RunProgram([](Shared*) {
    auto* mutex = new Mutex;
    mutex->Lock();
    Go("waiter", [mutex] { MutexLock lock(mutex); });
    sim::SleepFor(absl::Milliseconds(10));
    delete mutex;
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("destroyed while \"waiter\""), HasSubstr("mutex")));
}

TEST(CondVar, DestroyedWhileSomebodyWaitsIsNamed) {
  const RunResult result = RunProgram([](Shared* shared) {
    auto changed = std::make_unique<CondVar>();
    Go("waiter", [shared, changed = changed.get()] {
      MutexLock lock(&shared->mu);
      changed->WaitFor(&shared->mu, absl::Milliseconds(100));
    });
    sim::SleepFor(absl::Milliseconds(10));
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("destroyed while \"waiter\""), HasSubstr("condition variable")));
}

TEST(CondVar, AWokenFiberHoldsTheMutexAgain) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult result = RunProgram(
        [](Shared* shared) {
          Go("waiter", [shared] {
            MutexLock lock(&shared->mu);
            shared->changed.Wait(&shared->mu, [shared] { return shared->value >= 3; });
            shared->mu.AssertHeld();
            Report("seen", shared->value);
          });
          Go("adder", [shared] {
            for (int i = 0; i < 3; ++i) {
              sim::SleepFor(absl::Milliseconds(1));
              MutexLock lock(&shared->mu);
              ++shared->value;
              shared->changed.WakeAll();
            }
          });
        },
        seed);
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    ASSERT_EQ(result.stats.at("seen"), 3);
  }
}

TEST(CondVar, WakeOneWakesOneAndWakeAllTheRest) {
  const RunResult result = RunProgram([](Shared* shared) {
    for (int i = 0; i < 5; ++i) {
      Go("waiter", [shared] {
        MutexLock lock(&shared->mu);
        shared->changed.Wait(&shared->mu);
        ++shared->value;
      });
    }
    sim::SleepFor(absl::Milliseconds(10));
    shared->changed.WakeOne();
    sim::SleepFor(absl::Milliseconds(10));
    Report("after one", shared->value);
    shared->changed.WakeAll();
    sim::SleepFor(absl::Milliseconds(10));
    Report("after all", shared->value);
    shared->changed.WakeOne();  // nobody waits: nothing happens
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("after one"), 1);
  EXPECT_EQ(result.stats.at("after all"), 5);
}

TEST(CondVar, WaitForSaysWhetherTimeRanOut) {
  const RunResult result = RunProgram([](Shared* shared) {
    Go("waiter", [shared] {
      MutexLock lock(&shared->mu);
      const absl::Time before = sim::Now();
      Report("woken early", shared->changed.WaitFor(&shared->mu, absl::Milliseconds(50)));
      Report("millis", absl::ToInt64Milliseconds(sim::Now() - before));
      shared->mu.AssertHeld();
      Report("woken late", shared->changed.WaitFor(&shared->mu, absl::Milliseconds(500)));
      Report("woken at last", shared->changed.WaitFor(&shared->mu, absl::InfiniteDuration()));
      Report("at", absl::ToInt64Milliseconds(sim::Now() - before));
    });
    sim::SleepFor(absl::Milliseconds(100));
    shared->changed.WakeAll();
    sim::SleepFor(absl::Milliseconds(700));
    shared->changed.WakeAll();
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("woken early"), 0);
  EXPECT_GE(result.stats.at("millis"), 50);
  EXPECT_LT(result.stats.at("millis"), 60);
  EXPECT_EQ(result.stats.at("woken late"), 1);
  EXPECT_EQ(result.stats.at("woken at last"), 1);
  EXPECT_GE(result.stats.at("at"), 800);
}

TEST(CondVar, AFiberThatTimedOutTakesNobodysWakeUp) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult result = RunProgram(
        [](Shared* shared) {
          Go("impatient", [shared] {
            MutexLock lock(&shared->mu);
            shared->changed.WaitFor(&shared->mu, absl::Milliseconds(5));
          });
          Go("patient", [shared] {
            MutexLock lock(&shared->mu);
            shared->changed.Wait(&shared->mu);
            Report("woken", 1);
          });
          sim::SleepFor(absl::Milliseconds(20));
          shared->changed.WakeOne();
        },
        seed);
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    ASSERT_EQ(result.stats.count("woken"), 1u) << "seed " << seed;
  }
}

TEST(MutexDeathTest, OnlyFibersLock) {
  Mutex mutex;
  EXPECT_DEATH(mutex.Lock(), "contract: only a fiber can use a sim::Mutex");
}

}  // namespace
}  // namespace sim
