// Part of Raftlab, under the MIT License (see LICENSE).
//
// A crash is a power cut: no fiber of the node runs again, no destructor either, what it had sent
// stays sent, and what its persister wrote is all that the next boot sees.

#include <cstdio>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sim/channel.h"
#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::HasSubstr;

void Persist(std::string state) {
  Machine::Current()->Emit({.kind = Output::Kind::kPersist, .bytes = std::move(state)});
}

void Send(std::string bytes) {
  Machine::Current()->Emit({.kind = Output::Kind::kSend, .bytes = std::move(bytes)});
}

TEST(Crash, NothingOfTheNodeRunsAgain) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage& image) {
            struct Loud {
              ~Loud() { Count("destructors"); }
            };
            const bool first_life = image.state.empty();
            Persist("lived");
            if (!first_life) return;
            Loud on_the_stack;
            auto* channel = new Channel<int>;
            auto* mutex = new Mutex;
            Go("receiver", [channel, loud = std::make_shared<Loud>()] { channel->Receive(); });
            Go("never begun in time", [] { Count("first runs"); });
            Go("locker", [mutex] {
              MutexLock lock(mutex);
              sim::SleepFor(absl::Milliseconds(15));
              Count("after the crash");
            });
            Go("waiter", [mutex] {
              sim::SleepFor(absl::Milliseconds(5));  // behind the locker, whoever runs first
              MutexLock lock(mutex);
              Count("after the crash");
            });
            sim::SleepFor(absl::Milliseconds(20));
            Count("after the crash");
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(10));
            world.Crash(0);
            world.Crash(0);  // is off: nothing
            if (world.up(0)) Fail(Verdict::kSafety, "a crashed node is up");
            sim::SleepFor(absl::Milliseconds(50));
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Seconds(1));
            Report("incarnation", world.incarnation(0));
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.count("destructors"), 0u);
  EXPECT_EQ(result.stats.count("after the crash"), 0u);
  EXPECT_EQ(result.stats.at("first runs"), 1);
  EXPECT_EQ(result.stats.at("incarnation"), 2);
}

TEST(Crash, TheDiskSurvives) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage& image) {
            Report(absl::StrCat("state ", image.state, " snapshot ", image.snapshot), 1);
            Machine::Current()->Emit({.kind = Output::Kind::kPersist,
                                      .has_extra = image.state.empty(),
                                      .bytes = image.state + "s",
                                      .extra = "snap"});
          },
      .test =
          [](World& world) {
            for (int life = 0; life < 3; ++life) {
              world.Boot(0, 1, "");
              sim::SleepFor(absl::Milliseconds(10));
              world.Crash(0);
            }
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.count("state  snapshot "), 1u);
  EXPECT_EQ(result.stats.count("state s snapshot snap"), 1u);
  EXPECT_EQ(result.stats.count("state ss snapshot snap"), 1u);
}

TEST(Crash, WhatArrivesWhileANodeBootsCompetesWithItsFirstFibers) {
  std::set<std::string> outputs;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const RunResult result = RunScenario({
        .options = {.seed = seed},
        .program =
            [](const BootImage&) {
              Go("first", [] { std::fputs("fiber ", stdout); });
              Machine::Current()->set_input_handler(
                  [](Input) { Go("handler", [] { std::fputs("message ", stdout); }); });
            },
        .test =
            [](World& world) {
              world.Boot(0, 1, "");
              world.Deliver(0, {.bytes = "early"});
              sim::SleepFor(absl::Milliseconds(10));
            },
    });
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    outputs.insert(result.output);
  }
  EXPECT_EQ(outputs, (std::set<std::string>{"fiber message ", "message fiber "}));
}

TEST(Crash, WhatWasDeliveredBeforeIsNotForTheNextLife) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            Machine::Current()->set_input_handler([](Input input) { Count(input.bytes); });
          },
      .test =
          [](World& world) {
            world.Deliver(0, {.bytes = "before"});  // is off
            world.Boot(0, 1, "");
            world.Deliver(0, {.bytes = "old"});
            world.Crash(0);
            world.Boot(0, 1, "");
            world.Deliver(0, {.bytes = "new"});
            sim::SleepFor(absl::Milliseconds(10));
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.count("before"), 0u);
  EXPECT_EQ(result.stats.count("old"), 0u);
  EXPECT_EQ(result.stats.at("new"), 1);
}

TEST(Crash, OldTimersDoNotWakeTheNextLife) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            const absl::Time before = sim::Now();
            sim::SleepFor(absl::Milliseconds(100));
            Report("slept", absl::ToInt64Milliseconds(sim::Now() - before));
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(50));
            world.Crash(0);
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(300));
          },
  });
  EXPECT_EQ(result.stats.at("slept"), 100);
}

