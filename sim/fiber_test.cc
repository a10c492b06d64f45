// Part of Raftlab, under the MIT License (see LICENSE).
//
// Fibers, clocks and random numbers as a student sees them: sim/sim.h, and the standard library's
// clocks, sleeps and random devices, which are led to the world's.

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <set>
#include <stdlib.h>
#include <string>
#include <sys/random.h>
#include <sys/time.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::HasSubstr;

// Runs `program` on one node and returns what it printed.
std::string OutputOf(std::function<void()> program, uint64_t seed = 1) {
  const RunResult result = RunScenario({
      .options = {.seed = seed, .strategy = StrategyKind::kFifo},
      .program = [program](const BootImage&) { program(); },
      .test =
          [](World& world) {
            BootAll(world);
            sim::SleepFor(absl::Seconds(100));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  return result.output;
}

extern "C" uint32_t arc4random() noexcept;  // older C libraries have none

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

TEST(Fiber, GoStartsAFiberThatRunsLater) {
  EXPECT_EQ(OutputOf([] {
              Go("second", [] { Print("second "); });
              Print("first ");
            }),
            "first second ");
}

TEST(Fiber, YieldLetsOthersRunAndComesBack) {
  EXPECT_EQ(OutputOf([] {
              Go("other", [] { Print("b"); });
              Print("a");
              Yield();
              Print("c");
            }),
            "abc");
}

TEST(Fiber, YieldOfTheOnlyFiberGoesOn) {
  EXPECT_EQ(OutputOf([] {
              const absl::Time before = sim::Now();
              for (int i = 0; i < 1000; ++i) Yield();
              Print(sim::Now() - before >= absl::Milliseconds(1) ? "time moved" : "time stands");
            }),
            "time moved");
}

TEST(Fiber, ThousandsOfThemAtOnce) {
  EXPECT_EQ(OutputOf([] {
              auto done = std::make_shared<int>(0);
              for (int i = 0; i < 3000; ++i) {
                Go("sleeper", [done, i] {
                  sim::SleepFor(absl::Milliseconds(i % 50));
                  ++*done;
                });
              }
              sim::SleepFor(absl::Milliseconds(500));
              Print(absl::StrCat(*done));
            }),
            "3000");
}

TEST(Fiber, SleepersWakeInOrderOfTheirDeadlines) {
  EXPECT_EQ(OutputOf([] {
              for (const int millis : {30, 10, 20, 0}) {
                Go("sleeper", [millis] {
                  sim::SleepFor(absl::Milliseconds(millis));
                  Print(absl::StrCat(millis, " "));
                });
              }
            }),
            "0 10 20 30 ");
}

TEST(Fiber, ASleepTakesItsTimeAndNotMuchMore) {
  EXPECT_EQ(
      OutputOf([] {
        const absl::Time before = sim::Now();
        sim::SleepFor(absl::Milliseconds(250));
        const absl::Duration slept = sim::Now() - before;
        Print(slept >= absl::Milliseconds(250) && slept < absl::Milliseconds(251) ? "250" : "?");
        sim::SleepUntil(before + absl::Milliseconds(400));
        Print(absl::StrCat(" ", absl::ToInt64Milliseconds(sim::Now() - before)));
        sim::SleepUntil(before);  // is past
        sim::SleepFor(-absl::Seconds(1));
        Print(absl::StrCat(" ", absl::ToInt64Milliseconds(sim::Now() - before)));
      }),
      "250 400 400");
}

TEST(Fiber, AnInfiniteSleepNeverEnds) {
  EXPECT_EQ(OutputOf([] {
              Go("absl", [] {
                sim::SleepFor(absl::InfiniteDuration());
                Print("woke");
              });
              Go("absl until", [] {
                sim::SleepUntil(absl::InfiniteFuture());
                Print("woke");
              });
              Go("std", [] {
                std::this_thread::sleep_for(std::chrono::seconds::max());
                Print("woke");
              });
              Print("asleep");
            }),
            "asleep");
}

// What a fiber has captured is destroyed on that fiber, while it may still wait.
TEST(Fiber, WhatItCapturedMayWaitInItsDestructor) {
  struct Shared {
    Mutex mu;
    int destroyed = 0;
  };
  struct Locker {
    explicit Locker(Shared* at) : shared(at) {}
    ~Locker() {
      MutexLock lock(&shared->mu);
      sim::SleepFor(absl::Milliseconds(1));
      ++shared->destroyed;
    }
    Shared* shared;
  };
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const RunResult result = RunScenario({
        .options = {.seed = seed},
        .program =
            [](const BootImage&) {
              auto* shared = new Shared;
              for (int i = 0; i < 10; ++i) {
                Go("owner", [locker = std::make_shared<Locker>(shared)] { Yield(); });
                Go("other", [shared] {
                  MutexLock lock(&shared->mu);
                  Count("others");
                });
              }
              sim::SleepFor(absl::Milliseconds(100));
              Report("destroyed", shared->destroyed);
            },
    });
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    EXPECT_EQ(result.stats.at("destroyed"), 10);
    EXPECT_EQ(result.stats.at("others"), 10);
  }
}

// ---- Clocks. ----

TEST(Clocks, AllOfThemShowVirtualTime) {
  EXPECT_EQ(
      OutputOf([] {
        const auto steady = std::chrono::steady_clock::now();
        const auto system = std::chrono::system_clock::now();
        const absl::Time abseil = absl::Now();
        const time_t seconds = time(nullptr);
        timeval day;
        gettimeofday(&day, nullptr);
        timespec c11;
        timespec_get(&c11, TIME_UTC);
        sim::SleepFor(absl::Seconds(50));
        timeval later;
        gettimeofday(&later, nullptr);
        timespec c11_later;
        timespec_get(&c11_later, TIME_UTC);
        using std::chrono::duration_cast;
        Print(absl::StrJoin(
            {duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - steady).count(),
             duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - system).count(),
             absl::ToInt64Seconds(absl::Now() - abseil), int64_t{time(nullptr) - seconds},
             int64_t{later.tv_sec - day.tv_sec}, int64_t{c11_later.tv_sec - c11.tv_sec}},
            " "));
      }),
      "50 50 50 50 50 50");
}

