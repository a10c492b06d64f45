// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/history_json.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grading {
namespace {

namespace lin = linearizability;

constexpr char kLegal[] =
    "{\"schema\":\"raftlab-history-1\",\"model\":\"kv\"}\n"
    "{\"client\":1,\"call\":100,\"return\":250,\"op\":\"append\",\"key\":\"x\",\"value\":\"1 "
    "7;\"}\n"
    "{\"client\":3,\"call\":300,\"return\":420,\"op\":\"get\",\"key\":\"x\",\"output\":\"1 7;\"}\n"
    "{\"client\":1,\"call\":500,\"return\":null,\"op\":\"put\",\"key\":\"x\",\"value\":{\"base64\":"
    "\"/w==\"}}\n"
    "{\"client\":4,\"call\":500,\"return\":null,\"op\":\"get\",\"key\":\"x\"}\n";

TEST(HistoryJson, KeyValueReadsAndWritesTheSame) {
  const auto history = ParseHistory<lin::KvModel>(kLegal);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->history.size(), 4u);
  EXPECT_EQ(history->history[0].input.kind, lin::KvInput::Kind::kAppend);
  EXPECT_EQ(history->history[0].return_ns, 250);
  EXPECT_EQ(history->history[1].output.value, "1 7;");
  EXPECT_TRUE(history->history[2].is_open());
  EXPECT_EQ(history->history[2].input.value, "\xff");
  EXPECT_EQ(FormatHistory<lin::KvModel>(history->history), kLegal);
  // Without the first line, with blank ones, with other ends of lines.
  const std::string text = kLegal;
  const auto other = ParseHistory<lin::KvModel>("\r\n" + text.substr(text.find('\n') + 1));
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->history, history->history);
  EXPECT_THAT(other->lines, testing::ElementsAre(2, 3, 4, 5));
}

template <typename M>
void ExpectSame(const lin::History<M>& history) {
  const auto read = ParseHistory<M>(FormatHistory<M>(history));
  ASSERT_TRUE(read.ok()) << read.status() << FormatHistory<M>(history);
  EXPECT_EQ(read->history, history);
}

TEST(HistoryJson, AllModelsReadAndWriteTheSame) {
  using Versioned = lin::VersionedKvInput;
  using Outcome = lin::VersionedKvOutput::Outcome;
  ExpectSame<lin::VersionedKvModel>(
      {{1, {Versioned::Kind::kPut, "x", "v", 3}, {Outcome::kMaybe}, 5, 6},
       {1, {Versioned::Kind::kGet, "x"}, {Outcome::kOk, "v", 4}, 7, 8},
       {2, {Versioned::Kind::kGet, "x"}, {Outcome::kNoKey}, 7, 8},
       {2, {Versioned::Kind::kPut, "x", "", 0}, {}, 9, {}}});
  using Register = lin::RegisterInput;
  ExpectSame<lin::RegisterModel>({{1, {Register::Kind::kRead}, {-7}, 5, 6},
                                  {1, {Register::Kind::kWrite, 8}, {}, 5, 6},
                                  {1, {Register::Kind::kCas, 9, 8}, {0, false}, 5, 6}});
  using Counter = lin::CounterInput;
  ExpectSame<lin::CounterModel>({{1, {Counter::Kind::kRead}, {7}, 5, 6},
                                 {1, {Counter::Kind::kAdd, 2}, {}, 5, 6},
                                 {1, {Counter::Kind::kAdd, 2}, {3}, 5, 6}});
  using Queue = lin::QueueInput;
  ExpectSame<lin::QueueModel>({{1, {Queue::Kind::kEnqueue, 4}, {}, 5, 6},
                               {1, {Queue::Kind::kDequeue}, {4}, 5, 6},
                               {1, {Queue::Kind::kDequeue}, {}, 5, 6}});
  using Lock = lin::LockInput;
  ExpectSame<lin::LockModel>({{1, {Lock::Kind::kAcquire, 4}, {}, 5, 6},
                              {1, {Lock::Kind::kTryAcquire, 4}, {false}, 5, 6},
                              {1, {Lock::Kind::kRelease, 4}, {true}, 5, {}}});
}

std::string WhyNot(const std::string& text) {
  return std::string(ParseHistory<lin::KvModel>(text).status().message());
}

TEST(HistoryJson, WhatIsWrongIsNamed) {
  const std::string get = R"({"client":3,"call":3,"return":4,"op":"get","key":"x","output":"1"})";
  EXPECT_EQ(WhyNot(get), "");
  EXPECT_EQ(WhyNot(get + "\n\nnonsense"), "line 3: is no JSON object");
  EXPECT_EQ(WhyNot("[1]"), "line 1: is no JSON object");
  EXPECT_EQ(WhyNot(R"({"schema":"raftlab-history-1","model":"queue"})"),
            R"(line 1: is not {"schema": "raftlab-history-1", "model": "kv"})");
  EXPECT_EQ(WhyNot(R"({"client":3,"return":4,"op":"get","key":"x","output":"1"})"),
            "line 1: \"call\" is missing");
  EXPECT_EQ(WhyNot(R"({"client":3,"call":5,"return":4,"op":"get","key":"x","output":"1"})"),
            "line 1: \"return\" is before \"call\"");
  EXPECT_EQ(WhyNot(R"({"client":3,"call":1.5,"return":4,"op":"get","key":"x","output":"1"})"),
            "line 1: \"call\" is no whole number that fits");
  EXPECT_EQ(WhyNot(R"({"client":3,"call":1,"return":4,"op":"cas","key":"x","output":"1"})"),
            "line 1: \"op\" is nothing that this model knows");
  EXPECT_EQ(WhyNot(R"({"client":3,"call":1,"return":4,"op":"get","key":"x","output":7})"),
            "line 1: \"output\" is no text");
  // Else it would count as an operation that had no answer.
  EXPECT_EQ(WhyNot(R"({"client":3,"call":1,"retrun":4,"op":"put","key":"x","value":"a"})"),
            "line 1: \"retrun\" does not belong here");
}

TEST(HistoryJson, Bands) {
  const std::vector<lin::ViewBand> bands = {{"partition of n1", 240, 310}, {"crash", 5, {}}};
  const auto read = ParseHistory<lin::KvModel>(FormatHistory<lin::KvModel>({}, bands));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->bands, bands);
  EXPECT_EQ(WhyNot(R"({"band":"crash","begin":3,"end":2})"), "line 1: \"end\" is before \"begin\"");
  EXPECT_EQ(WhyNot(R"({"band":"crash"})"), "line 1: \"begin\" is missing");
  EXPECT_EQ(WhyNot(R"({"band":"crash","begin":3,"op":"get"})"),
            "line 1: \"op\" does not belong here");
}

TEST(HistoryJson, TheFirstLineNamesTheModel) {
  EXPECT_EQ(ModelOfHistory(kLegal), "kv");
  EXPECT_EQ(ModelOfHistory(std::string("\n") + kLegal), "kv");
  EXPECT_EQ(ModelOfHistory(""), std::nullopt);
  EXPECT_EQ(ModelOfHistory("{\"schema\":\"other\",\"model\":\"kv\"}"), std::nullopt);
}

}  // namespace
}  // namespace grading
