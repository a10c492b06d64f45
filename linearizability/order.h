// Part of Raftlab, under the MIT License (see LICENSE).
//
// Legal orders of the parts of a history, as one order and as moments in time.

#ifndef RAFTLAB_LINEARIZABILITY_ORDER_H_
#define RAFTLAB_LINEARIZABILITY_ORDER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "linearizability/history.h"

namespace linearizability {

// For each operation of the order the earliest moment at which it can take effect. If the order
// extends that of time, none is after the operation's return.
template <typename Op>
std::vector<int64_t> PointsOf(const HistoryOf<Op>& history, const std::vector<size_t>& order) {
  std::vector<int64_t> points;
  int64_t now = std::numeric_limits<int64_t>::min();
  for (size_t i : order) {
    now = std::max(now, history[i].call_ns);
    points.push_back(now);
  }
  return points;
}

// One order of all, which extends each of the given ones and the order of time.
template <typename Op>
std::vector<size_t> MergeOrders(const HistoryOf<Op>& history,
                                const std::vector<std::vector<size_t>>& orders) {
  std::vector<std::pair<int64_t, size_t>> moments;
  for (const std::vector<size_t>& order : orders) {
    const std::vector<int64_t> points = PointsOf(history, order);
    for (size_t i = 0; i < order.size(); ++i) moments.emplace_back(points[i], order[i]);
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<size_t> merged;
  for (const auto& [moment, i] : moments) merged.push_back(i);
  return merged;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_ORDER_H_
