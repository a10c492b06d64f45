// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/history_plain.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/history_json.h"

namespace grading {
namespace {

namespace lin = linearizability;
using testing::ElementsAre;

TEST(HistoryPlain, SaysTheSameAsJson) {
  const auto plain = ParsePlainHistory<lin::KvModel>(
      "# by hand\n"
      "model kv\n"
      "\n"
      "1 100 250 append x \"1 7;\"\r\n"
      "  3\t300 420 get x \"\"\n"
      "1 500 - put \"\\\"\\xff\" -\n"
      "4 500 - get x\n"
      "band 240 310 \"partition of n1\"\n"
      "band 300 - crash");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_THAT(plain->lines, ElementsAre(4, 5, 6, 7));
  const auto json = ParseHistory<lin::KvModel>(
      R"({"client":1,"call":100,"return":250,"op":"append","key":"x","value":"1 7;"}
{"client":3,"call":300,"return":420,"op":"get","key":"x","output":""}
{"client":1,"call":500,"op":"put","key":{"base64":"Iv8="},"value":"-"}
{"client":4,"call":500,"op":"get","key":"x"}
{"band":"partition of n1","begin":240,"end":310}
{"band":"crash","begin":300})");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(plain->history, json->history);
  EXPECT_EQ(plain->bands, json->bands);
}

template <typename M>
lin::History<M> Read(const std::string& text) {
  const auto file = ParsePlainHistory<M>(text);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->history : lin::History<M>{};
}

TEST(HistoryPlain, AllModels) {
  using Versioned = lin::VersionedKvInput;
  using Outcome = lin::VersionedKvOutput::Outcome;
  EXPECT_THAT(
      Read<lin::VersionedKvModel>(
          "1 5 6 put x v 3 maybe\n1 7 8 get x ok v 4\n2 7 8 get x no_key\n2 9 - put x \"\" 0"),
      ElementsAre(
          lin::OperationOf<lin::VersionedKvModel>{
              1, {Versioned::Kind::kPut, "x", "v", 3}, {Outcome::kMaybe}, 5, 6},
          lin::OperationOf<lin::VersionedKvModel>{
              1, {Versioned::Kind::kGet, "x"}, {Outcome::kOk, "v", 4}, 7, 8},
          lin::OperationOf<lin::VersionedKvModel>{
              2, {Versioned::Kind::kGet, "x"}, {Outcome::kNoKey}, 7, 8},
          lin::OperationOf<lin::VersionedKvModel>{
              2, {Versioned::Kind::kPut, "x", "", 0}, {}, 9, {}}));
  EXPECT_EQ(Read<lin::RegisterModel>("1 5 6 read -7\n1 5 6 write 8\n1 5 6 cas 8 9 false")[2],
            (lin::OperationOf<lin::RegisterModel>{
                1, {lin::RegisterInput::Kind::kCas, 9, 8}, {0, false}, 5, 6}));
  EXPECT_EQ(Read<lin::CounterModel>("1 5 6 add 2 -\n1 5 6 read 2")[0].output.value, std::nullopt);
  EXPECT_EQ(Read<lin::QueueModel>("1 5 6 enqueue 2\n1 5 6 dequeue 2")[1].output.value, 2);
  EXPECT_EQ(Read<lin::LockModel>("1 5 6 acquire 2\n1 5 6 try_acquire 2 false")[1].output.ok, false);
}

std::string WhyNot(const std::string& text) {
  return std::string(ParsePlainHistory<lin::KvModel>(text).status().message());
}

TEST(HistoryPlain, WhatIsWrongIsNamed) {
  EXPECT_EQ(WhyNot("1 3 4 get x 1"), "");
  EXPECT_EQ(WhyNot("# nothing\n\n1 3 4 get x"), "line 3: \"output\" is missing");
  EXPECT_EQ(WhyNot("model queue"), "line 1: is not `model kv`");
  EXPECT_EQ(WhyNot("1 3 4 get x 1 2"), "line 1: \"2\" is a word too many");
  EXPECT_EQ(WhyNot("1 5 4 get x 1"), "line 1: \"return\" is before \"call\"");
  EXPECT_EQ(WhyNot("1 1.5 4 get x 1"), "line 1: \"call\" is no whole number that fits");
  EXPECT_EQ(WhyNot("1 - 4 get x 1"), "line 1: \"call\" is no whole number that fits");
  EXPECT_EQ(WhyNot("1 3 4 cas x 1"), "line 1: \"op\" is nothing that this model knows");
  EXPECT_EQ(WhyNot("1 3 4 get x \"1"),
            "line 1: has a quote without its end, or an escape that is none in C");
  EXPECT_EQ(WhyNot("1 3 4 get x \"1\"2"),
            "line 1: has a quote without its end, or an escape that is none in C");
  EXPECT_EQ(WhyNot("1 3 4 get x \"\\"),
            "line 1: has a quote without its end, or an escape that is none in C");
  EXPECT_EQ(WhyNot("1 3 4 get x \"\\y\""),
            "line 1: has a quote without its end, or an escape that is none in C");
  EXPECT_EQ(WhyNot("band 3 2 crash"), "line 1: \"end\" is before \"begin\"");
}

TEST(HistoryPlain, TheFirstLineNamesTheModel) {
  EXPECT_EQ(ModelOfPlainHistory("# x\n\nmodel lock\nnonsense"), "lock");
  EXPECT_EQ(ModelOfPlainHistory("1 3 4 get x 1\nmodel lock"), std::nullopt);
  EXPECT_EQ(ModelOfPlainHistory(""), std::nullopt);
}

}  // namespace
}  // namespace grading
