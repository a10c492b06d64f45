// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/world.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/channel.h"
#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void Persist(std::string state) {
  Machine::Current()->Emit({.kind = Output::Kind::kPersist, .bytes = std::move(state)});
}

// Answers every request with its own bytes, on a fiber.
void EchoProgram(const BootImage&) {
  Machine* machine = Machine::Current();
  machine->set_input_handler([machine](Input input) {
    Go("echo", [machine, input] {
      machine->Emit({.kind = Output::Kind::kReply, .id = input.id, .bytes = input.bytes});
    });
  });
}

TEST(World, BootTellsTheNodeWhoItIs) {
  const RunResult result = RunScenario({
      .nodes = 2,
      .program =
          [](const BootImage& image) {
            Report(absl::StrCat("n", image.node, " servers"), image.servers);
            Report(absl::StrCat("n", image.node, " config ", image.config), 1);
            Report(absl::StrCat("n", image.node, " state ", image.state.size()), 1);
          },
      .test =
          [](World& world) {
            if (world.up(0)) Fail(Verdict::kSafety, "a node is up before its boot");
            world.Boot(0, 2, "apple");
            world.disk(1).state = "four";
            world.Boot(1, 2, "pear");
            if (!world.up(0) || world.incarnation(0) != 1)
              Fail(Verdict::kSafety, "the boot was not counted");
            sim::SleepFor(absl::Milliseconds(1));
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("n1 servers"), 2);
  EXPECT_EQ(result.stats.count("n0 config apple"), 1u);
  EXPECT_EQ(result.stats.count("n0 state 0"), 1u);
  EXPECT_EQ(result.stats.count("n1 config pear"), 1u);
  EXPECT_EQ(result.stats.count("n1 state 4"), 1u);
}

TEST(World, InputsComeToTheProgramAndOutputsToTheJudge) {
  const RunResult result = RunScenario({
      .program = EchoProgram,
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            // The first comes before the program has had a chance to begin.
            for (uint64_t id = 1; id <= 3; ++id)
              world.Deliver(0, {.id = id, .bytes = absl::StrCat(id)});
            sim::SleepFor(absl::Milliseconds(1));
          },
      .on_output = [](NodeId node,
                      Output& output) { Report(absl::StrCat("n", node, " ", output.bytes), 1); },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  for (const char* reply : {"n0 1", "n0 2", "n0 3"})
    EXPECT_EQ(result.stats.count(reply), 1u) << reply;
}

// A constructor that takes its time must not lose what arrives meanwhile: its sender would wait for
// ever.
TEST(World, InputsWaitUntilTheProgramHasReturned) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage& image) {
            EchoProgram(image);
            sim::SleepFor(absl::Milliseconds(20));
            Report("returned", 1);
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(5));
            world.Deliver(0, {.id = 1, .bytes = "hello"});
            sim::SleepFor(absl::Milliseconds(50));
          },
      .on_output =
          [](NodeId, Output& output) {
            Report(output.bytes, World::Current().stats()["returned"]);
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("hello"), 1);
}

TEST(World, ActionsHappenAtTheirTimeAndInTheirOrder) {
  const RunResult result = RunScenario({
      .test =
          [](World& world) {
            const Nanos start = world.now();
            std::vector<std::string> done;
            const auto note = [&](std::string name) {
              return [&world, &done, start, name] {
                done.push_back(absl::StrCat(name, "@", (world.now() - start) / 1'000'000));
              };
            };
            world.At(start + 20'000'000, note("c"));
            world.At(start + 10'000'000, note("a"));
            world.At(start + 10'000'000, note("b"));
            world.At(start - 1, note("past"));
            sim::SleepFor(absl::Milliseconds(30));
            std::printf("%s", absl::StrJoin(done, " ").c_str());
          },
  });
  EXPECT_EQ(result.output, "past@0 a@10 b@10 c@20");
}

