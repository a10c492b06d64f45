// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_check.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "linearizability/check.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_fast.h"
#include "linearizability/kv_repeats.h"
#include "linearizability/order.h"

namespace linearizability {
namespace {

using Parts = std::map<std::string, std::vector<size_t>>;

Parts ByKey(const KvHistory& history) {
  absl::flat_hash_map<std::string_view, std::vector<size_t>> by_key;
  for (size_t i = 0; i < history.size(); ++i) by_key[history[i].input.key].push_back(i);
  Parts parts;
  for (auto& [key, part] : by_key) parts.emplace(key, std::move(part));
  return parts;
}

// The keys on which the fast path is silent.
Report SearchKeys(const KvHistory& history, const Parts& parts, const Limits& limits) {
  History<HashedKvModel> hashed;
  std::vector<size_t> index;  // in the history
  for (const auto& [key, part] : parts) {
    for (size_t i : part) {
      hashed.push_back(Hashed(history[i]));
      index.push_back(i);
    }
  }
  Report report = Check(HashedKvModel(), hashed, limits);
  for (size_t& i : report.witness) i = index[i];
  for (size_t& i : report.order) i = index[i];
  if (report.culprit) report.culprit = index[*report.culprit];
  return report;
}

// Without a search. kUnknown: it takes one.
KeyVerdict DecideKey(const KvHistory& history, const std::vector<size_t>& part,
                     const Limits& limits) {
  KeyVerdict verdict = CheckKeyFast(history, part, limits.wants_order);
  if (verdict.verdict != Verdict::kUnknown) return verdict;
  return CheckKeyRepeats(history, part, limits);
}

// The operations of the part as they stood when the first `count` of `returns` had returned.
KvHistory PrefixOf(const KvHistory& history, const std::vector<size_t>& part,
                   const std::vector<size_t>& returns, size_t count) {
  std::vector<bool> has_returned(history.size());
  for (size_t i = 0; i < count; ++i) has_returned[returns[i]] = true;
  KvHistory prefix;
  for (size_t i : part) {
    prefix.push_back(history[i]);
    if (!has_returned[i]) prefix.back().return_ns.reset();
  }
  return prefix;
}

// Sets the report's culprit and order, for a part that is illegal.
void FindPrefix(const KvHistory& history, const std::vector<size_t>& part, Limits limits,
                Report* report) {
  limits.max_explain_steps = 0;  // Only the verdicts are of use.
  std::vector<size_t> all(part.size());
  std::iota(all.begin(), all.end(), size_t{0});
  std::vector<size_t> returns;
  for (size_t i : part) {
    if (!history[i].is_open()) returns.push_back(i);
  }
  std::sort(returns.begin(), returns.end(), [&](size_t x, size_t y) {
    return std::pair(*history[x].return_ns, x) < std::pair(*history[y].return_ns, y);
  });
  // What begins with an illegal history is illegal, so the border can be found by halving.
  size_t legal = 0;
  size_t illegal = returns.size();
  while (legal + 1 < illegal) {
    const size_t middle = legal + (illegal - legal) / 2;
    switch (DecideKey(PrefixOf(history, part, returns, middle), all, limits).verdict) {
      case Verdict::kLegal:
        legal = middle;
        break;
      case Verdict::kIllegal:
        illegal = middle;
        break;
      case Verdict::kUnknown:
        return;
    }
  }
  report->culprit = returns[legal];
  report->order = DecideKey(PrefixOf(history, part, returns, legal), all, limits).order;
  for (size_t& i : report->order) i = part[i];
}

}  // namespace

Report CheckKv(const KvHistory& history, const Limits& limits) {
  if (const std::optional<size_t> i = FirstMalformed(history)) return ReportMalformed(*i);
  Parts undecided;
  std::vector<std::vector<size_t>> orders;
  for (auto& [key, part] : ByKey(history)) {
    KeyVerdict verdict = DecideKey(history, part, limits);
    if (verdict.verdict == Verdict::kIllegal) {
      Report report{.verdict = Verdict::kIllegal, .part = key};
      report.explanation = std::move(verdict.explanation);
      report.witness = std::move(verdict.witness);
      if (limits.wants_order) FindPrefix(history, part, limits, &report);
      return report;
    }
    if (verdict.verdict == Verdict::kUnknown) undecided.emplace(key, part);
    orders.push_back(std::move(verdict.order));
  }
  Report report = SearchKeys(history, undecided, limits);
  if (report.verdict == Verdict::kLegal && limits.wants_order) {
    orders.push_back(std::move(report.order));
    report.order = MergeOrders(history, orders);
  }
  return report;
}

}  // namespace linearizability
