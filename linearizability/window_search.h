// Part of Raftlab, under the MIT License (see LICENSE).
//
// The search within one window of a history: from a state at its beginning to all states in which
// it can end, one after another.
//
// The algorithm is that of "Testing and Verifying Concurrent Objects", Wing and Gong, 1993, with
// the memory of "Testing for linearizability", Lowe, 2017: the operations that are in order so far
// are a set, and a set with a state that was tried before is not tried again. Next in order can
// only be an operation that was called before the first return of those that are left. Unlike them:
//   - the fingerprint of the set changes with each operation in constant time;
//   - an operation that fits now and never changes a state is put in order without a second thought
//     and without a place in memory: moved to the front of any order of the rest, it keeps it
//     legal;
//   - an open operation that changes nothing is not tried.

#ifndef RAFTLAB_LINEARIZABILITY_WINDOW_SEARCH_H_
#define RAFTLAB_LINEARIZABILITY_WINDOW_SEARCH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "linearizability/fingerprint.h"
#include "linearizability/problem.h"
#include "linearizability/seen.h"

namespace linearizability {

template <Model M>
class WindowSearch {
 public:
  using State = typename M::State;
  enum class Outcome { kFound, kExhausted, kOutOfSteps };

  WindowSearch(const Problem<M>& problem, Window window, State start, CacheBudget* budget)
      : problem_(problem), begin_(window.begin), state_(std::move(start)), seen_(budget) {
    const size_t count = window.end - window.begin;
    next_.resize(count + 1);
    previous_.resize(count + 1);
    return_of_.resize(count + 1);
    for (uint32_t i = 0; i <= count; ++i) {
      next_[i] = i == count ? 0 : i + 1;
      previous_[i] = i == 0 ? static_cast<uint32_t>(count) : i - 1;
    }
    std::vector<std::pair<uint32_t, uint32_t>> calls;  // item, entry
    for (uint32_t i = 1; i <= count; ++i) {
      if (!EventAt(i).is_return) calls.emplace_back(EventAt(i).item, i);
    }
    std::sort(calls.begin(), calls.end());
    for (uint32_t i = 1; i <= count; ++i) {
      if (!EventAt(i).is_return) continue;
      const auto call = std::lower_bound(calls.begin(), calls.end(),
                                         std::pair<uint32_t, uint32_t>(EventAt(i).item, 0));
      return_of_[call->second] = i;
      ++remaining_;
    }
  }

  // kFound: state() and Order() are the next way through the window; it may end in a state that
  // another way ended in. kOutOfSteps: call it again with more.
  Outcome Next(uint64_t* steps) {
    if (found_) {
      found_ = false;
      if (!Backtrack()) return Outcome::kExhausted;
    }
    while (remaining_ > 0) {
      if (*steps == 0) return Outcome::kOutOfSteps;
      if (is_new_place_) {
        if (PutReadInOrder(steps)) continue;
        is_new_place_ = false;
        at_ = next_[0];
        continue;
      }
      // What is left has a return, so the walk ends there.
      if (EventAt(at_).is_return) {
        furthest_ = std::max(furthest_.value_or(0), begin_ + at_ - 1);
        if (!Backtrack()) return Outcome::kExhausted;
      } else if (Try(at_, steps)) {
        is_new_place_ = true;
      } else {
        at_ = next_[at_];
      }
    }
    found_ = true;
    return Outcome::kFound;
  }

  const State& state() const { return state_; }

  std::vector<uint32_t> Order() const {
    std::vector<uint32_t> order;
    for (const Step& step : path_) order.push_back(EventAt(step.entry).item);
    return order;
  }

  // The latest return, as an index into the events, before which an operation could not be put in
  // order in time.
  std::optional<size_t> furthest_return() const { return furthest_; }

 private:
  struct Step {
    uint32_t entry;
    State before;
    bool has_alternatives;
  };

  const Event& EventAt(uint32_t entry) const { return problem_.events[begin_ + entry - 1]; }

  std::optional<State> StepOf(uint32_t item, uint64_t* steps) const {
    if (*steps > 0) --*steps;
    const Item<M>& what = problem_.items[item];
    return problem_.model.Step(state_, what.op->input, what.output());
  }

  bool PutReadInOrder(uint64_t* steps) {
    for (uint32_t i = next_[0]; i != 0 && !EventAt(i).is_return; i = next_[i]) {
      const uint32_t item = EventAt(i).item;
      if (!problem_.read_only[item]) continue;
      if (std::optional<State> after = StepOf(item, steps)) {
        Push(i, *std::move(after), /*has_alternatives=*/false);
        return true;
      }
    }
    return false;
  }

  bool Try(uint32_t entry, uint64_t* steps) {
    const uint32_t item = EventAt(entry).item;
    if (problem_.read_only[item]) return false;  // PutReadInOrder tried it in this place.
    std::optional<State> after = StepOf(item, steps);
    if (!after) return false;
    if (problem_.items[item].is_open() && Same(*after, state_)) return false;
    if (!seen_.Insert(problem_.model, set_ ^ Mark(item), *after)) return false;
    Push(entry, *std::move(after), /*has_alternatives=*/true);
    return true;
  }

  // What the operation adds to the fingerprint of the set.
  Fingerprint Mark(uint32_t item) const {
    return problem_.items[item].repeats ? Fingerprint{} : FingerprintOf(item);
  }

  bool Same(const State& x, const State& y) const {
    if constexpr (HasHash<M>) {
      return problem_.model.Hash(x) == problem_.model.Hash(y);
    } else {
      return x == y;
    }
  }

  void Push(uint32_t entry, State after, bool has_alternatives) {
    path_.push_back({.entry = entry,
                     .before = std::exchange(state_, std::move(after)),
                     .has_alternatives = has_alternatives});
    set_ = set_ ^ Mark(EventAt(entry).item);
    if (problem_.items[EventAt(entry).item].repeats) return;
    Unlink(entry);
    if (return_of_[entry] != 0) {
      Unlink(return_of_[entry]);
      --remaining_;
    }
  }

  // To the last place where another operation may come next. False if there is none.
  bool Backtrack() {
    is_new_place_ = false;
    while (!path_.empty()) {
      Step step = std::move(path_.back());
      path_.pop_back();
      const uint32_t item = EventAt(step.entry).item;
      if (return_of_[step.entry] != 0) {
        Relink(return_of_[step.entry]);
        ++remaining_;
      }
      if (!problem_.items[item].repeats) Relink(step.entry);
      set_ = set_ ^ Mark(item);
      state_ = std::move(step.before);
      at_ = next_[step.entry];
      if (step.has_alternatives) return true;
    }
    return false;
  }

  void Unlink(uint32_t entry) {
    next_[previous_[entry]] = next_[entry];
    previous_[next_[entry]] = previous_[entry];
  }
  void Relink(uint32_t entry) {
    next_[previous_[entry]] = entry;
    previous_[next_[entry]] = entry;
  }

  const Problem<M>& problem_;
  const size_t begin_;
  // Entries are 1 + an event's place in the window; 0 is both ends of the list of what is left.
  std::vector<uint32_t> next_;
  std::vector<uint32_t> previous_;
  std::vector<uint32_t> return_of_;  // 0 for open operations
  size_t remaining_ = 0;             // operations that have returned and are not in order yet

  State state_;
  Fingerprint set_;
  std::vector<Step> path_;
  uint32_t at_ = 0;
  bool is_new_place_ = true;
  bool found_ = false;
  std::optional<size_t> furthest_;
  Seen<M> seen_;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_WINDOW_SEARCH_H_