TEST(Clocks, TheDateIsTheSameInEveryRun) {
  const auto date = [] {
    Print(absl::FormatTime(sim::Now(), absl::UTCTimeZone()));
    Print(absl::FormatTime(absl::Now(), absl::UTCTimeZone()));
    Print(absl::StrCat(time(nullptr)));
  };
  const std::string first = OutputOf(date, 1);
  EXPECT_THAT(first, HasSubstr("2001-09-09T01:46:40"));
  EXPECT_THAT(first, HasSubstr("1000000000"));
  EXPECT_EQ(OutputOf(date, 2), first);
}

TEST(Clocks, StandardSleepsTakeVirtualTime) {
  EXPECT_EQ(OutputOf([] {
              std::vector<int64_t> took;
              absl::Time before = sim::Now();
              const auto note = [&] {
                took.push_back(absl::ToInt64Milliseconds(sim::Now() - before));
                before = sim::Now();
              };
              std::this_thread::sleep_for(std::chrono::milliseconds(20));
              note();
              std::this_thread::sleep_until(std::chrono::steady_clock::now() +
                                            std::chrono::milliseconds(30));
              note();
              std::this_thread::sleep_until(std::chrono::system_clock::now() +
                                            std::chrono::milliseconds(40));
              note();
              absl::SleepFor(absl::Milliseconds(50));
              note();
              usleep(60'000);
              note();
              const timespec duration{.tv_sec = 0, .tv_nsec = 70'000'000};
              nanosleep(&duration, nullptr);
              note();
              clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
              note();
              sleep(0);
              note();
              Print(absl::StrJoin(took, " "));
            }),
            "20 30 40 50 60 70 70 0");
}

// ---- Chance. ----

// Everything random that a server may ask for, as text.
void PrintRandomThings() {
  std::random_device device;
  uint64_t entropy = 0;
  (void)getentropy(&entropy, sizeof(entropy));
  uint64_t random = 0;
  (void)getrandom(&random, sizeof(random), 0);
  std::vector<int> cards = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::shuffle(cards.begin(), cards.end(), Random());
  Print(absl::StrCat(
      device(), " ", entropy, " ", random, " ", Random::Int(0, 1'000'000), " ",
      absl::ToInt64Microseconds(Random::Duration(absl::ZeroDuration(), absl::Hours(1))), " ",
      arc4random(), " ", absl::StrJoin(cards, ",")));
}

TEST(Chance, EverySourceComesFromTheSeed) {
  const std::string first = OutputOf(PrintRandomThings, 1);
  EXPECT_EQ(OutputOf(PrintRandomThings, 1), first);
  const std::string second = OutputOf(PrintRandomThings, 2);
  const std::vector<std::string> a = absl::StrSplit(first, ' ');
  const std::vector<std::string> b = absl::StrSplit(second, ' ');
  ASSERT_EQ(a.size(), 7u);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NE(a[i], b.at(i)) << "source " << i;
}

TEST(Chance, EachNodeHasItsOwn) {
  const RunResult result = RunScenario({
      .nodes = 3,
      .program =
          [](const BootImage& image) {
            Report(absl::StrCat("n", image.node), Random::Int(0, 1'000'000'000));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_NE(result.stats.at("n0"), result.stats.at("n1"));
  EXPECT_NE(result.stats.at("n1"), result.stats.at("n2"));
}

TEST(Chance, BothEndsOfARangeAreDrawn) {
  EXPECT_EQ(OutputOf([] {
              std::set<int64_t> seen;
              std::set<int64_t> micros;
              for (int i = 0; i < 200; ++i) {
                seen.insert(Random::Int(-2, 2));
                micros.insert(absl::ToInt64Nanoseconds(
                    Random::Duration(absl::Microseconds(5), absl::Microseconds(8))));
              }
              Print(absl::StrJoin(seen, " ") + " / " + absl::StrJoin(micros, " "));
              Random::Int(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
              Print(absl::StrCat(" / ", Random::Int(7, 7)));
            }),
            "-2 -1 0 1 2 / 5000 6000 7000 / 7");
}

TEST(Chance, AnEmptyRangeIsNamed) {
  const RunResult result = RunScenario({.program = [](const BootImage&) { Random::Int(2, 1); }});
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, HasSubstr("needs low <= high"));
}

TEST(ChanceDeathTest, OutsideOfARunThereIsNone) {
  EXPECT_DEATH(sim::Now(), "contract: this works only on a simulated machine, inside a run");
  EXPECT_DEATH(Go("lost", [] {}), "only on a simulated machine");
}

// ---- Logs. ----

TEST(Log, LinesAreMadeOnlyWhenWantedAndNeverChangeTheRun) {
  const auto run = [](bool verbose) {
    return RunScenario({
        .options = {.seed = 3, .verbose = verbose},
        .program =
            [](const BootImage&) {
              Log(Topic::kVote, "granted to n%d", 2);
              sim::SleepFor(Random::Duration(absl::Seconds(0), absl::Milliseconds(100)));
            },
    });
  };
  const RunResult quiet = run(false);
  const RunResult verbose = run(true);
  EXPECT_EQ(quiet.hash, verbose.hash);
  EXPECT_TRUE(quiet.last_lines.empty());
  EXPECT_THAT(absl::StrJoin(verbose.last_lines, "\n"), HasSubstr("n0  VOTE  granted to n2"));
}

}  // namespace
}  // namespace sim
