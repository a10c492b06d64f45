// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/linearize.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/golden.h"

namespace grading {
namespace {

namespace lin = linearizability;
using testing::HasSubstr;

constexpr char kIllegal[] =
    "model kv\n"
    "1 100 250 append x \"1 7;\"\n"
    "2 120 260 append y \"2 1;\"\n"
    "3 300 420 get x \"\"\n"
    "3 430 500 get x \"1 7;\"\n"
    "1 440 - put x \"<script>document.title='owned'</script>\"\n"
    "band 240 310 \"<b>partition</b> of n1\"\n";

Linearization Of(const std::string& history, const lin::Limits& limits = {.wants_order = true}) {
  const auto result = Linearize("some.txt", history, "", "", limits);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : Linearization{};
}

TEST(Linearize, AnIllegalHistoryIsExplained) {
  const Linearization result = Of(kIllegal);
  EXPECT_EQ(result.verdict, lin::Verdict::kIllegal);
  EXPECT_EQ(result.text,
            "illegal: some.txt (5 operations by 3 clients, model kv) is not linearizable\n"
            "\n"
            "Get(\"x\") by client 3 returned \"\", but Append(\"x\", \"1 7;\") by client 1 had "
            "returned before it began, and its text belongs to this value: Get(\"x\") by client 3 "
            "returned \"1 7;\".\n"
            "\n"
            "The witness:\n"
            "  line 2, 100 ns to 250 ns: Append(\"x\", \"1 7;\") by client 1 returned\n"
            "  line 4, 300 ns to 420 ns: Get(\"x\") by client 3 returned \"\"\n"
            "  line 5, 430 ns to 500 ns: Get(\"x\") by client 3 returned \"1 7;\"\n"
            "\n"
            "The longest prefix of the operations on \"x\" that is linearizable ends at 420 ns, "
            "right before this returned:\n"
            "  line 4, 300 ns to 420 ns: Get(\"x\") by client 3 returned \"\"\n");
  ExpectGolden("illegal.html", result.html);
}

TEST(Linearize, ALegalHistoryHasAnOrder) {
  std::string legal = kIllegal;
  legal.replace(legal.find("get x \"\""), 8, "get x \"1 7;\"");
  const Linearization result = Of(legal);
  EXPECT_EQ(result.verdict, lin::Verdict::kLegal);
  EXPECT_EQ(result.text, "legal: some.txt (5 operations by 3 clients, model kv) is linearizable\n");
  ExpectGolden("legal.html", result.html);
}

TEST(Linearize, AModelThatIsSearched) {
  const Linearization result =
      Of("{\"schema\":\"raftlab-history-1\",\"model\":\"register\"}\n"
         "{\"client\":1,\"call\":1,\"return\":2,\"op\":\"write\",\"value\":3}\n"
         "{\"client\":1,\"call\":3,\"return\":4,\"op\":\"read\",\"output\":4}\n");
  EXPECT_EQ(result.verdict, lin::Verdict::kIllegal);
  EXPECT_THAT(result.text, HasSubstr("The longest prefix that is linearizable ends at 4 ns, right "
                                     "before this returned:\n  line 3, "));
}

TEST(Linearize, UnknownIsNeverOk) {
  std::string hard = "model queue\n";
  for (int i = 0; i < 8; ++i) absl::StrAppend(&hard, i, " 0 100 enqueue ", i, "\n");
  for (int i = 0; i < 8; ++i) absl::StrAppend(&hard, 100 + i, " 200 300 dequeue ", i + 1, "\n");
  const Linearization result = Of(hard, {.max_steps = 100});
  EXPECT_EQ(result.verdict, lin::Verdict::kUnknown);
  EXPECT_EQ(result.text,
            "unknown: some.txt (16 operations by 16 clients, model queue)\n"
            "Whether it is linearizable is not known, so it must not be taken for legal: the "
            "budget of 100 steps ran out with 1 of 1 parts of the history undecided. A larger "
            "--max-steps may decide it.\n");
  EXPECT_THAT(result.html, HasSubstr("must not be taken for legal"));
}

std::string WhyNot(const std::string& history, const std::string& format,
                   const std::string& model) {
  return std::string(Linearize("some.txt", history, format, model, {}).status().message());
}

TEST(Linearize, WhatIsWrongIsSaid) {
  EXPECT_EQ(WhyNot("model kv\n1 2 3 get x 1 1", "", ""),
            "some.txt: line 2: \"1\" is a word too many; ./lab linearize --help shows the plain "
            "format.");
  EXPECT_EQ(WhyNot("{}", "", "kv"),
            "some.txt: line 1: \"client\" is missing; ./lab linearize --help shows the json "
            "format.");
  EXPECT_EQ(WhyNot("1 2 3 get x 1", "json", "kv"),
            "some.txt: line 1: is no JSON object; ./lab linearize --help shows the json format.");
  EXPECT_EQ(WhyNot("1 2 3 get x 1", "", ""),
            "some.txt names no model in its first line, so --model must. The models are kv, "
            "versioned-kv, register, counter, queue and lock.");
  EXPECT_EQ(WhyNot("", "", "tree"),
            "there is no model tree. The models are kv, versioned-kv, register, counter, queue and "
            "lock.");
  EXPECT_EQ(WhyNot("", "yaml", "kv"), "there is no format yaml; the formats are json and plain.");
}

}  // namespace
}  // namespace grading
