// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the tests on random histories of Get, Put and Append have in common.

#ifndef RAFTLAB_LINEARIZABILITY_KV_RANDOM_CHECKS_H_
#define RAFTLAB_LINEARIZABILITY_KV_RANDOM_CHECKS_H_

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linearizability/brute_force.h"
#include "linearizability/random_kv_history.h"

namespace linearizability {

inline constexpr Fault kFaults[] = {
    Fault::kNone,          Fault::kStaleRead,       Fault::kLostAppend,
    Fault::kDoubledAppend, Fault::kReorderedAppend, Fault::kLostPut};

inline std::string AsText(const KvHistory& history) {
  std::string text;
  for (const KvOperation& op : history) {
    absl::StrAppend(&text, Describe(KvModel(), op), " [", op.call_ns, ", ",
                    op.return_ns ? absl::StrCat(*op.return_ns) : "open", "]\n");
  }
  return text;
}

inline std::vector<size_t> All(const KvHistory& history) {
  std::vector<size_t> all;
  for (size_t i = 0; i < history.size(); ++i) all.push_back(i);
  return all;
}

// Illegal by itself: the others may take effect at any time, or never.
inline bool IsWitness(KvHistory history, const std::vector<size_t>& witness) {
  for (size_t i = 0; i < history.size(); ++i) {
    if (std::find(witness.begin(), witness.end(), i) != witness.end()) continue;
    history[i].call_ns = std::numeric_limits<int64_t>::min();
    history[i].return_ns.reset();
  }
  return !IsLinearizable(KvModel(), history);
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_KV_RANDOM_CHECKS_H_
