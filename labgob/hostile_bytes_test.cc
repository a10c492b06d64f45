// Part of Raftlab, under the MIT License (see LICENSE).
//
// Bytes that Encode did not make: an error, never a crash, never much memory.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "labgob/labgob.h"

namespace {
size_t g_allocated = 0;  // Bytes asked of operator new since the program began.

void* Allocate(size_t size) {
  g_allocated += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace {

using labgob::Decode;
using labgob::Encode;
using testing::HasSubstr;

struct LogEntry {
  int64_t term = 0;
  std::string command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

struct Tree {
  int value = 0;
  std::vector<Tree> children;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (value, children))

struct State {
  int32_t term = 0;
  bool leader = false;
  double weight = 0;
  std::vector<LogEntry> log;
  std::map<std::string, int16_t> table;
  std::set<uint8_t> marks;
  std::pair<int, std::string> both;
  std::optional<std::array<int, 2>> maybe;
  Tree tree;
};
BOOST_DESCRIBE_STRUCT(State, (), (term, leader, weight, log, table, marks, both, maybe, tree))

// Reads a State by the slow road.
struct OtherState {
  std::vector<LogEntry> log;
  std::string added = "added";
  int64_t term = 0;
  Tree tree;
};
BOOST_DESCRIBE_STRUCT(OtherState, (), (log, added, term, tree))

std::vector<std::string> Messages() {
  return {Encode(State{.term = 300,
                       .leader = true,
                       .weight = 1.5,
                       .log = {{1, "x"}, {200, "set y 2"}},
                       .table = {{"a", 1}, {"b", -2}},
                       .marks = {1, 2, 200},
                       .both = {5, "five"},
                       .maybe = std::array<int, 2>{1, 2},
                       .tree = {1, {{2, {}}, {3, {{4, {}}}}}}}),
          Encode(OtherState{}), Encode(std::vector<std::string>{"one", "two", "three"}),
          Encode(std::map<int, double>{{1, 2}, {3, 4}}), Encode(uint64_t{1} << 60)};
}

// Gives how many of the readers took the bytes for a value.
int ReadAsAll(std::string_view bytes) {
  int read = 0;
  read += Decode<State>(bytes).ok();
  read += Decode<OtherState>(bytes).ok();
  read += Decode<std::vector<std::string>>(bytes).ok();
  read += Decode<std::map<int, double>>(bytes).ok();
  read += Decode<uint64_t>(bytes).ok();
  read += labgob::Describe(bytes).ok();
  return read;
}

template <class T>
std::string ErrorOf(const absl::StatusOr<T>& result) {
  return result.ok() ? "no error" : std::string(result.status().message());
}

TEST(HostileBytes, Empty) {
  EXPECT_EQ(ErrorOf(Decode<State>("")), "no bytes: nothing was ever saved or sent");
}

TEST(HostileBytes, EveryTruncationIsAnError) {
  for (const std::string& message : Messages()) {
    EXPECT_GE(ReadAsAll(message), 2);
    for (size_t size = 0; size < message.size(); ++size) {
      EXPECT_EQ(ReadAsAll(message.substr(0, size)), 0) << size;
    }
  }
}

TEST(HostileBytes, TrailingBytesAreAnError) {
  for (const std::string& message : Messages()) {
    EXPECT_EQ(ReadAsAll(message + '\0'), 0);
    EXPECT_EQ(ReadAsAll(message + message), 0);
  }
  EXPECT_THAT(ErrorOf(Decode<int>(Encode(1) + "xy")), HasSubstr("2 bytes too many"));
}

// Each byte becomes each other value; memory is counted over one decoding at a time.
TEST(HostileBytes, EveryMutationIsHarmless) {
  ReadAsAll(Encode(1));  // What is made once and kept is not counted.
  for (const std::string& message : Messages()) {
    for (size_t i = 0; i < message.size(); ++i) {
      for (int value = 0; value < 256; ++value) {
        std::string mutant = message;
        mutant[i] = static_cast<char>(value);
        const size_t before = g_allocated;
        (void)Decode<State>(mutant);
        const size_t between = g_allocated;
        ASSERT_LE(between - before, 16 * mutant.size() + 65536) << i << " " << value;
        (void)Decode<OtherState>(mutant);
        ASSERT_LE(g_allocated - between, 16 * mutant.size() + 65536) << i << " " << value;
        (void)ReadAsAll(mutant);
      }
    }
  }
}

TEST(HostileBytes, CountsDoNotReserve) {
  const std::string header = labgob::TypeOf<std::vector<std::array<double, 16>>>().header;
  labgob::Writer out(header);
  out.Varint(100'000);
  out.Bytes(std::string(100'000, '\x01'));
  const size_t before = g_allocated;
  EXPECT_FALSE((Decode<std::vector<std::array<double, 16>>>(out.view()).ok()));
  EXPECT_LE(g_allocated - before, 16 * out.size() + 65536);

  labgob::Writer huge(header);
  huge.Varint(~uint64_t{0});
  EXPECT_THAT(ErrorOf(Decode<std::vector<std::array<double, 16>>>(huge.view())),
              HasSubstr("larger than the rest"));
}

TEST(HostileBytes, DeepValues) {
  labgob::Writer out(labgob::TypeOf<Tree>().header);
  for (int i = 0; i < 100'000; ++i) out.Bytes(std::string("\0\x01", 2));  // A value, one child.
  out.Bytes(std::string("\0\0", 2));
  EXPECT_THAT(ErrorOf(Decode<Tree>(out.view())), HasSubstr("deeper than 64 levels"));
  EXPECT_THAT(ErrorOf(Decode<uint64_t>(out.view())), HasSubstr("the program wants uint64"));
  EXPECT_THAT(ErrorOf(labgob::Describe(out.view())), HasSubstr("deeper than 64 levels"));
}

TEST(HostileBytes, DeepTypes) {
  const std::string lists(100'000, static_cast<char>(labgob::Kind::kList));
  EXPECT_THAT(ErrorOf(labgob::Describe("\xe1" + lists)), HasSubstr("deeper than 64 levels"));
  EXPECT_THAT(ErrorOf(Decode<State>("\xe1" + lists)), HasSubstr("deeper than 64 levels"));
}

TEST(HostileBytes, StrangeTypes) {
  const std::string own = std::string("\xe1\x12\x01S\x01\x01s\x13", 8) + '\0';  // struct S { S s; }
  EXPECT_THAT(ErrorOf(labgob::Describe(own + "x")), HasSubstr("part of itself"));
  const std::string unknown = "\xe1\x13\x05";
  EXPECT_THAT(ErrorOf(labgob::Describe(unknown)), HasSubstr("refers to a struct that it lacks"));
  const std::string twice = std::string("\xe1\x12\x01S\x02\x01s\x01\x01s\x01") + "xx";
  EXPECT_THAT(ErrorOf(labgob::Describe(twice)), HasSubstr("one field twice"));
  const std::string nameless = std::string("\xe1\x12\x01S\x01\0\x01", 7) + "xx";
  EXPECT_THAT(ErrorOf(labgob::Describe(nameless)), HasSubstr("strange field name"));
  EXPECT_THAT(ErrorOf(labgob::Describe("\xe1\x77")), HasSubstr("unknown kind"));
  EXPECT_THAT(ErrorOf(Decode<int>("text")), HasSubstr("not made by labgob::Encode"));
}

TEST(HostileBytes, DamageNamesTheField) {
  std::string message = Encode(State{});
  message[message.size() - 1 - 16] = '\x07';  // The bool, behind it 16 bytes.
  EXPECT_THAT(ErrorOf(Decode<State>(message)), HasSubstr("field State.leader: these bytes are"));
}

TEST(HostileBytes, KeysTwice) {
  std::string message = Encode(std::set<int>{1, 2});
  message.back() = message[message.size() - 2];
  EXPECT_THAT(ErrorOf(Decode<std::set<int>>(message)), HasSubstr("same element twice"));
}

TEST(HostileBytes, IntegersOutOfTheirRange) {
  labgob::Writer out(labgob::TypeOf<int16_t>().header);
  out.Varint(65536);
  EXPECT_THAT(ErrorOf(Decode<int16_t>(out.view())), HasSubstr("does not fit its type"));
  EXPECT_THAT(ErrorOf(Decode<int64_t>(out.view())), HasSubstr("does not fit its type"));
  const std::string header = labgob::TypeOf<uint64_t>().header;
  EXPECT_FALSE(Decode<uint64_t>(header + std::string(9, '\xff') + '\x02').ok());
  EXPECT_TRUE(Decode<uint64_t>(header + std::string(9, '\xff') + '\x01').ok());
}

}  // namespace
