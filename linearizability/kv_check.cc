// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/kv_check.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "linearizability/check.h"
#include "linearizability/hashed_kv_model.h"
#include "linearizability/kv_fast.h"

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

}  // namespace

Report CheckKv(const KvHistory& history, const Limits& limits) {
  if (const std::optional<size_t> i = FirstMalformed(history)) return ReportMalformed(*i);
  Parts undecided;
  for (auto& [key, part] : ByKey(history)) {
    KeyVerdict verdict = CheckKeyFast(history, part);
    if (verdict.verdict == Verdict::kIllegal) {
      Report report{.verdict = Verdict::kIllegal, .part = key};
      report.explanation = std::move(verdict.explanation);
      report.witness = std::move(verdict.witness);
      return report;
    }
    if (verdict.verdict == Verdict::kUnknown) undecided.emplace(key, std::move(part));
  }
  return SearchKeys(history, undecided, limits);
}

}  // namespace linearizability