TEST(World, APausedNodeStandsStillAndMissesNothing) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage& image) {
            EchoProgram(image);
            Go("ticker", [] {
              for (;;) {
                sim::SleepFor(absl::Milliseconds(10));
                Count("ticks");
              }
            });
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(105));
            world.Pause(0);
            const int64_t before = world.stats()["ticks"];
            world.Deliver(0, {.id = 1, .bytes = "reply"});
            sim::SleepFor(absl::Seconds(2));
            Report("ticks while paused", world.stats()["ticks"] - before);
            Report("replies while paused", static_cast<int64_t>(world.stats().count("reply")));
            world.Resume(0);
            sim::SleepFor(absl::Milliseconds(1));
            Report("replies when resumed", static_cast<int64_t>(world.stats().count("reply")));
            sim::SleepFor(absl::Milliseconds(104));
            Report("ticks after", world.stats()["ticks"] - before);
          },
      .on_output = [](NodeId, Output& output) { Report(output.bytes, 1); },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("ticks while paused"), 0);
  EXPECT_EQ(result.stats.at("replies while paused"), 0);
  EXPECT_EQ(result.stats.at("replies when resumed"), 1);
  // One late, and then one each 10 ms.
  EXPECT_NEAR(static_cast<double>(result.stats.at("ticks after")), 11, 1);
}

TEST(World, NodesDoNotWaitForEachOthersWork) {
  const RunResult result = RunScenario({
      .nodes = 2,
      .program =
          [](const BootImage& image) {
            if (image.node == 0) {
              for (;;) Yield();
            }
            for (;;) {
              sim::SleepFor(absl::Milliseconds(10));
              Count("ticks");
            }
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_NEAR(static_cast<double>(result.stats.at("ticks")), 99, 1);
}

TEST(World, ATestThatSpinsDoesNotStopTheNodes) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            sim::SleepFor(absl::Milliseconds(100));
            Report("done", 1);
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            while (world.stats().count("done") == 0) Yield();
            Report("at", (world.now() + 500'000) / 1'000'000);
          },
  });
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  // The test's fiber looks again within its longest step.
  EXPECT_NEAR(static_cast<double>(result.stats.at("at")), 105, 6);
}

TEST(World, WarningsAreKeptOnce) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            for (int i = 0; i < 3; ++i) {
              Machine::Current()->Emit({.kind = Output::Kind::kWarning, .bytes = "mind the gap"});
            }
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass");
  EXPECT_THAT(result.warnings, ::testing::ElementsAre("mind the gap"));
}

TEST(World, TheRunEndsWithItsTest) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            sim::SleepFor(absl::Milliseconds(20));
            Report("never", 1);
          },
      .test =
          [](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(10));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass");
  EXPECT_EQ(result.stats.count("never"), 0u);
  EXPECT_GE(result.virtual_time, 10'000'000);
  EXPECT_LT(result.virtual_time, 11'000'000);
}

TEST(World, AnEndlessTestMeetsTheLimitOfVirtualTime) {
  const RunResult result = RunScenario({.test = [](World&) { sim::SleepFor(absl::Hours(1)); }});
  EXPECT_EQ(VerdictName(result.verdict), "liveness");
  EXPECT_THAT(result.message, HasSubstr("has not ended after 120 s of virtual time"));
}

TEST(World, WhenNothingCanHappenEveryWaitIsListed) {
  const RunResult result = RunScenario({
      .nodes = 2,
      .program =
          [](const BootImage&) {
            auto* channel = new Channel<int>;
            Go("reader", [channel] { channel->Receive(); });
            auto* mutex = new Mutex;
            auto* changed = new CondVar;
            Go("watcher", [=] {
              MutexLock lock(mutex);
              changed->Wait(mutex);
            });
          },
      .test =
          [](World& world) {
            world.Boot(0, 2, "");
            Channel<int> never;
            never.Receive();
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "deadlock");
  EXPECT_THAT(result.message, HasSubstr("nothing can run and no timer is set on any node"));
  const std::string detail = absl::StrJoin(result.detail, "\n");
  EXPECT_THAT(detail, AllOf(HasSubstr("test: \"main\" waits for a value from a channel"),
                            HasSubstr("n0: \"reader\" waits for a value from a channel"),
                            HasSubstr("n0: \"watcher\" waits for a condition variable"),
                            HasSubstr("sim/world_test.cc:")));
  EXPECT_THAT(detail, ::testing::Not(HasSubstr("n1:")));
}

TEST(World, FiguresComeBackWithTheirSigns) {
  const RunResult result = RunScenario({.test = [](World&) {
    Report("small", -5);
    Report("a name with blanks", int64_t{1} << 60);
    Persist("not a node's");
  }});
  EXPECT_EQ(result.stats.at("small"), -5);
  EXPECT_EQ(result.stats.at("a name with blanks"), int64_t{1} << 60);
}

}  // namespace
}  // namespace sim
