// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/trace.h"

#include <set>
#include <string>
#include <sys/mman.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Trace, ALineHasFixedColumns) {
  EXPECT_EQ(FormatEvent(4'310'000'000, 4, Topic::kVote, "term=4 granted to n2"),
            "   4.310s n4  VOTE  term=4 granted to n2");
  EXPECT_EQ(FormatEvent(0, kJudge, Topic::kTest, "begin"), "   0.000s --  TEST  begin");
  EXPECT_EQ(FormatEvent(119'999'600'000, 12, Topic::kAply, "3/7"), " 120.000s n12 APLY  3/7");
}

// One event with something changed.
struct Event {
  Nanos at = 5;
  NodeId node = 1;
  Topic topic = Topic::kSend;
  int64_t value = 7;
  std::string bytes = "abc";

  uint64_t Hash() const {
    Trace trace;
    trace.Record(at, node, topic, {value}, bytes, [] { return std::string(); });
    return trace.hash();
  }
};

TEST(Trace, EverythingButTheTextGoesIntoTheHash) {
  const std::set<uint64_t> hashes = {
      Event{}.Hash(),
      Event{.at = 6}.Hash(),
      Event{.node = 2}.Hash(),
      Event{.node = kJudge}.Hash(),
      Event{.topic = Topic::kRecv}.Hash(),
      Event{.value = -7}.Hash(),
      Event{.bytes = "abd"}.Hash(),
      Event{.bytes = ""}.Hash(),
  };
  EXPECT_THAT(hashes, SizeIs(8));
  EXPECT_EQ(Event{}.Hash(), Event{}.Hash());
}

TEST(Trace, OrderGoesIntoTheHash) {
  Trace ab;
  Trace ba;
  const auto record = [](Trace* trace, const char* bytes) {
    trace->Record(1, 0, Topic::kSend, {}, bytes, [] { return std::string(); });
  };
  record(&ab, "a");
  record(&ab, "b");
  record(&ba, "b");
  record(&ba, "a");
  EXPECT_NE(ab.hash(), ba.hash());
  EXPECT_EQ(ab.events(), 2u);
}

TEST(Trace, AQuietOneMakesNoText) {
  Trace quiet;
  Trace verbose;
  verbose.SetVerbose(true);
  int texts = 0;
  for (Trace* trace : {&quiet, &verbose}) {
    trace->Record(1, 0, Topic::kSend, {3}, "x", [&] { return std::to_string(++texts); });
    trace->Line(2, 0, Topic::kInfo, "a student's own");
  }
  EXPECT_EQ(texts, 1);
  EXPECT_EQ(quiet.hash(), verbose.hash());
  EXPECT_THAT(quiet.LastLines(), SizeIs(0));
  EXPECT_THAT(verbose.LastLines(),
              ElementsAre("   0.000s n0  SEND  1", "   0.000s n0  INFO  a student's own"));
}

TEST(Trace, KeepsTheLastTwelveOfEachNodeInOrder) {
  Trace trace;
  trace.SetVerbose(true);
  trace.Line(0, 1, Topic::kInfo, "of n1");
  for (int i = 1; i <= 20; ++i) trace.Line(i, 0, Topic::kInfo, std::to_string(i));
  const std::vector<std::string> lines = trace.LastLines();
  ASSERT_THAT(lines, SizeIs(13));
  EXPECT_THAT(lines.front(), HasSubstr("of n1"));
  EXPECT_THAT(lines.at(1), HasSubstr("INFO  9"));
  EXPECT_THAT(lines.back(), HasSubstr("INFO  20"));
}

TEST(Trace, TheSinkGetsEveryLineAsItHappens) {
  Trace trace;
  std::vector<std::string> lines;
  trace.SetLineSink([&](Nanos, NodeId, Topic, const std::string& line) { lines.push_back(line); });
  trace.Line(0, 0, Topic::kInfo, "unwanted");
  trace.SetVerbose(true);
  trace.Line(0, 0, Topic::kInfo, "wanted");
  EXPECT_THAT(lines, ElementsAre("   0.000s n0  INFO  wanted"));
}

// ---- The hash of a run. ----

// Persists at random times under contended locks.
Scenario BusyScenario(uint64_t seed) {
  return {
      .options = {.seed = seed},
      .nodes = 3,
      .program =
          [](const BootImage&) {
            auto* mutex = new Mutex;
            for (int i = 0; i < 4; ++i) {
              Go("writer", [=] {
                for (int step = 0; step < 10; ++step) {
                  MutexLock lock(mutex);
                  sim::SleepFor(Random::Duration(absl::ZeroDuration(), absl::Milliseconds(5)));
                  Machine::Current()->Emit(
                      {.kind = Output::Kind::kPersist, .bytes = std::to_string(i * 100 + step)});
                }
              });
            }
          },
  };
}

TEST(RunHash, IsTheSameForTheSameSeedAndDiffersForOthers) {
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const RunResult first = RunScenario(BusyScenario(seed));
    const RunResult second = RunScenario(BusyScenario(seed));
    ASSERT_EQ(VerdictName(first.verdict), "pass") << first.message;
    EXPECT_EQ(first.hash, second.hash) << "seed " << seed;
    EXPECT_EQ(first.events, 3u + 120u);
    EXPECT_EQ(first.virtual_time, second.virtual_time);
    hashes.insert(first.hash);
  }
  EXPECT_THAT(hashes, SizeIs(20));
}

TEST(RunHash, PrintingDoesNotChangeIt) {
  Scenario scenario = BusyScenario(1);
  const uint64_t quiet = RunScenario(scenario).hash;
  scenario.options.verbose = true;
  EXPECT_EQ(RunScenario(scenario).hash, quiet);
}

// ---- The first event that differs. ----

TEST(Divergence, ThereIsNoneInADeterministicRun) {
  const Scenario scenario = BusyScenario(7);
  EXPECT_EQ(FindDivergence(scenario.options, BodyOf(scenario)), std::nullopt);
}

// A number that both runs see: each adds one, so they differ as two processes may.
int* SharedNumber() {
  void* memory =
      mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return static_cast<int*>(memory);
}

void Persist(const std::string& state) {
  Machine::Current()->Emit({.kind = Output::Kind::kPersist, .bytes = state});
}

TEST(Divergence, NamesTheFirstEventThatDiffers) {
  int* const number = SharedNumber();
  const Scenario scenario = {.program = [number](const BootImage&) {
    sim::SleepFor(absl::Milliseconds(10));
    Persist("same");
    sim::SleepFor(absl::Milliseconds(10));
    Persist(std::string(static_cast<size_t>(++*number) + 10, 'x'));
    Persist("never compared");
  }};
  const std::optional<std::string> report = FindDivergence(scenario.options, BodyOf(scenario));
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(*report, AllOf(HasSubstr("the last event that both runs share"),
                             HasSubstr("DISK  state 4 bytes"), HasSubstr("then the first run has"),
                             HasSubstr("0.020s n0  DISK")));
}

// The lines show milliseconds and sizes; what they do not show counts too.
TEST(Divergence, SeesWhatALineDoesNotShow) {
  int* const number = SharedNumber();
  const Scenario late = {.program = [number](const BootImage&) {
    sim::SleepFor(absl::Microseconds(10'100 + ++*number));
    Persist("same");
  }};
  EXPECT_TRUE(FindDivergence(late.options, BodyOf(late)).has_value());
  const Scenario other_bytes = {.program = [number](const BootImage&) {
    const int run = ++*number;
    Persist(std::string(reinterpret_cast<const char*>(&run), sizeof(run)));
  }};
  EXPECT_TRUE(FindDivergence(other_bytes.options, BodyOf(other_bytes)).has_value());
}

TEST(Divergence, ARunThatEndsEarlierIsOneToo) {
  int* const number = SharedNumber();
  const Scenario scenario = {
      .program =
          [](const BootImage&) {
            for (int i = 0; i < 20; ++i) {
              sim::SleepFor(absl::Milliseconds(1));
              Persist("same");
            }
          },
      .test =
          [number](World& world) {
            world.Boot(0, 1, "");
            sim::SleepFor(absl::Milliseconds(5 + ++*number));
          },
  };
  const std::optional<std::string> report = FindDivergence(scenario.options, BodyOf(scenario));
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(*report, HasSubstr("(the run has ended)"));
}

}  // namespace
}  // namespace sim
