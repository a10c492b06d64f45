// Part of Raftlab, under the MIT License (see LICENSE).
//
// Hand-made histories of Get, Put and Append: each kind of violation, with what a student reads.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "linearizability/kv_check.h"
#include "linearizability/kv_decode.h"

namespace linearizability {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::optional<int64_t> kOpen = std::nullopt;

KvOperation Get(int64_t client, std::string value, int64_t call, std::optional<int64_t> end) {
  return {.client = client,
          .input = {.key = "x"},
          .output = {std::move(value)},
          .call_ns = call,
          .return_ns = end};
}
KvOperation Put(int64_t client, std::string value, int64_t call, std::optional<int64_t> end) {
  return {.client = client,
          .input = {KvInput::Kind::kPut, "x", std::move(value)},
          .call_ns = call,
          .return_ns = end};
}
KvOperation Append(int64_t client, std::string value, int64_t call, std::optional<int64_t> end) {
  return {.client = client,
          .input = {KvInput::Kind::kAppend, "x", std::move(value)},
          .call_ns = call,
          .return_ns = end};
}

void ExpectLegal(const KvHistory& history) {
  const Report report = CheckKv(history);
  EXPECT_EQ(report.verdict, Verdict::kLegal) << report.explanation;
}

void ExpectIllegal(const KvHistory& history, const std::vector<size_t>& witness,
                   const std::string& explanation) {
  const Report report = CheckKv(history);
  EXPECT_EQ(report.verdict, Verdict::kIllegal);
  EXPECT_EQ(report.part, "x");
  EXPECT_EQ(report.witness, witness);
  EXPECT_EQ(report.explanation, explanation);
  EXPECT_EQ(report.steps, 0u);
}

TEST(Kv, WhatIsLegal) {
  ExpectLegal({});
  ExpectLegal({Get(0, "", 0, 1), Put(0, "a;", 2, 3), Append(1, "b;", 4, 5), Get(2, "a;b;", 6, 7)});
  // Concurrent with the write: old or new.
  ExpectLegal({Put(0, "a;", 0, 10), Get(1, "", 1, 2), Get(2, "a;", 3, 4), Get(1, "a;", 5, 6)});
  // Closed intervals: an operation that begins as another returns may come first.
  ExpectLegal({Put(0, "a;", 0, 5), Get(1, "", 5, 6)});
  // An append between two Puts that nobody saw.
  ExpectLegal({Put(0, "a;", 0, 1), Append(1, "b;", 2, 3), Put(0, "c;", 4, 5), Get(1, "c;", 6, 7)});
  // Appends change nothing when they are empty.
  ExpectLegal({Append(0, "", 0, 1), Append(1, "", 2, 3), Get(1, "", 4, 5)});
}

TEST(Kv, OpenOperationsMayOrMayNotHaveHappened) {
  ExpectLegal({Put(0, "a;", 0, kOpen), Get(1, "", 5, 6), Get(1, "a;", 100, 101)});
  ExpectLegal({Put(0, "a;", 0, kOpen), Get(1, "", 5, 6), Put(1, "b;", 7, 8), Get(1, "b;", 9, 10)});
  ExpectLegal({Append(0, "a;", 0, kOpen), Append(1, "b;", 1, 2), Get(1, "b;a;", 9, 10)});
  ExpectLegal({Get(0, "nonsense", 0, kOpen)});
  ExpectIllegal({Append(0, "a;", 0, kOpen), Get(1, "a;", 1, 2), Get(2, "", 3, 4)}, {1, 2},
                "Get(\"x\") by client 2 returned \"\", but before it began, Get(\"x\") by client 1 "
                "returned \"a;\", which is more.");
}

TEST(Kv, AValueThatNobodyWrote) {
  ExpectIllegal({Put(0, "a;", 0, 1), Get(1, "a;zz", 2, 3)}, {1},
                "Get(\"x\") by client 1 returned \"a;zz\", but no Put or Append wrote what stands "
                "at byte 2: \"zz\".");
  // Cut in the middle of a text, which a longer value has in full.
  ExpectIllegal({Put(0, "a1;", 0, 1), Get(1, "a1", 2, 3), Get(1, "a1;", 4, 5)}, {1},
                "Get(\"x\") by client 1 returned \"a1\", but no Put or Append wrote what stands at "
                "byte 0: \"a1\".");
  ExpectIllegal(
      {Put(0, "a;", 0, 1), Append(0, "b1;", 2, 3), Get(1, "a;b1;", 4, 5), Get(1, "a;b1", 6, 7)},
      {3},
      "Get(\"x\") by client 1 returned \"a;b1\", but no Put or Append wrote what stands "
      "at byte 2: \"b1\".");
}

TEST(Kv, AReadOfTheFuture) {
  ExpectIllegal({Get(3, "a;", 0, 1), Put(1, "a;", 2, 3)}, {0, 1},
                "Get(\"x\") by client 3 returned \"a;\", which has the text of Put(\"x\", \"a;\") "
                "by client 1 in it, but that began only after the Get had returned.");
}

TEST(Kv, AStaleRead) {
  ExpectIllegal({Put(0, "a;", 0, 1), Put(1, "b;", 2, 3), Get(2, "a;", 4, 5)}, {0, 1, 2},
                "Put(\"x\", \"b;\") by client 1 began after Put(\"x\", \"a;\") by client 0 had "
                "returned, and returned before Get(\"x\") by client 2 began. These two belong to "
                "the value that Put(\"x\", \"a;\") by client 0 began, but the Put between would "
                "have replaced it: Get(\"x\") by client 2 returned \"a;\".");
  ExpectIllegal({Put(0, "a;", 0, 1), Get(1, "", 2, 3)}, {0, 1},
                "Put(\"x\", \"a;\") by client 0 had returned before Get(\"x\") by client 1 began, "
                "which belongs to the value from before any Put, but the Put between would have "
                "replaced it: Get(\"x\") by client 1 returned \"\".");
}

TEST(Kv, ALostAppend) {
  ExpectIllegal({Append(1, "c;", 0, 1), Get(3, "", 2, 3)}, {0, 1},
                "Append(\"x\", \"c;\") by client 1 had returned before Get(\"x\") by client 3 "
                "began, which belongs to the value from before any Put, but no Get of it shows the "
                "text appended between: Get(\"x\") by client 3 returned \"\".");
  ExpectIllegal({Append(1, "c;", 0, 1), Get(3, "", 2, 3), Get(3, "c;", 4, 5)}, {0, 1, 2},
                "Get(\"x\") by client 3 returned \"\", but Append(\"x\", \"c;\") by client 1 had "
                "returned before it began, and its text belongs to this value: Get(\"x\") by "
                "client 3 returned \"c;\".");
}

TEST(Kv, ADoubledAppend) {
  ExpectIllegal({Append(1, "c;", 0, 1), Get(3, "c;c;", 2, 3)}, {0, 1},
                "Get(\"x\") by client 3 returned \"c;c;\", in which the text of Append(\"x\", "
                "\"c;\") by client 1 stands twice. It was to be appended once.");
  EXPECT_THAT(
      CheckKv({Append(1, "c;", 0, 1), Get(3, "c;", 2, 3), Put(1, "a;", 4, 5), Get(3, "a;c;", 6, 7)})
          .explanation,
      HasSubstr("is in two values that began in different ways"));
}

TEST(Kv, ReorderedAppends) {
  ExpectIllegal({Append(1, "a;", 0, 1), Append(2, "b;", 2, 3), Get(3, "b;a;", 4, 5)}, {0, 1, 2},
                "Get(\"x\") by client 3 returned \"b;a;\", in which the text of Append(\"x\", "
                "\"a;\") by client 1 stands behind that of Append(\"x\", \"b;\") by client 2, but "
                "it had returned before the other began.");
  ExpectIllegal({Append(1, "a;", 0, 9), Append(2, "b;", 0, 9), Get(3, "b;a;", 10, 11),
                 Get(4, "a;b;", 10, 11)},
                {2, 3},
                "Get(\"x\") by client 4 returned \"a;b;\", and Get(\"x\") by client 3 returned "
                "\"b;a;\". Both values began in the same way, and after that texts are only "
                "appended, so one must begin with the other.");
}

TEST(Kv, APutThatKeepsWhatWasThere) {
  ExpectIllegal({Put(1, "a;", 0, 1), Put(2, "b;", 2, 3), Get(3, "a;b;", 4, 5)}, {1, 2},
                "Get(\"x\") by client 3 returned \"a;b;\", in which the text of Put(\"x\", \"b;\") "
                "by client 2 does not come first, but a Put replaces all that was there.");
}

TEST(Kv, AValueThatComesBack) {
  const Report report = CheckKv({Put(0, "a;", 0, 20), Put(1, "b;", 0, 20), Get(2, "a;", 1, 2),
                                 Get(2, "b;", 3, 4), Get(2, "a;", 5, 6), Get(2, "b;", 7, 8)});
  EXPECT_EQ(report.verdict, Verdict::kIllegal);
  EXPECT_THAT(report.witness, ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(report.explanation, HasSubstr("A value that was replaced does not come back."));
}

TEST(Kv, OneBadKeyAmongGoodOnes) {
  KvHistory history = {Put(0, "a;", 0, 1), Get(1, "a;", 2, 3), Get(1, "a;", 2, 3)};
  history[0].input.key = history[1].input.key = "w";
  const Report report = CheckKv(history);
  EXPECT_EQ(report.verdict, Verdict::kIllegal);
  EXPECT_THAT(report.witness, ElementsAre(2));
}

TEST(Kv, TextsThatCannotBeToldApartAreSearched) {
  const KvHistory legal = {Put(0, "a", 0, 1), Put(0, "ab", 2, 3), Append(1, "a", 4, 5),
                           Get(2, "aba", 6, 7)};
  EXPECT_EQ(CheckKv(legal).verdict, Verdict::kLegal);
  EXPECT_GT(CheckKv(legal).steps, 0u);
  const KvHistory illegal = {Put(0, "a", 0, 1), Append(1, "ab", 4, 5), Get(2, "aaab", 6, 7)};
  EXPECT_EQ(CheckKv(illegal).verdict, Verdict::kIllegal);
  EXPECT_EQ(CheckKv(illegal, {.max_steps = 1}).verdict, Verdict::kUnknown);
}

TEST(Tokens, AreToldApartUnlessOneBeginsAnother) {
  Tokens apart;
  for (const char* text : {"b;", "a;", "ab;", "abcdefghi;", "abcdefghj;", "1;"}) apart.Add(text, 7);
  ASSERT_TRUE(apart.Prepare());
  ASSERT_NE(apart.Match("abcdefghj;b;"), nullptr);
  EXPECT_EQ(apart.Match("abcdefghj;b;")->text, "abcdefghj;");
  EXPECT_EQ(apart.Match("a;"), apart.Match("a;zz"));
  EXPECT_EQ(apart.Match("abc"), nullptr);
  EXPECT_EQ(apart.Match(""), nullptr);
  for (const auto& texts : std::vector<std::vector<std::string>>{
           {"a", "ab"}, {"a", "b", "a"}, {"", "b"}, {"abcdefgh", "b", "abcdefghi"}}) {
    Tokens tokens;
    for (const std::string& text : texts) tokens.Add(text, 0);
    EXPECT_FALSE(tokens.Prepare());
  }
}

TEST(Kv, BytesAreShownSafelyAndLongValuesAreCut) {
  EXPECT_EQ(Quoted("a\n\x01\"\xff"), "\"a\\n\\x01\\\"\\xff\"");
  EXPECT_EQ(Quoted(std::string(1000, 'a')),
            "\"" + std::string(40, 'a') + "..." + std::string(40, 'a') + "\" (1000 bytes)");
}

}  // namespace
}  // namespace linearizability
