// Part of Raftlab, under the MIT License (see LICENSE).
//
// The fast path against the definition on tiny histories, and against the general search on larger
// ones.

#include <algorithm>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "linearizability/brute_force.h"
#include "linearizability/check.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_check.h"
#include "linearizability/kv_fast.h"
#include "linearizability/random_kv_history.h"

namespace linearizability {
namespace {

constexpr Fault kFaults[] = {Fault::kNone,          Fault::kStaleRead,       Fault::kLostAppend,
                             Fault::kDoubledAppend, Fault::kReorderedAppend, Fault::kLostPut};

std::string AsText(const KvHistory& history) {
  std::string text;
  for (const KvOperation& op : history) {
    absl::StrAppend(&text, Describe(KvModel(), op), " [", op.call_ns, ", ",
                    op.return_ns ? absl::StrCat(*op.return_ns) : "open", "]\n");
  }
  return text;
}

std::vector<size_t> All(const KvHistory& history) {
  std::vector<size_t> all;
  for (size_t i = 0; i < history.size(); ++i) all.push_back(i);
  return all;
}

// Illegal by itself: the others may take effect at any time, or never.
bool IsWitness(KvHistory history, const std::vector<size_t>& witness) {
  for (size_t i = 0; i < history.size(); ++i) {
    if (std::find(witness.begin(), witness.end(), i) != witness.end()) continue;
    history[i].call_ns = std::numeric_limits<int64_t>::min();
    history[i].return_ns.reset();
  }
  return !IsLinearizable(KvModel(), history);
}

TEST(KvRandom, TheFastPathAgreesWithTheDefinition) {
  Random random(11);
  int illegal = 0;
  constexpr int kRuns = 30'000;
  for (int run = 0; run < kRuns; ++run) {
    KvShape kv{.append_percent = 20 + static_cast<int>(Draw(random, 40)),
               .put_percent = static_cast<int>(Draw(random, 30)),
               .fault = kFaults[Draw(random, std::size(kFaults))],
               .fault_percent = 40};
    kv.shape = {.clients = 1 + static_cast<int>(Draw(random, 5)),
                .operations = 7,
                .open_percent = static_cast<int>(Draw(random, 30))};
    const KvHistory history = RandomKvHistory(kv, random);
    const bool expected = IsLinearizable(KvModel(), history);
    const KeyVerdict verdict = CheckKeyFast(history, All(history));
    ASSERT_EQ(verdict.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(history) << verdict.explanation;
    if (expected) continue;
    ++illegal;
    ASSERT_LE(verdict.witness.size(), 6u) << AsText(history) << verdict.explanation;
    ASSERT_TRUE(IsWitness(history, verdict.witness)) << AsText(history) << verdict.explanation;
  }
  EXPECT_GT(illegal, kRuns / 10);
  EXPECT_LT(illegal, kRuns * 9 / 10);
}

// Not only what a wrong server returns: any value made of texts that were written, and some others.
TEST(KvRandom, TheFastPathAgreesWithTheDefinitionOnAnyValues) {
  Random random(12);
  int legal = 0;
  for (int run = 0; run < 20'000; ++run) {
    KvShape kv{.append_percent = 45, .put_percent = 15};
    kv.shape = {.clients = 4, .operations = 6, .longest_ns = 8, .open_percent = 15};
    KvHistory history = RandomKvHistory(kv, random);
    for (KvOperation& op : history) {
      if (op.input.kind != KvInput::Kind::kGet || Draw(random, 2) == 0) continue;
      op.output.value.clear();
      for (size_t i = Draw(random, 4); i > 0; --i) {
        op.output.value += history[Draw(random, history.size())].input.value;
      }
      if (Draw(random, 20) == 0 && !op.output.value.empty()) op.output.value.pop_back();
    }
    const bool expected = IsLinearizable(KvModel(), history);
    const KeyVerdict verdict = CheckKeyFast(history, All(history));
    ASSERT_EQ(verdict.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(history) << verdict.explanation;
    if (expected) ++legal;
    if (!expected) {
      ASSERT_TRUE(IsWitness(history, verdict.witness)) << AsText(history) << verdict.explanation;
    }
  }
  EXPECT_GT(legal, 1000);
}

TEST(KvRandom, TheFastPathAgreesWithTheSearchOnLargerHistories) {
  Random random(13);
  int finished = 0;
  int illegal = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    const int clients = 1 + static_cast<int>(Draw(random, run % 4 == 0 ? 50 : 8));
    KvShape kv{.keys = 1 + static_cast<int>(Draw(random, 8)),
               .append_percent = 30 + static_cast<int>(Draw(random, 60)),
               .put_percent = static_cast<int>(Draw(random, 10)),
               .fault = kFaults[Draw(random, std::size(kFaults))],
               .fault_percent = 2};
    kv.shape = {.clients = clients,
                .operations = 300,
                .longest_ns = 40,
                .longest_pause_ns = 40,
                .open_percent = static_cast<int>(Draw(random, 3))};
    const KvHistory history = RandomKvHistory(kv, random);
    const Report fast = CheckKv(history);
    ASSERT_NE(fast.verdict, Verdict::kUnknown) << fast.explanation;
    EXPECT_EQ(fast.steps, 0u);
    if (kv.fault == Fault::kNone) {
      ASSERT_EQ(fast.verdict, Verdict::kLegal) << AsText(history) << fast.explanation;
    }
    History<HashedKvModel> hashed;
    for (const KvOperation& op : history) hashed.push_back(Hashed(op));
    const Report searched =
        Check(HashedKvModel(), hashed, {.max_steps = 50'000, .max_explain_steps = 5'000});
    if (searched.verdict == Verdict::kUnknown) continue;
    ++finished;
    if (fast.verdict == Verdict::kIllegal) ++illegal;
    ASSERT_EQ(fast.verdict, searched.verdict)
        << AsText(history) << fast.explanation << searched.explanation;
  }
  EXPECT_GT(finished, kRuns / 2);
  EXPECT_GT(illegal, kRuns / 10);
}

// Few different texts, empty ones among them: CheckKv must fall back on the search.
TEST(KvRandom, TextsThatCannotBeToldApartAreSearched) {
  Random random(14);
  int legal = 0;
  int searched = 0;
  for (int run = 0; run < 10'000; ++run) {
    KvShape kv{.append_percent = 40,
               .put_percent = 20,
               .fault = kFaults[run % std::size(kFaults)],
               .fault_percent = 30};
    kv.shape = {.clients = 3, .operations = 7};
    KvHistory history = RandomKvHistory(kv, random);
    // "2 17;" becomes one of "", "a", "b", "ab", "c", wherever it stands.
    const auto simplify = [](const std::string& value) {
      static constexpr const char* kTexts[] = {"", "a", "b", "ab", "c"};
      std::string simple;
      int number = 0;
      for (char c : value) {
        if (c == ' ') number = 0;
        if (c >= '0' && c <= '9') number = 10 * number + (c - '0');
        if (c == ';') simple += kTexts[number % 5];
      }
      return simple;
    };
    for (KvOperation& op : history) {
      op.input.value = simplify(op.input.value);
      op.output.value = simplify(op.output.value);
    }
    const bool expected = IsLinearizable(KvModel(), history);
    const Report report = CheckKv(history);
    ASSERT_EQ(report.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(history) << report.explanation;
    if (report.steps > 0) ++searched;
    if (expected) {
      ++legal;
    } else {
      ASSERT_TRUE(IsWitness(history, report.witness)) << AsText(history) << report.explanation;
    }
  }
  EXPECT_GT(legal, 1000);
  EXPECT_LT(legal, 9500);
  EXPECT_GT(searched, 3000);
}

}  // namespace
}  // namespace linearizability
