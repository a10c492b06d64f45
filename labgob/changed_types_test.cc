// Part of Raftlab, under the MIT License (see LICENSE).
//
// Writer and reader know a type differently: labgob's promise is that fields are matched by name.

#include <array>
#include <cstdint>
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

using labgob::Decode;
using labgob::Encode;
using testing::HasSubstr;

namespace then {
struct LogEntry {
  int64_t term = 0;
  std::string command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

struct State {
  int64_t term = 0;
  std::string comment;
  std::vector<LogEntry> log;
  LogEntry last;
  std::map<std::string, LogEntry> by_name;
  std::optional<LogEntry> maybe;
  std::pair<int, LogEntry> both;
};
BOOST_DESCRIBE_STRUCT(State, (), (term, comment, log, last, by_name, maybe, both))

struct Number {
  int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(Number, (), (n))
}  // namespace then

namespace now {
struct Entry {  // Renamed, reordered, one field more, a narrower term.
  std::string command;
  int session = -7;
  int32_t term = 0;
  bool operator==(const Entry&) const = default;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (command, session, term))

struct State {  // Without comment, with voted_for and snapshot.
  std::pair<int, Entry> both;
  std::optional<Entry> maybe;
  int voted_for = -1;
  std::map<std::string, Entry> by_name;
  Entry last = {.command = "none", .session = 5};
  std::vector<Entry> log;
  uint16_t term = 0;
  Entry snapshot = {.command = "snapshot", .session = 6};
};
BOOST_DESCRIBE_STRUCT(State, (), (both, maybe, voted_for, by_name, last, log, term, snapshot))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())
}  // namespace now

template <class T>
std::string ErrorOf(const absl::StatusOr<T>& result) {
  return result.ok() ? "no error" : std::string(result.status().message());
}

TEST(ChangedTypes, MatchedByName) {
  const then::State old = {.term = 3,
                           .comment = "gone",
                           .log = {{1, "a"}, {2, "b"}},
                           .last = {4, "c"},
                           .by_name = {{"k", {5, "d"}}},
                           .maybe = then::LogEntry{6, "e"},
                           .both = {7, {8, "f"}}};
  const absl::StatusOr<now::State> state = Decode<now::State>(Encode(old));
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->term, 3);
  EXPECT_EQ(state->voted_for, -1);
  EXPECT_EQ(state->log, (std::vector<now::Entry>{{"a", -7, 1}, {"b", -7, 2}}));
  EXPECT_EQ(state->last, (now::Entry{"c", 5, 4}));  // As State's initializer has it, not Entry's.
  EXPECT_EQ(state->by_name.at("k"), (now::Entry{"d", -7, 5}));
  EXPECT_EQ(*state->maybe, (now::Entry{"e", -7, 6}));
  EXPECT_EQ(state->both, (std::pair<int, now::Entry>{7, {"f", -7, 8}}));
  EXPECT_EQ(state->snapshot, (now::Entry{"snapshot", 6, 0}));
}

TEST(ChangedTypes, AndBack) {
  now::State fresh;
  fresh.log = {{"a", 1, 2}};
  fresh.term = 9;
  const absl::StatusOr<then::State> state = Decode<then::State>(Encode(fresh));
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->term, 9);
  EXPECT_EQ(state->comment, "");
  EXPECT_EQ(state->log.at(0).command, "a");
  EXPECT_EQ(state->log.at(0).term, 2);
  EXPECT_EQ(state->last.command, "none");
}

TEST(ChangedTypes, AllFieldsOrNone) {
  EXPECT_TRUE(Decode<now::Nothing>(Encode(then::State{})).ok());
  const absl::StatusOr<now::State> state = Decode<now::State>(Encode(now::Nothing{}));
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->last.command, "none");
  EXPECT_EQ(Decode<std::vector<now::Entry>>(Encode(std::vector<now::Nothing>(3)))->size(), 3u);
}

struct Wrong {
  std::string term;
};
BOOST_DESCRIBE_STRUCT(Wrong, (), (term))
struct WrongLog {
  std::vector<Wrong> log;
};
BOOST_DESCRIBE_STRUCT(WrongLog, (), (log))

