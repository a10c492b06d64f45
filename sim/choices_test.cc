// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/choices.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sim {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<uint64_t> Draw(Choices choices, int count, uint64_t n = 1000) {
  std::vector<uint64_t> values;
  for (int i = 0; i < count; ++i) values.push_back(choices.Choose(n, "draw"));
  return values;
}

// A tape recorded on one machine must mean the same on every other: these numbers never change.
TEST(Choices, NumbersAreTheSameOnEveryPlatform) {
  EXPECT_THAT(Draw(Choices({.seed = 1}, "network"), 6), ElementsAre(906, 684, 591, 752, 451, 117));
  EXPECT_EQ(Choices({.seed = 1}, "network").Bits("bits"), 16717790114147915111u);
  EXPECT_EQ(HashBytes("Raft"), 599655581678972257u);
  EXPECT_EQ(HashBytes("a longer text than one word", 7), 4192009388140139416u);
  EXPECT_EQ(Mix(1, 2), 12889956161600730229u);
}

TEST(Choices, SeedAndStreamBothMatter) {
  const std::vector<uint64_t> first = Draw(Choices({.seed = 1}, "network"), 20);
  EXPECT_EQ(Draw(Choices({.seed = 1}, "network"), 20), first);
  EXPECT_NE(Draw(Choices({.seed = 2}, "network"), 20), first);
  EXPECT_NE(Draw(Choices({.seed = 1}, "test"), 20), first);
}

TEST(Choices, OneMoreDrawInOneStreamDoesNotMoveAnother) {
  const ChoiceSource source{.seed = 5};
  Choices network(source, "network");
  Choices test(source, "test");
  network.Choose(10, "extra");
  EXPECT_EQ(test.Choose(1000, "draw"), Choices(source, "test").Choose(1000, "draw"));
}

TEST(Choices, EveryValueIsEquallyLikely) {
  Choices choices({.seed = 3}, "network");
  std::vector<int> seen(10);
  for (int i = 0; i < 100'000; ++i) ++seen.at(choices.Choose(10, "digit"));
  EXPECT_THAT(seen, Each(::testing::AllOf(::testing::Gt(9'600), ::testing::Lt(10'400))));
}

TEST(Choices, ChanceKeepsItsOdds) {
  Choices choices({.seed = 3}, "network");
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += choices.Chance(100, 1000, "lost") ? 1 : 0;
  EXPECT_NEAR(hits, 10'000, 400);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(choices.Chance(0, 1000, "never"));
    EXPECT_TRUE(choices.Chance(1000, 1000, "always"));
  }
}

TEST(Choices, OneOptionIsNoChoice) {
  EXPECT_THAT(Draw(Choices({.seed = 4}, "network"), 100, 1), Each(0u));
}

TEST(ChoicesDeathTest, NothingToChooseFromIsOurFault) {
  EXPECT_DEATH(Choices({.seed = 1}, "network").Choose(0, "empty"),
               "framework-fault: Choose\\(0\\): there is nothing to choose from");
}

TEST(Tape, ReplayGivesWhatWasRecorded) {
  Tape recorded;
  const std::vector<uint64_t> values =
      Draw(Choices({.seed = 9, .record = &recorded}, "network"), 50);
  absl::StatusOr<Tape> tape = Tape::FromText(recorded.ToText());
  ASSERT_TRUE(tape.ok()) << tape.status();
  // The seed no longer matters.
  EXPECT_EQ(Draw(Choices({.seed = 1, .replay = &*tape}, "network"), 50), values);
}

TEST(Tape, TextIsOneLineAChoice) {
  Tape tape;
  const ChoiceSource source{.seed = 1, .record = &tape};
  Choices network(source, "network");
  Choices node(source, "n0-schedule");
  const uint64_t late = network.Choose(27, "request-late");
  const uint64_t pick = node.Choose(3, "pick");
  EXPECT_EQ(tape.ToText(), "n0-schedule pick 3 " + std::to_string(pick) +
                               "\nnetwork request-late 27 " + std::to_string(late) + "\n");
}

TEST(Tape, BehindItsEndEveryChoiceIsTheBenignOne) {
  Tape tape = *Tape::FromText("network draw 1000 17\nnetwork draw 1000 5\n");
  Choices choices({.seed = 1, .replay = &tape}, "network");
  EXPECT_EQ(choices.Choose(1000, "draw"), 17u);
  EXPECT_EQ(choices.Choose(1000, "draw"), 5u);
  EXPECT_EQ(choices.Choose(1000, "draw"), 0u);
  EXPECT_FALSE(choices.Chance(999, 1000, "lost"));
  EXPECT_EQ(choices.Bits("bits"), 0u);
  EXPECT_THAT(Draw(Choices({.seed = 1, .replay = &tape}, "not on the tape"), 10), Each(0u));
}

TEST(Tape, ValuesThatNoLongerFitAreReduced) {
  Tape tape = *Tape::FromText("network draw 1000 17\n");
  EXPECT_LT(Choices({.seed = 1, .replay = &tape}, "network").Choose(5, "draw"), 5u);
}

TEST(Tape, TextThatIsNoTapeIsNamedByItsLine) {
  for (const char* line : {"hello", "network draw 1000", "network draw 1000 5 6",
                           "network draw x 5", "network draw 10 -5"}) {
    const absl::StatusOr<Tape> tape = Tape::FromText(std::string("network draw 9 5\n\n") + line);
    ASSERT_FALSE(tape.ok()) << line;
    EXPECT_EQ(tape.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(tape.status().message()),
                HasSubstr("line 3 of the tape is not `stream site n value`"));
  }
}

}  // namespace
}  // namespace sim
