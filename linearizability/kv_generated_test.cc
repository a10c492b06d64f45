// Part of Raftlab, under the MIT License (see LICENSE).
//
// Generated histories of all sizes, of which it is known how they were made: what CheckKv says,
// what the general search says where it finishes, and the truth agree. Some seconds of it are run
// with the unit tests; all of it:
//
//   RAFTLAB_HISTORIES=20000 build/release/linearizability/linearizability_test
//       --gtest_filter=KvGenerated.*

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "linearizability/check.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_check.h"
#include "linearizability/random_kv_history.h"
#include "linearizability/spoil.h"

namespace linearizability {
namespace {

struct Kind {
  std::string name = {};
  Fault fault = Fault::kNone;
  bool repeats = false;  // few different texts
};

// Of a repeated kind that was spoiled, the search alone knows the truth.
const Kind kKinds[] = {
    {"legal"},
    {"stale read", Fault::kStaleRead},
    {"lost append", Fault::kLostAppend},
    {"doubled append", Fault::kDoubledAppend},
    {"reordered appends", Fault::kReorderedAppend},
    {"legal, texts repeat", Fault::kNone, true},
    {"stale read, texts repeat", Fault::kStaleRead, true},
    {"lost append, texts repeat", Fault::kLostAppend, true},
};

struct Counts {
  int histories = 0;
  int64_t operations = 0;
  int legal = 0;
  int illegal = 0;
  int unknown = 0;   // CheckKv did not finish
  int searched = 0;  // the general search did
  int disagreements = 0;
};

int HistoriesToMake() {
  int count = 400;
  const char* asked = std::getenv("RAFTLAB_HISTORIES");
  if (asked != nullptr && (!absl::SimpleAtoi(asked, &count) || count <= 0)) {
    std::cerr << "RAFTLAB_HISTORIES: a whole number from 1 on\n";
    std::abort();
  }
  return count;
}

// 10 operations to `most`, small sizes more often; 1 to 50 clients, 1 to 20 keys.
KvShape RandomShape(int most, Random& random) {
  const double part = static_cast<double>(Draw(random, 1'000'001)) / 1'000'000;
  const double size = 10 * std::pow(most / 10.0, part * part);
  const int operations = std::min(most, static_cast<int>(size));
  KvShape kv{.keys = 1 + static_cast<int>(Draw(random, 20)),
             .append_percent = 30 + static_cast<int>(Draw(random, 61))};
  // Enough Puts that values do not grow without end.
  kv.put_percent = (operations > 1000 ? 2 : 0) + static_cast<int>(Draw(random, 8));
  kv.shape = {.clients = 1 + static_cast<int>(Draw(random, 50)),
              .operations = operations,
              .longest_ns = 1 + static_cast<int>(Draw(random, 200)),
              .longest_pause_ns = static_cast<int>(Draw(random, 400)),
              .open_percent = static_cast<int>(Draw(random, 4))};
  return kv;
}

class KvGenerated : public testing::Test {
 protected:
  void CheckOne(const Kind& kind, int most, uint64_t seed) {
    Random random(seed);
    KvHistory history = RandomKvHistory(RandomShape(most, random), random);
    bool is_spoiled = false;
    if (kind.fault != Fault::kNone) is_spoiled = Spoiler(&history, &random).Spoil(kind.fault);
    if (kind.repeats) history = WithTexts(std::move(history), FewTexts(40));

    const Limits limits{.max_steps = 20'000 + 4 * history.size(), .max_explain_steps = 0};
    const Verdict fast = CheckKv(history, limits).verdict;
    History<HashedKvModel> hashed;
    for (const KvOperation& op : history) hashed.push_back(Hashed(op));
    const Verdict searched = Check(HashedKvModel(), hashed, limits).verdict;

    Counts& counts =
        counts_[is_spoiled || kind.fault == Fault::kNone ? kind.name : "no place for it"];
    ++counts.histories;
    counts.operations += static_cast<int64_t>(history.size());
    ++(fast == Verdict::kLegal     ? counts.legal
       : fast == Verdict::kIllegal ? counts.illegal
                                   : counts.unknown);
    const auto must_be = [&](Verdict wanted, const char* who) {
      if (fast == wanted || fast == Verdict::kUnknown) return;
      ++counts.disagreements;
      ADD_FAILURE() << kind.name << ", seed " << seed << ", " << history.size()
                    << " operations: CheckKv says " << VerdictName(fast) << ", " << who << " says "
                    << VerdictName(wanted);
    };
    if (searched != Verdict::kUnknown) ++counts.searched;
    if (searched != Verdict::kUnknown) must_be(searched, "the search");
    if (!is_spoiled) must_be(Verdict::kLegal, "how it was made");
    if (is_spoiled && !kind.repeats) must_be(Verdict::kIllegal, "how it was made");
    if (!kind.repeats) {
      EXPECT_NE(fast, Verdict::kUnknown) << kind.name << ", seed " << seed;
    }
  }

  std::map<std::string, Counts> counts_;
};

TEST_F(KvGenerated, FastPathsSearchAndTruthAgree) {
  const int count = HistoriesToMake();
  const int most = std::getenv("RAFTLAB_HISTORIES") == nullptr ? 10'000 : 100'000;
  for (int i = 0; i < count && !HasFailure(); ++i) {
    CheckOne(kKinds[i % std::size(kKinds)], most, 1000 + i);
  }
  Counts sum;
  for (const auto& [name, counts] : counts_) {
    std::cout << name << ": " << counts.histories << " histories, " << counts.operations
              << " operations, " << counts.legal << " legal, " << counts.illegal << " illegal, "
              << counts.unknown << " unknown, the search finished " << counts.searched << ", "
              << counts.disagreements << " disagreements\n";
    sum.histories += counts.histories;
    sum.illegal += counts.illegal;
    sum.unknown += counts.unknown;
    sum.searched += counts.searched;
  }
  EXPECT_EQ(sum.histories, count);
  EXPECT_GT(sum.illegal, count / 4);
  EXPECT_LT(sum.unknown, count / 20);
  EXPECT_GT(sum.searched, count / 2);
}

}  // namespace
}  // namespace linearizability
