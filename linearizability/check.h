// Part of Raftlab, under the MIT License (see LICENSE).
//
// Check: whether a history is linearizable, for any model. For histories of Get, Put and Append see
// CheckKv (kv_check.h), which is far faster.

#ifndef RAFTLAB_LINEARIZABILITY_CHECK_H_
#define RAFTLAB_LINEARIZABILITY_CHECK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linearizability/explain.h"
#include "linearizability/order.h"
#include "linearizability/part_search.h"
#include "linearizability/report.h"

namespace linearizability {

// The operations of each part, by index, in order of the parts' names.
template <Model M>
std::map<std::string, std::vector<size_t>> PartsOf(const M& model, const History<M>& history) {
  std::map<std::string, std::vector<size_t>> parts;
  for (size_t i = 0; i < history.size(); ++i) {
    if constexpr (HasParts<M>) {
      parts[model.Part(history[i].input)].push_back(i);
    } else {
      parts[""].push_back(i);
    }
  }
  return parts;
}

// A report that the part is illegal, which a search has found.
template <Model M>
Report ReportIllegal(const M& model, const History<M>& history, const std::string& name,
                     const std::vector<size_t>& part, size_t culprit, const Limits& limits) {
  Report report{.verdict = Verdict::kIllegal, .part = name, .culprit = culprit};
  // The longest linearizable prefix: what had not returned by then is open.
  const int64_t end_ns = *history[culprit].return_ns;
  std::vector<Item<M>> prefix;
  std::vector<size_t> indices;
  for (size_t i : part) {
    Item<M> item = AsItem<M>(history[i]);
    if (item.call_ns > end_ns) continue;
    if (i == culprit || (item.return_ns && *item.return_ns >= end_ns)) item.return_ns.reset();
    prefix.push_back(item);
    indices.push_back(i);
  }
  CacheBudget cache{.bytes_left = limits.max_cache_bytes};
  PartSearch<M> search(model, std::move(prefix), &cache);
  uint64_t steps = limits.max_steps;
  if (search.Run(&steps) == Verdict::kLegal) {
    for (uint32_t item : search.order()) report.order.push_back(indices[item]);
  }
  report.witness = Shrinker<M>(model, history, part, limits).Shrink(culprit);
  report.explanation = ExplainOperations(model, history, report.witness);
  return report;
}

inline Report ReportMalformed(size_t index) {
  return {.verdict = Verdict::kUnknown,
          .explanation = absl::StrCat("operation ", index,
                                      " returns before it is called, so this is no history")};
}

// Searches the given parts in turn, each for as long as all before, so that an easy one that is
// illegal is found before a hard one has used up the steps.
template <Model M>
Report CheckParts(const M& model, const History<M>& history,
                  const std::map<std::string, std::vector<size_t>>& parts, const Limits& limits) {
  struct Job {
    const std::string* name;
    const std::vector<size_t>* part;
    std::unique_ptr<PartSearch<M>> search;
  };
  CacheBudget cache{.bytes_left = limits.max_cache_bytes};
  std::vector<Job> jobs;
  std::vector<std::vector<size_t>> orders;
  for (const auto& [name, part] : parts) jobs.push_back({&name, &part, nullptr});
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const Job& x, const Job& y) { return x.part->size() < y.part->size(); });
  uint64_t steps_left = limits.max_steps;
  for (uint64_t round = 4096; !jobs.empty() && steps_left > 0; round *= 2) {
    for (Job& job : jobs) {
      if (job.search == nullptr) {
        std::vector<Item<M>> items;
        for (size_t i : *job.part) items.push_back(AsItem<M>(history[i]));
        job.search = std::make_unique<PartSearch<M>>(model, std::move(items), &cache);
      }
      const uint64_t given = std::min(round, steps_left);
      uint64_t left = given;
      const Verdict verdict = job.search->Run(&left);
      steps_left -= given - left;
      if (verdict == Verdict::kIllegal) {
        const size_t culprit = (*job.part)[*job.search->culprit()];
        const std::string name = *job.name;
        const std::vector<size_t> part = *job.part;
        jobs.clear();  // gives their memory back
        Report report = ReportIllegal(model, history, name, part, culprit, limits);
        report.steps = limits.max_steps - steps_left;
        return report;
      }
      if (verdict == Verdict::kLegal && limits.wants_order) {
        orders.emplace_back();
        for (uint32_t item : job.search->order()) orders.back().push_back((*job.part)[item]);
      }
      if (verdict == Verdict::kLegal) job.part = nullptr;
      if (steps_left == 0) break;
    }
    std::erase_if(jobs, [](const Job& job) { return job.part == nullptr; });
  }
  Report report{.steps = limits.max_steps - steps_left};
  if (!jobs.empty()) {
    report.verdict = Verdict::kUnknown;
    report.part = *jobs[0].name;
    report.explanation =
        absl::StrCat("the budget of ", limits.max_steps, " steps ran out with ", jobs.size(),
                     " of ", parts.size(), " parts of the history undecided");
  } else {
    report.order = MergeOrders(history, orders);
  }
  return report;
}

template <Model M>
Report Check(const M& model, const History<M>& history, const Limits& limits = {}) {
  if (const std::optional<size_t> i = FirstMalformed(history)) return ReportMalformed(*i);
  return CheckParts(model, history, PartsOf(model, history), limits);
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_CHECK_H_
