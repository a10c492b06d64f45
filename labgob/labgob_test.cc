// Part of Raftlab, under the MIT License (see LICENSE).

#include "labgob/labgob.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labgob::Decode;
using labgob::DecodeInto;
using labgob::Encode;
using testing::HasSubstr;

enum class Role : uint8_t { kFollower, kCandidate, kLeader };
enum Color : int { kRed = -1, kBlue = 7 };

struct LogEntry {
  int64_t term = 0;
  std::string command;
  bool operator==(const LogEntry&) const = default;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

struct Nothing {
  bool operator==(const Nothing&) const = default;
};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct Tree {
  int value = 0;
  std::vector<Tree> children;
  bool operator==(const Tree&) const = default;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, children))

struct Everything {
  bool flag = false;
  int8_t i8 = 0;
  int16_t i16 = 0;
  int32_t i32 = 0;
  int64_t i64 = 0;
  uint8_t u8 = 0;
  uint16_t u16 = 0;
  uint32_t u32 = 0;
  uint64_t u64 = 0;
  char letter = ' ';
  float narrow = 0;
  double wide = 0;
  Role role = Role::kFollower;
  Color color = kRed;
  std::string text;
  std::vector<bool> flags;
  std::vector<uint8_t> raw;
  std::vector<std::vector<LogEntry>> logs;
  std::array<int, 3> three = {};
  std::map<std::string, std::map<int, LogEntry>> table;
  std::set<std::string> names;
  std::pair<int, std::string> both;
  std::optional<LogEntry> maybe;
  std::optional<std::optional<int>> twice;
  LogEntry entry;
  Nothing nothing;
  Tree tree;
  bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (flag, i8, i16, i32, i64, u8, u16, u32, u64, letter, narrow, wide, role,
                       color, text, flags, raw, logs, three, table, names, both, maybe, twice,
                       entry, nothing, tree))

Everything MakeEverything() {
  return {.flag = true,
          .i8 = -128,
          .i16 = -32768,
          .i32 = std::numeric_limits<int32_t>::min(),
          .i64 = std::numeric_limits<int64_t>::min(),
          .u8 = 255,
          .u16 = 65535,
          .u32 = std::numeric_limits<uint32_t>::max(),
          .u64 = std::numeric_limits<uint64_t>::max(),
          .letter = '\xff',
          .narrow = 1.5f,
          .wide = -1e300,
          .role = Role::kLeader,
          .color = kBlue,
          .text = std::string("a\0b", 3),
          .flags = {true, false, true},
          .raw = {0, 127, 128, 255},
          .logs = {{}, {{1, "x"}, {2, ""}}, {{3, "y"}}},
          .three = {1, -2, 3},
          .table = {{"", {}}, {"k", {{-1, {4, "z"}}, {1, {}}}}},
          .names = {"", "a", "b"},
          .both = {-5, "five"},
          .maybe = LogEntry{6, "six"},
          .twice = std::optional<int>(),
          .entry = {7, "seven"},
          .nothing = {},
          .tree = {1, {{2, {}}, {3, {{4, {}}}}}}};
}

template <class T>
void ExpectRoundTrip(const T& value) {
  const std::string bytes = Encode(value);
  const absl::StatusOr<T> back = Decode<T>(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, value);
  EXPECT_EQ(Encode(*back), bytes);
}

// MIT's three tests: GOB, Capital (here: a struct that misses a field in its description does not
// compile, see refused_types.cc), Default.

TEST(Labgob, Gob) {
  const int64_t warnings = labgob::warning_count();
  ExpectRoundTrip(0);
  ExpectRoundTrip(-17);
  ExpectRoundTrip(MakeEverything());
  ExpectRoundTrip(Everything{});
  EXPECT_EQ(labgob::warning_count(), warnings);
}

TEST(Labgob, Default) {
  std::vector<std::string> heard;
  labgob::SetWarningHandler([&](std::string_view warning) { heard.emplace_back(warning); });
  const int64_t before = labgob::warning_count();
  LogEntry target{.term = 99, .command = ""};
  EXPECT_TRUE(DecodeInto(Encode(LogEntry{}), target).ok());
  EXPECT_EQ(target, LogEntry{});
  EXPECT_EQ(labgob::warning_count(), before + 1);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_THAT(heard[0], HasSubstr("LogEntry.term"));
  EXPECT_TRUE(DecodeInto(Encode(LogEntry{1, "x"}), target).ok());  // As new again: no warning.
  EXPECT_EQ(labgob::warning_count(), before + 1);
  labgob::SetWarningHandler(nullptr);
}

