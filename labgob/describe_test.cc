// Part of Raftlab, under the MIT License (see LICENSE).

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "labgob/labgob.h"

namespace {

using labgob::Encode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct LogEntry {
  int64_t term = 0;
  std::string command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

struct AppendEntriesArgs {
  int64_t term = 3;
  int64_t leader_id = 1;
  std::vector<LogEntry> entries;
  int64_t leader_commit = -1;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesArgs, (), (term, leader_id, entries, leader_commit))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

template <class Command>
struct Op {
  Command command;
};
BOOST_DESCRIBE_STRUCT(Op<int>, (), (command))

template <class T>
std::string Text(const T& value, size_t max_chars = 400) {
  return labgob::Describe(Encode(value), max_chars).value();
}

TEST(Describe, PlainValues) {
  EXPECT_EQ(Text(true), "true");
  EXPECT_EQ(Text(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(Text(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(Text(int8_t{-1}), "-1");
  EXPECT_EQ(Text(0.1), "0.1");
  EXPECT_EQ(Text(0.1f), "0.1");
  EXPECT_EQ(Text(std::string("a\"b\n\0\xff", 6)), R"("a\"b\n\x00\xff")");
}

TEST(Describe, Containers) {
  EXPECT_EQ(Text(std::vector<int>{1, 2}), "[1, 2]");
  EXPECT_EQ(Text(std::array<bool, 2>{true, false}), "[true, false]");
  EXPECT_EQ(Text(std::set<std::string>{"b", "a"}), R"({"a", "b"})");
  EXPECT_EQ(Text(std::map<std::string, int>{{"x", 1}, {"y", 2}}), R"({"x": 1, "y": 2})");
  EXPECT_EQ(Text(std::pair<int, std::string>{1, "x"}), R"((1, "x"))");
  EXPECT_EQ(Text(std::optional<int>()), "none");
  EXPECT_EQ(Text(std::optional<int>(3)), "3");
}

TEST(Describe, Structs) {
  EXPECT_EQ(Text(Nothing{}), "Nothing{}");
  EXPECT_EQ(Text(Op<int>{4}), "Op{command: 4}");
  EXPECT_EQ(
      Text(AppendEntriesArgs{.entries = {{1, "x"}, {2, "y"}}}),
      R"(AppendEntriesArgs{term: 3, leader_id: 1, entries: [LogEntry{term: 1, command: "x"}, )"
      R"(LogEntry{term: 2, command: "y"}], leader_commit: -1})");
}

// What follows a long list is still to be seen.
TEST(Describe, LongValuesAreCut) {
  const std::string text = Text(AppendEntriesArgs{.entries = std::vector<LogEntry>(1000)});
  EXPECT_LE(text.size(), 400u);
  EXPECT_THAT(text, HasSubstr(" more], leader_commit: -1}"));
  EXPECT_EQ(Text(std::string(5000, 'x'), 20), R"("xxxxxxxxxx..." (...)");
  EXPECT_EQ(Text(std::string(5000, 'x'), 40), R"("xxxxxxxxxxxxxxxxxxxx..." (5000 bytes))");
  EXPECT_EQ(Text(std::vector<int>(1000), 20), "[0, 0, 0, ... 997...");
  EXPECT_EQ(Text(std::vector<int>(1000), 0), "");
  EXPECT_EQ(Text(std::vector<int>(1000), 2), "..");
  EXPECT_GT(Text(std::vector<int>(1000), 1'000'000).size(), 2999u);
}

TEST(Describe, FieldNames) {
  EXPECT_THAT(*labgob::FieldNames(Encode(AppendEntriesArgs{})),
              ElementsAre("term", "leader_id", "entries", "leader_commit"));
  EXPECT_THAT(*labgob::FieldNames(Encode(1)), IsEmpty());
  EXPECT_THAT(*labgob::FieldNames(Encode(std::vector<LogEntry>())), IsEmpty());
}

TEST(Describe, Errors) {
  EXPECT_THAT(std::string(labgob::Describe("").status().message()),
              HasSubstr("no bytes: nothing was ever saved or sent"));
  EXPECT_THAT(std::string(labgob::FieldNames("").status().message()), HasSubstr("no bytes"));
  EXPECT_THAT(std::string(labgob::Describe("hello").status().message()),
              HasSubstr("not made by labgob::Encode"));
  EXPECT_FALSE(labgob::Describe(Encode(1) + "x").ok());
}

}  // namespace