TEST(Crash, ManyLivesOfManyFibers) {
  const RunResult result = RunScenario({
      .nodes = 3,
      .program =
          [](const BootImage&) {
            auto* mutex = new Mutex;
            for (int i = 0; i < 20; ++i) {
              Go("worker", [=] {
                for (;;) {
                  {
                    MutexLock lock(mutex);
                    Count("turns");
                  }
                  sim::SleepFor(Random::Duration(absl::ZeroDuration(), absl::Milliseconds(3)));
                  Go("child", [] { Yield(); });
                }
              });
            }
          },
      .test =
          [](World& world) {
            Choices& chance = world.choices("test");
            for (int round = 0; round < 300; ++round) {
              const auto node = static_cast<NodeId>(chance.Choose(3, "victim"));
              if (world.up(node)) {
                world.Crash(node);
              } else {
                world.Boot(node, 3, "");
              }
              sim::SleepFor(absl::Milliseconds(static_cast<int64_t>(chance.Choose(5, "wait"))));
            }
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_GT(result.stats.at("turns"), 1000);
}

TEST(Crash, APausedNodeCanCrashAndItsNextLifeRuns) {
  const RunResult result = RunScenario({
      .program = [](const BootImage&) { Count("boots"); },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(10));
            world.Pause(0);
            world.Crash(0);
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(10));
          },
  });
  EXPECT_EQ(result.stats.at("boots"), 2);
}

// ---- Crash at a chosen output. ----

constexpr int kOutputs = 6;

// Puts out kOutputs sends and as many persists in turn, some in one step, some after a sleep.
void TalkativeProgram(const BootImage& image) {
  if (!image.state.empty()) return;  // the second life only reads
  for (int i = 1; i <= kOutputs; ++i) {
    Persist(absl::StrCat("p", i));
    Send(absl::StrCat("s", i));
    if (i % 2 == 0) sim::SleepFor(absl::Milliseconds(1));
  }
}

// Crashes the node after its k-th output of a kind and counts what the judge saw.
RunResult CrashAtOutput(Output::Kind kind, int k) {
  return RunScenario({
      .program = TalkativeProgram,
      .test =
          [=](World& world) {
            bool crashed = false;
            world.Boot(0, 1, "");
            world.CrashAfter(0, kind, k, [&] {
              crashed = true;
              if (world.up(0)) Fail(Verdict::kSafety, "`then` comes before the crash");
            });
            sim::SleepFor(absl::Milliseconds(100));
            if (!crashed) Fail(Verdict::kSafety, "the node did not crash");
            Report(absl::StrCat("disk ", world.disk(0).state), 1);
          },
      .on_output =
          [](NodeId, Output& output) {
            Count(output.kind == Output::Kind::kSend ? "sends" : "persists");
          },
  });
}

class CrashAfter : public ::testing::TestWithParam<int> {};

TEST_P(CrashAfter, TheKthSendIsTheLastThatIsSeen) {
  const int k = GetParam();
  RunResult result = CrashAtOutput(Output::Kind::kSend, k);
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats["sends"], k);
  EXPECT_EQ(result.stats["persists"], k);
  EXPECT_EQ(result.stats.count(absl::StrCat("disk p", k)), 1u);
}

TEST_P(CrashAfter, TheKthPersistIsTheLastThatReachesTheDisk) {
  const int k = GetParam();
  RunResult result = CrashAtOutput(Output::Kind::kPersist, k);
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats["persists"], k);
  EXPECT_EQ(result.stats["sends"], k - 1);
  EXPECT_EQ(result.stats.count(absl::StrCat("disk p", k)), 1u);
}

INSTANTIATE_TEST_SUITE_P(EveryK, CrashAfter, ::testing::Range(1, kOutputs + 1));

TEST(CrashAfter, TheNodeMayBootAgainAtOnce) {
  const RunResult result = RunScenario({
      .program = TalkativeProgram,
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            world.CrashAfter(0, Output::Kind::kSend, 3, [&] { world.Boot(0, 1, ""); });
            sim::SleepFor(absl::Milliseconds(100));
            Report("incarnation", world.incarnation(0));
          },
      .on_output = [](NodeId, Output& output) { Report(output.bytes, 1); },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("incarnation"), 2);
  EXPECT_EQ(result.stats.count("s3"), 1u);
  EXPECT_EQ(result.stats.count("p4"), 0u);
}

TEST(CrashAfter, WhoeverSeesAnOutputMayCrashAndBootTheNodeToo) {
  const RunResult result = RunScenario({
      .program = TalkativeProgram,
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(100));
          },
      .on_output =
          [](NodeId node, Output& output) {
            Report(output.bytes, 1);
            if (output.bytes != "s3") return;
            World::Current().Crash(node);
            World::Current().Boot(node, 1, "");
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.count("s3"), 1u);
  EXPECT_EQ(result.stats.count("p4"), 0u)
      << "the dead node's next output was taken for the new one's";
}

TEST(CrashAfter, ACrashBeforeCancelsIt) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            for (int i = 0; i < 5; ++i) Send("x");
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            world.CrashAfter(0, Output::Kind::kSend, 3);
            world.Crash(0);
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(100));
          },
      .on_output = [](NodeId, Output&) { Count("sends"); },
  });
  EXPECT_EQ(result.stats.at("sends"), 5);
}

TEST(CrashAfter, TheZerothOutputIsOurFault) {
  const RunResult result =
      RunScenario({.test = [](World& world) { world.CrashAfter(0, Output::Kind::kSend, 0); }});
  EXPECT_EQ(VerdictName(result.verdict), "framework-fault");
  EXPECT_THAT(result.message, HasSubstr("the 0th output is World::Crash"));
}

}  // namespace
}  // namespace sim
