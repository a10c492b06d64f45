// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/view_layout.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace linearizability {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kBeforeAll = std::numeric_limits<int64_t>::min();

// The operations to draw, by call.
std::vector<size_t> Chosen(const View& view) {
  std::vector<size_t> all;
  for (size_t i = 0; i < view.operations.size(); ++i) all.push_back(i);
  std::ranges::stable_sort(all, {}, [&](size_t i) { return view.operations[i].call_ns; });
  if (all.size() <= view.most_drawn) return all;
  // How far each is, in this order, from the culprit, or else the last of the witness.
  size_t center = 0;
  for (size_t k = 0; k < all.size(); ++k) {
    if (view.culprit ? all[k] == view.culprit : view.operations[all[k]].is_witness) center = k;
  }
  std::vector<std::tuple<int, size_t, size_t>> by_distance;
  for (size_t k = 0; k < all.size(); ++k) {
    const int rank = all[k] == view.culprit ? 0 : view.operations[all[k]].is_witness ? 1 : 2;
    by_distance.emplace_back(rank, k < center ? center - k : k - center, k);
  }
  std::ranges::sort(by_distance);
  by_distance.resize(view.most_drawn);
  std::vector<size_t> places;
  for (const auto& [rank, distance, k] : by_distance) places.push_back(k);
  std::ranges::sort(places);
  std::vector<size_t> chosen;
  for (size_t k : places) chosen.push_back(all[k]);
  return chosen;
}

// The first row in which it begins after all else has ended. `ends` is where each row is full to.
size_t TakeRow(std::vector<size_t>* ends, const Bar& bar) {
  size_t row = 0;
  while (row < ends->size() && (*ends)[row] >= bar.begin) ++row;
  if (row == ends->size()) ends->push_back(0);
  (*ends)[row] = bar.end;
  return row;
}

// What takes a step of its own. In one moment beginnings come first, since intervals are closed.
struct Moment {
  enum Kind { kBegin, kPoint, kEnd };

  int64_t time_ns = 0;
  Kind kind = kBegin;
  size_t place = 0;  // of a point, in the order
  std::optional<size_t>* step = nullptr;
};

}  // namespace

Layout LayOut(const View& view) {
  Layout layout;
  const std::vector<size_t> chosen = Chosen(view);
  struct Steps {
    std::optional<size_t> begin, point, end;
  };
  std::vector<Steps> steps(chosen.size());
  std::vector<Steps> band_steps(view.bands.size());
  std::vector<Moment> moments;
  int64_t first_ns = kNever;
  int64_t last_ns = kBeforeAll;
  std::vector<std::pair<size_t, size_t>> ordered;  // place in the order, in chosen
  for (size_t k = 0; k < chosen.size(); ++k) {
    const ViewOperation& op = view.operations[chosen[k]];
    first_ns = std::min(first_ns, op.call_ns);
    last_ns = std::max({last_ns, op.call_ns, op.return_ns.value_or(op.call_ns)});
    moments.push_back({op.call_ns, Moment::kBegin, 0, &steps[k].begin});
    if (op.return_ns) moments.push_back({*op.return_ns, Moment::kEnd, 0, &steps[k].end});
    if (op.place) ordered.emplace_back(*op.place, k);
  }
  // Each takes effect as early as the order lets it.
  std::ranges::sort(ordered);
  int64_t now = kBeforeAll;
  for (const auto& [place, k] : ordered) {
    now = std::max(now, view.operations[chosen[k]].call_ns);
    moments.push_back({now, Moment::kPoint, place, &steps[k].point});
  }
  for (size_t i = 0; i < view.bands.size(); ++i) {
    const ViewBand& band = view.bands[i];
    if (band.begin_ns > last_ns || band.end_ns.value_or(kNever) < first_ns) continue;
    moments.push_back({std::max(band.begin_ns, first_ns), Moment::kBegin, 0, &band_steps[i].begin});
    if (band.end_ns && *band.end_ns <= last_ns) {
      moments.push_back({*band.end_ns, Moment::kEnd, 0, &band_steps[i].end});
    }
  }
  std::ranges::stable_sort(moments, {}, [](const Moment& moment) {
    return std::tuple(moment.time_ns, moment.kind, moment.place);
  });
  for (const Moment& moment : moments) {
    *moment.step = layout.times.size();
    layout.times.push_back(moment.time_ns);
  }
  const size_t right = layout.times.size();  // What has no end goes beyond the last step.

  std::map<int64_t, std::vector<size_t>> ends;  // of each client's rows
  for (size_t k = 0; k < chosen.size(); ++k) {
    Bar bar{.index = chosen[k],
            .begin = *steps[k].begin,
            .end = steps[k].end.value_or(right),
            .point = steps[k].point};
    bar.row = TakeRow(&ends[view.operations[chosen[k]].client], bar);
    layout.operations.push_back(bar);
  }
  std::map<int64_t, size_t> first_row;
  for (const auto& [client, rows] : ends) {
    first_row[client] = layout.rows;
    layout.lanes.push_back({client, layout.rows, rows.size()});
    layout.rows += rows.size();
  }
  for (Bar& bar : layout.operations) bar.row += first_row[view.operations[bar.index].client];
  for (size_t i = 0; i < view.bands.size(); ++i) {
    if (!band_steps[i].begin) continue;
    layout.bands.push_back(
        {.index = i, .begin = *band_steps[i].begin, .end = band_steps[i].end.value_or(right)});
  }
  std::ranges::sort(layout.bands, {}, &Bar::begin);
  std::vector<size_t> band_ends;
  for (Bar& bar : layout.bands) bar.row = TakeRow(&band_ends, bar);
  layout.band_rows = band_ends.size();
  return layout;
}

}  // namespace linearizability
