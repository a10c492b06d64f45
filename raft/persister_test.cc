// Part of Raftlab, under the MIT License (see LICENSE).
//
// The persister: what a crash finds on the disk, and what a slow disk does.

#include "raft/persister.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace raft {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Lt;

constexpr absl::Duration kSlowest = absl::Milliseconds(5);

Persister* MakePersister(const sim::BootImage& image, absl::Duration slowest_save) {
  return new Persister(image.state, image.snapshot, slowest_save);
}

TEST(Persister, SavesTakeNoTimeOnAFastDisk) {
  const sim::RunResult result = sim::RunScenario({.program = [](const sim::BootImage& image) {
    Persister* persister = MakePersister(image, absl::ZeroDuration());
    const absl::Time before = sim::Now();
    persister->Save("state", "snapshot");
    sim::Report("nanoseconds", absl::ToInt64Nanoseconds(sim::Now() - before));
  }});
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("nanoseconds"), 0);
}

TEST(Persister, OthersRunDuringASlowSave) {
  const sim::RunResult result = sim::RunScenario({.program = [](const sim::BootImage& image) {
    Persister* persister = MakePersister(image, kSlowest);
    auto* saves = new int(0);
    sim::Go("saver", [persister, saves] {
      for (; *saves < 50; ++*saves) persister->Save("state", "snapshot");
    });
    sim::Go("other", [saves] {
      while (*saves < 50) {
        sim::SleepFor(absl::Milliseconds(1));
        sim::Count("turns of the other");
      }
    });
  }});
  ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
  // 50 saves of 2.5 ms in the mean.
  EXPECT_THAT(result.stats.at("turns of the other"), AllOf(Ge(75), Lt(175)));
}

TEST(Persister, SlowSavesEndInTheOrderInWhichTheyBegan) {
  const std::string begun = "123456";
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    std::string ended;
    const sim::RunResult result = sim::RunScenario({
        .options = {.seed = seed},
        .program =
            [&begun](const sim::BootImage& image) {
              Persister* persister = MakePersister(image, kSlowest);
              for (const char state : begun) {
                sim::Go("saver", [persister, state] {
                  sim::SleepFor(absl::Milliseconds(state - '0'));
                  persister->Save(std::string(1, state));
                });
              }
            },
        .test =
            [&](sim::World& world) {
              sim::BootAll(world);
              sim::SleepFor(absl::Seconds(1));
              if (ended != begun) sim::Fail(sim::Verdict::kSafety, ended);
            },
        .on_output = [&ended](sim::NodeId,
                              sim::Output&) { ended += sim::World::Current().disk(0).state; },
    });
    EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  }
}

TEST(Persister, ACrashDuringASlowSaveLosesIt) {
  int64_t lost = 0;
  int64_t kept = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const sim::RunResult result = sim::RunScenario({
        .options = {.seed = seed},
        .program =
            [](const sim::BootImage& image) {
              if (image.life == 2) return sim::Report(image.state, 1);
              Persister* persister = MakePersister(image, kSlowest);
              sim::Go("saver", [persister] {
                persister->Save("old");
                sim::SleepFor(absl::Milliseconds(10));
                persister->Save("new");
                sim::Report("returned", 1);
              });
            },
        .test =
            [](sim::World& world) {
              world.Boot(0, 1, "");
              sim::SleepFor(absl::Milliseconds(15));
              world.Crash(0);
              world.Boot(0, 1, "");
              sim::SleepFor(absl::Milliseconds(1));
            },
    });
    ASSERT_EQ(VerdictName(result.verdict), "pass") << result.message;
    lost += static_cast<int64_t>(result.stats.count("old"));
    kept += static_cast<int64_t>(result.stats.count("new"));
    EXPECT_EQ(result.stats.count("returned"), result.stats.count("new"));
  }
  EXPECT_EQ(lost + kept, 20);
  EXPECT_THAT(lost, Ge(3));
  EXPECT_THAT(kept, Ge(3));
}

}  // namespace
}  // namespace raft