TEST(Labgob, WarningNamesTheNestedField) {
  std::string heard;
  labgob::SetWarningHandler([&](std::string_view warning) { heard = warning; });
  Everything target;
  target.entry.command = "old";
  EXPECT_TRUE(DecodeInto(Encode(MakeEverything()), target).ok());
  EXPECT_THAT(heard, HasSubstr("Everything.entry.command"));
  EXPECT_EQ(target, MakeEverything());
  std::vector<int> plain = {1};
  EXPECT_TRUE(DecodeInto(Encode(std::vector<int>{2}), plain).ok());
  EXPECT_THAT(heard, HasSubstr("a value"));
  labgob::SetWarningHandler(nullptr);
}

TEST(Labgob, EachWarningIsPrintedOnce) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    Tree target{.value = 1, .children = {}};
    EXPECT_TRUE(DecodeInto(Encode(Tree{}), target).ok());
  }
  const std::string printed = testing::internal::GetCapturedStderr();
  EXPECT_THAT(printed, HasSubstr("Tree.value"));
  EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 1) << printed;
}

TEST(Labgob, ErrorLeavesTheTargetAlone) {
  LogEntry target;
  std::string bytes = Encode(LogEntry{5, "command"});
  bytes.pop_back();
  EXPECT_FALSE(DecodeInto(bytes, target).ok());
  EXPECT_EQ(target, LogEntry{});
}

TEST(Labgob, Integers) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t near : {0, 1, 2}) {
      const uint64_t bits = (uint64_t{1} << shift) - near;
      ExpectRoundTrip(bits);
      ExpectRoundTrip(static_cast<int64_t>(bits));
      ExpectRoundTrip(-static_cast<int64_t>(bits >> 1));
      ExpectRoundTrip(static_cast<int32_t>(bits));
      ExpectRoundTrip(static_cast<uint16_t>(bits));
      ExpectRoundTrip(static_cast<int8_t>(bits));
    }
  }
  ExpectRoundTrip(true);
  ExpectRoundTrip(Role::kCandidate);
  ExpectRoundTrip(static_cast<Role>(200));
}

TEST(Labgob, FloatingPoint) {
  for (const double value : {0.0, 1.0, -1e-310, std::numeric_limits<double>::infinity()}) {
    ExpectRoundTrip(value);
    ExpectRoundTrip(static_cast<float>(value));
  }
  EXPECT_TRUE(std::signbit(*Decode<double>(Encode(-0.0))));
  EXPECT_TRUE(std::isnan(*Decode<double>(Encode(std::numeric_limits<double>::quiet_NaN()))));
}

TEST(Labgob, Strings) {
  ExpectRoundTrip(std::string());
  ExpectRoundTrip(std::string("\0\xff", 2));
  ExpectRoundTrip(std::string(1 << 20, 'x'));
}

TEST(Labgob, Containers) {
  ExpectRoundTrip(std::vector<std::string>(1000));
  ExpectRoundTrip(std::vector<bool>{true, false});
  ExpectRoundTrip(std::vector<Nothing>(5));
  ExpectRoundTrip(std::array<std::string, 2>{"a", "b"});
  ExpectRoundTrip(std::array<int, 0>{});
  ExpectRoundTrip(std::map<std::pair<int, int>, std::set<int>>{{{1, 2}, {3, 4}}, {{0, 0}, {}}});
  ExpectRoundTrip(std::map<int, int, std::greater<>>{{1, 2}, {3, 4}});
  ExpectRoundTrip(std::optional<std::vector<int>>());
  ExpectRoundTrip(std::optional<std::vector<int>>({1, 2}));
}

TEST(Labgob, TreeUpToTheLimit) {
  Tree tree;
  for (int i = 0; i < 31; ++i) tree = Tree{.value = i, .children = {tree}};  // 63 levels.
  ExpectRoundTrip(tree);
}

TEST(LabgobDeathTest, TreePastTheLimit) {
  Tree tree;
  for (int i = 0; i < 40; ++i) tree = Tree{.value = i, .children = {tree}};
  EXPECT_DEATH(Encode(tree), "deeper than 64 levels");
}

TEST(Labgob, SameValueSameBytes) {
  EXPECT_EQ(Encode(MakeEverything()), Encode(MakeEverything()));
  EXPECT_EQ(Encode(LogEntry{3, "x"}), std::string("\xe1\x12\x08LogEntry\x02\x04term\x05\x07"
                                                  "command\x0c\x06\x01x"));
}

// reference: MIT's Bytes test allows 17 calls with 284 bytes each 4828 to 6000 bytes in all.
TEST(Labgob, Sizes) {
  EXPECT_LT(Encode(std::string(284, 'x')).size(), 284u + 10);
  EXPECT_LT(Encode(std::vector<int>(1000, 63)).size(), 1010u);
  const size_t one = Encode(std::vector<LogEntry>(1)).size();
  EXPECT_EQ(Encode(std::vector<LogEntry>(101)).size(), one + 200);  // Names only once.
}

}  // namespace