TEST(ChangedTypes, WrongTypeNamesBoth) {
  EXPECT_EQ(ErrorOf(Decode<then::State>(Encode(Wrong{}))),
            "field State.term: the bytes hold string, the program wants int64");
  EXPECT_EQ(ErrorOf(Decode<then::State>(Encode(WrongLog{}))),  // Even though the list is empty.
            "field State.log.term: the bytes hold string, the program wants int64");
  EXPECT_EQ(ErrorOf(Decode<int32_t>(Encode(std::string("3")))),
            "the bytes hold string, the program wants int32");
  EXPECT_EQ(ErrorOf(Decode<bool>(Encode(1))), "the bytes hold int32, the program wants bool");
  EXPECT_EQ(ErrorOf(Decode<std::set<int>>(Encode(std::map<int, then::LogEntry>()))),
            "the bytes hold map from int32 to LogEntry, the program wants set of int32");
}

TEST(ChangedTypes, IntegersFitOrNot) {
  EXPECT_EQ(*Decode<int8_t>(Encode(int64_t{-128})), -128);
  EXPECT_EQ(*Decode<uint8_t>(Encode(int64_t{255})), 255);
  EXPECT_EQ(*Decode<int64_t>(Encode(uint64_t{1} << 62)), int64_t{1} << 62);
  EXPECT_EQ(*Decode<uint64_t>(Encode(int8_t{5})), 5u);
  EXPECT_EQ(*Decode<int32_t>(Encode(int8_t{-5})), -5);
  EXPECT_EQ(ErrorOf(Decode<int8_t>(Encode(300))), "the bytes hold 300, which does not fit int8");
  EXPECT_EQ(ErrorOf(Decode<int8_t>(Encode(-129))), "the bytes hold -129, which does not fit int8");
  EXPECT_EQ(ErrorOf(Decode<uint64_t>(Encode(-1))), "the bytes hold -1, which does not fit uint64");
  EXPECT_EQ(ErrorOf(Decode<int64_t>(Encode(~uint64_t{0}))),
            "the bytes hold 18446744073709551615, which does not fit int64");
  then::State state;
  state.log.resize(4);
  state.log[3].term = int64_t{1} << 40;
  EXPECT_EQ(ErrorOf(Decode<now::State>(Encode(state))),
            "field State.log[3].term: the bytes hold 1099511627776, which does not fit int32");
}

TEST(ChangedTypes, FloatsFitOrNot) {
  EXPECT_EQ(*Decode<double>(Encode(0.5f)), 0.5);
  EXPECT_EQ(*Decode<float>(Encode(0.5)), 0.5f);
  EXPECT_THAT(ErrorOf(Decode<float>(Encode(0.1))), HasSubstr("does not fit float"));
  EXPECT_THAT(ErrorOf(Decode<double>(Encode(1))), HasSubstr("the program wants double"));
}

TEST(ChangedTypes, ArraysAndVectors) {
  using Three = std::array<int, 3>;
  EXPECT_EQ(*Decode<Three>(Encode(std::vector<int>{1, 2, 3})), (Three{1, 2, 3}));
  EXPECT_EQ(*Decode<Three>(Encode(std::vector<int64_t>{1, 2, 3})), (Three{1, 2, 3}));
  EXPECT_THAT(ErrorOf(Decode<Three>(Encode(std::vector<int>{1}))), HasSubstr("std::array"));
  EXPECT_THAT(ErrorOf(Decode<Three>(Encode(std::vector<int64_t>{1}))), HasSubstr("std::array"));
}

// Two keys of the bytes may not become one key of the program.
struct LastDigit {
  bool operator()(int a, int b) const { return a % 10 < b % 10; }
};

TEST(ChangedTypes, KeysStayDistinct) {
  EXPECT_THAT(ErrorOf(Decode<std::set<int, LastDigit>>(Encode(std::set<int>{1, 11}))),
              HasSubstr("twice"));
  EXPECT_THAT(ErrorOf(Decode<std::map<int, int, LastDigit>>(
                  Encode(std::map<int64_t, int>{{1, 1}, {11, 1}}))),
              HasSubstr("twice"));
}

TEST(ChangedTypes, StructsWithoutTheirOuterNames) {
  const std::vector<std::vector<then::Number>> numbers = {{{1}, {2}}, {}, {{3}}};
  const auto same = Decode<std::vector<std::vector<then::Number>>>(Encode(numbers));
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ((*same)[2][0].n, 3);
}

}  // namespace
