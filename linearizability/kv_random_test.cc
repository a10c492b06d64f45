// Part of Raftlab, under the MIT License (see LICENSE).
//
// The fast path against the definition on tiny histories, and against the general search on larger
// ones.

#include <string>

#include <gtest/gtest.h>

#include "linearizability/brute_force.h"
#include "linearizability/check.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_check.h"
#include "linearizability/kv_fast.h"
#include "linearizability/kv_random_checks.h"
#include "linearizability/random_kv_history.h"

namespace linearizability {
namespace {

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
    const KeyVerdict verdict = CheckKeyFast(history, All(history), /*wants_order=*/true);
    ASSERT_EQ(verdict.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(history) << verdict.explanation;
    if (expected) {
      ASSERT_TRUE(IsLegalOrder(KvModel(), history, verdict.order)) << AsText(history);
      continue;
    }
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
    const KeyVerdict verdict = CheckKeyFast(history, All(history), /*wants_order=*/true);
    ASSERT_EQ(verdict.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(history) << verdict.explanation;
    if (expected) ++legal;
    if (expected) {
      ASSERT_TRUE(IsLegalOrder(KvModel(), history, verdict.order)) << AsText(history);
    } else {
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

}  // namespace
}  // namespace linearizability
