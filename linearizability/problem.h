// Part of Raftlab, under the MIT License (see LICENSE).
//
// One part of a history, made ready for the search: calls and returns in order of time, cut where
// nothing was under way.

#ifndef RAFTLAB_LINEARIZABILITY_PROBLEM_H_
#define RAFTLAB_LINEARIZABILITY_PROBLEM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "linearizability/model.h"

namespace linearizability {

// An operation as one search sees it. Its interval may be wider than the history's: a search for a
// small witness lifts what it wants to do without.
template <Model M>
struct Item {
  const OperationOf<M>* op = nullptr;
  int64_t call_ns = 0;
  std::optional<int64_t> return_ns = {};
  // It may take effect any number of times. REQUIRES: it is open.
  bool repeats = false;

  bool is_open() const { return !return_ns.has_value(); }
  const typename M::Output* output() const { return is_open() ? nullptr : &op->output; }
};

template <Model M>
Item<M> AsItem(const OperationOf<M>& op) {
  return {.op = &op, .call_ns = op.call_ns, .return_ns = op.return_ns};
}

struct Event {
  int64_t time_ns = 0;
  uint32_t item = 0;
  bool is_return = false;
};

// Events [begin, end). All operations called in a window but for the last return in it.
struct Window {
  size_t begin = 0;
  size_t end = 0;
};

template <Model M>
struct Problem {
  Problem(const M& the_model, std::vector<Item<M>> the_items)
      : model(the_model), items(std::move(the_items)) {
    for (uint32_t i = 0; i < items.size(); ++i) {
      const Item<M>& item = items[i];
      read_only.push_back(model.IsReadOnly(item.op->input, item.output()));
      // It changes nothing and nobody knows what it saw.
      if (item.is_open() && read_only[i]) continue;
      events.push_back({.time_ns = item.call_ns, .item = i, .is_return = false});
      if (!item.is_open()) {
        events.push_back({.time_ns = *item.return_ns, .item = i, .is_return = true});
      }
    }
    // In one nanosecond calls come first: intervals are closed.
    std::sort(events.begin(), events.end(), [](const Event& x, const Event& y) {
      return std::tie(x.time_ns, x.is_return, x.item) < std::tie(y.time_ns, y.is_return, y.item);
    });
    Cut();
  }
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;

  const M& model;
  const std::vector<Item<M>> items;
  std::vector<bool> read_only = {};
  std::vector<Event> events;
  // At least one, perhaps empty.
  std::vector<Window> windows;

 private:
  void Cut() {
    size_t begin = 0;
    size_t under_way = 0;  // An open operation stays under way for ever.
    for (size_t i = 0; i < events.size(); ++i) {
      under_way += events[i].is_return ? -1 : 1;
      if (under_way == 0) {
        windows.push_back({.begin = begin, .end = i + 1});
        begin = i + 1;
      }
    }
    if (begin < events.size() || windows.empty()) {
      windows.push_back({.begin = begin, .end = events.size()});
    }
  }
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_PROBLEM_H_
