// Part of Raftlab, under the MIT License (see LICENSE).
//
// Texts that were written several times, and empty ones: by hand, and random ones against the
// definition and the general search.

#include "linearizability/kv_repeats.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "linearizability/check.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_check.h"
#include "linearizability/kv_random_checks.h"
#include "linearizability/random_kv_history.h"

namespace linearizability {
namespace {

using Kind = KvInput::Kind;

constexpr int64_t kOpen = -1;

KvOperation Op(Kind kind, std::string text, int64_t call, int64_t end) {
  KvOperation op{.input = {.kind = kind, .key = "x"}, .call_ns = call};
  if (end != kOpen) op.return_ns = end;
  (kind == Kind::kGet ? op.output.value : op.input.value) = std::move(text);
  return op;
}
KvOperation Get(std::string text, int64_t call, int64_t end) {
  return Op(Kind::kGet, std::move(text), call, end);
}
KvOperation Put(std::string text, int64_t call, int64_t end) {
  return Op(Kind::kPut, std::move(text), call, end);
}
KvOperation Append(std::string text, int64_t call, int64_t end) {
  return Op(Kind::kAppend, std::move(text), call, end);
}

Verdict VerdictOf(const KvHistory& history) {
  return CheckKeyRepeats(history, All(history)).verdict;
}

TEST(KvRepeats, TheSameTextAgainAfterAPut) {
  EXPECT_EQ(VerdictOf({Put("a", 0, 1), Append("b", 2, 3), Get("ab", 4, 5), Put("a", 6, 7),
                       Get("a", 8, 9), Append("b", 10, 11), Get("ab", 12, 13)}),
            Verdict::kLegal);
  // The second Put took the first b away.
  EXPECT_EQ(VerdictOf({Put("a", 0, 1), Append("b", 2, 3), Put("a", 6, 7), Get("ab", 8, 9),
                       Append("b", 10, 11)}),
            Verdict::kIllegal);
  EXPECT_EQ(VerdictOf({Append("b", 0, 1), Append("b", 2, 3), Get("bb", 4, 5)}), Verdict::kLegal);
  EXPECT_EQ(VerdictOf({Append("b", 0, 1), Append("b", 2, 3), Get("b", 4, 5)}), Verdict::kIllegal);
  EXPECT_EQ(VerdictOf({Append("b", 0, 1), Append("b", 2, kOpen), Get("b", 4, 5)}), Verdict::kLegal);
  EXPECT_EQ(VerdictOf({Append("b", 0, 1), Append("b", 2, 3), Get("bbb", 4, 5)}), Verdict::kIllegal);
}

TEST(KvRepeats, OneTextIsPutAndAppended) {
  EXPECT_EQ(VerdictOf({Put("a", 0, 1), Append("a", 2, 3), Get("aa", 4, 5)}), Verdict::kLegal);
  EXPECT_EQ(VerdictOf({Append("a", 0, 1), Put("a", 2, 3), Get("a", 4, 5)}), Verdict::kLegal);
  EXPECT_EQ(VerdictOf({Append("a", 0, 1), Put("a", 2, 3), Get("aa", 4, 5)}), Verdict::kIllegal);
}

TEST(KvRepeats, EmptyTexts) {
  EXPECT_EQ(VerdictOf({Put("", 0, 1), Get("", 2, 3), Append("a", 4, 5), Get("a", 6, 7),
                       Put("", 8, 9), Get("", 10, 11)}),
            Verdict::kLegal);
  EXPECT_EQ(VerdictOf({Append("a", 0, 1), Get("", 2, 3)}), Verdict::kIllegal);
  EXPECT_EQ(VerdictOf({Append("a", 0, 1), Put("", 0, kOpen), Get("", 2, 3)}), Verdict::kLegal);
  EXPECT_EQ(VerdictOf({Append("a", 0, 1), Put("", 2, 3), Get("a", 4, 5)}), Verdict::kIllegal);
  EXPECT_EQ(VerdictOf({Append("", 0, 1), Append("", 2, 3), Put("a", 4, 5), Append("", 6, 7),
                       Get("a", 8, 9)}),
            Verdict::kLegal);
}

TEST(KvRepeats, TextsOfWhichOneBeginsAnotherAreNotDecided) {
  EXPECT_EQ(VerdictOf({Put("a", 0, 1), Append("ab", 2, 3), Get("aab", 4, 5)}), Verdict::kUnknown);
}

TEST(KvRepeats, AnIllegalKeyIsExplainedByFewOperations) {
  const KvHistory history = {Put("a", 0, 1),  Append("b", 2, 3),   Get("ab", 4, 5),  Put("a", 6, 7),
                             Get("ab", 8, 9), Append("b", 10, 11), Get("ab", 12, 13)};
  const KeyVerdict verdict = CheckKeyRepeats(history, All(history));
  EXPECT_EQ(verdict.verdict, Verdict::kIllegal);
  EXPECT_TRUE(IsWitness(history, verdict.witness));
  EXPECT_LE(verdict.witness.size(), 5u);
  EXPECT_EQ(verdict.explanation.find("No order of these"), 0u) << verdict.explanation;
}

struct Counts {
  int legal = 0;
  int illegal = 0;
};

// Tiny histories: the definition, the verdict, the witness, the order, the longest prefix.
Counts CheckAgainstTheDefinition(int runs, int seed, const std::vector<std::string>& texts) {
  Random random(seed);
  Counts counts;
  for (int run = 0; run < runs; ++run) {
    KvShape kv{.append_percent = 20 + static_cast<int>(Draw(random, 40)),
               .put_percent = 5 + static_cast<int>(Draw(random, 40)),
               .fault = kFaults[Draw(random, std::size(kFaults))],
               .fault_percent = 30};
    kv.shape = {.clients = 1 + static_cast<int>(Draw(random, 5)),
                .operations = 7,
                .longest_ns = 1 + static_cast<int>(Draw(random, 8)),
                .open_percent = static_cast<int>(Draw(random, 30))};
    const KvHistory history = WithTexts(RandomKvHistory(kv, random), texts);
    const bool expected = IsLinearizable(KvModel(), history);
    ++(expected ? counts.legal : counts.illegal);
    const Report report = CheckKv(history, {.wants_order = true});
    EXPECT_EQ(report.verdict, expected ? Verdict::kLegal : Verdict::kIllegal)
        << AsText(history) << report.explanation;
    if (expected) {
      EXPECT_TRUE(IsLegalOrder(KvModel(), history, report.order)) << AsText(history);
    } else {
      EXPECT_TRUE(IsWitness(history, report.witness)) << AsText(history) << report.explanation;
      EXPECT_TRUE(report.culprit.has_value());
      const int64_t end_ns = *history[*report.culprit].return_ns;
      EXPECT_FALSE(IsLinearizable(KvModel(), BeforeReturnsAt<KvModel>(history, end_ns + 1)));
    }
    if (testing::Test::HasFailure()) return counts;
  }
  return counts;
}

TEST(KvRepeats, AgreesWithTheDefinition) {
  for (const auto& texts : std::vector<std::vector<std::string>>{
           {"a;", "b;"}, {"a;", "b;", "c;"}, {"", "a;"}, {"", "a;", "b;", "c;"}, {"a;"}}) {
    const Counts counts = CheckAgainstTheDefinition(6'000, 21, texts);
    ASSERT_GT(counts.legal, 200);
    ASSERT_GT(counts.illegal, 200);
  }
}

// One text begins another: what the search decides.
TEST(KvRepeats, TextsThatCannotBeToldApartAreSearched) {
  const Counts counts = CheckAgainstTheDefinition(5'000, 22, {"", "a", "b", "ab", "c"});
  EXPECT_GT(counts.legal, 500);
  EXPECT_GT(counts.illegal, 500);
}

// It is not only right, it also decides: all that is small, and nearly all that is large.
TEST(KvRepeats, DoesWithoutTheSearch) {
  Random random(23);
  int undecided = 0;
  int illegal = 0;
  constexpr int kRuns = 300;
  for (int run = 0; run < kRuns; ++run) {
    KvShape kv{.keys = 1 + static_cast<int>(Draw(random, 4)),
               .append_percent = 45,
               .put_percent = 8,
               .fault = kFaults[Draw(random, std::size(kFaults))],
               .fault_percent = run % 2 == 0 ? 0 : 2};
    kv.shape = {.clients = 1 + static_cast<int>(Draw(random, 6)),
                .operations = 300,
                .longest_ns = 40,
                .longest_pause_ns = 40,
                .open_percent = static_cast<int>(Draw(random, 2))};
    const KvHistory history = WithTexts(RandomKvHistory(kv, random), FewTexts(40));
    const Report report = CheckKv(history, {.max_steps = 200'000, .max_explain_steps = 5'000});
    if (report.steps > 0) ++undecided;
    if (run % 2 == 0) {
      ASSERT_NE(report.verdict, Verdict::kIllegal) << report.explanation;
    }
    History<HashedKvModel> hashed;
    for (const KvOperation& op : history) hashed.push_back(Hashed(op));
    const Report searched =
        Check(HashedKvModel(), hashed, {.max_steps = 200'000, .max_explain_steps = 0});
    if (searched.verdict == Verdict::kUnknown || report.verdict == Verdict::kUnknown) continue;
    if (report.verdict == Verdict::kIllegal) ++illegal;
    ASSERT_EQ(report.verdict, searched.verdict) << AsText(history) << report.explanation;
  }
  EXPECT_LT(undecided, kRuns / 20);
  EXPECT_GT(illegal, kRuns / 10);
}

}  // namespace
}  // namespace linearizability
