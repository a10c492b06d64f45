// Part of Raftlab, under the MIT License (see LICENSE).
//
// The search over one part of a history, window by window. Where nothing is under way, all that
// the past leaves to the future is a state; so a window is searched for the states in which it can
// end, and forgotten when it has no more of them. It may be stopped and gone on with.

#ifndef RAFTLAB_LINEARIZABILITY_PART_SEARCH_H_
#define RAFTLAB_LINEARIZABILITY_PART_SEARCH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "linearizability/problem.h"
#include "linearizability/report.h"
#include "linearizability/seen.h"
#include "linearizability/window_search.h"

namespace linearizability {

template <Model M>
class PartSearch {
 public:
  using State = typename M::State;

  PartSearch(const M& model, std::vector<Item<M>> items, CacheBudget* budget)
      : problem_(model, std::move(items)), budget_(budget), entered_(budget) {
    Enter(0, model.Initial());
  }

  // kUnknown: the steps are used up; call it again with more.
  Verdict Run(uint64_t* steps) {
    using Outcome = typename WindowSearch<M>::Outcome;
    while (!frames_.empty()) {
      Frame& frame = *frames_.back();
      if (frame.search != nullptr && (frame.exits.empty() || frame.eager_steps > 0)) {
        const Outcome outcome = Search(frame, steps);
        if (outcome == Outcome::kFound && frame.window + 1 == problem_.windows.size()) {
          order_.resize(frame.order_size);
          Append(frame.search->Order());
          return Verdict::kLegal;
        }
        if (outcome == Outcome::kFound) {
          frame.exits.push_back({frame.search->state(), frame.search->Order()});
          if (frame.exits.size() >= kMostExits) frame.eager_steps = 0;
        }
        if (outcome == Outcome::kExhausted) frame.search.reset();
        if (outcome == Outcome::kOutOfSteps && *steps == 0) return Verdict::kUnknown;
      } else if (!frame.exits.empty()) {
        GoOn();
      } else {
        frames_.pop_back();
      }
    }
    return Verdict::kIllegal;
  }

  // After kLegal: the operations, by item, in an order that explains every answer. Open ones that
  // it does without are not in it.
  const std::vector<uint32_t>& order() const { return order_; }

  // After kIllegal: the operation whose return no order could be in time for. All operations that
  // had returned before can be ordered.
  std::optional<uint32_t> culprit() const {
    if (!furthest_) return std::nullopt;
    return problem_.events[*furthest_].item;
  }

 private:
  struct Exit {
    State state;
    std::vector<uint32_t> order;
  };
  struct Frame {
    size_t window = 0;
    size_t order_size = 0;                    // of order_, before this window
    std::unique_ptr<WindowSearch<M>> search;  // null once it has found everything
    std::vector<Exit> exits;                  // ways through the window, not gone on with yet
    // What may be spent on ways beyond the first before one is gone on with: if they are soon all
    // found, the window's memory is free.
    uint64_t eager_steps = 0;
  };

  typename WindowSearch<M>::Outcome Search(Frame& frame, uint64_t* steps) {
    const bool is_eager = !frame.exits.empty();
    const uint64_t given = is_eager ? std::min(*steps, frame.eager_steps) : *steps;
    uint64_t left = given;
    const auto outcome = frame.search->Next(&left);
    *steps -= given - left;
    // A way that costs no step still counts, so that this ends.
    if (is_eager) frame.eager_steps -= std::min(frame.eager_steps, given - left + 1);
    if (frame.search->furthest_return()) {
      furthest_ = std::max(furthest_.value_or(0), *frame.search->furthest_return());
    }
    return outcome;
  }

  void GoOn() {
    Frame& frame = *frames_.back();
    Exit exit = std::move(frame.exits.back());
    frame.exits.pop_back();
    order_.resize(frame.order_size);
    Append(exit.order);
    const size_t window = frame.window + 1;
    if (frame.search == nullptr && frame.exits.empty()) frames_.pop_back();
    // Nobody will come back to a window before this one.
    if (frames_.empty()) entered_.Clear();
    Enter(window, std::move(exit.state));
  }

  void Enter(size_t window, State state) {
    if (!entered_.Insert(problem_.model, FingerprintOf(window), state)) return;
    auto frame = std::make_unique<Frame>();
    frame->window = window;
    frame->order_size = order_.size();
    const Window range = problem_.windows[window];
    frame->eager_steps = 16 + 4 * (range.end - range.begin);
    frame->search = std::make_unique<WindowSearch<M>>(problem_, range, std::move(state), budget_);
    frames_.push_back(std::move(frame));
  }

  void Append(const std::vector<uint32_t>& order) {
    order_.insert(order_.end(), order.begin(), order.end());
  }

  // Ways that wait at once, since each holds an order of its window.
  static constexpr size_t kMostExits = 16;

  const Problem<M> problem_;
  CacheBudget* budget_;
  Seen<M> entered_;  // windows and the states in which they were begun
  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<uint32_t> order_;
  std::optional<size_t> furthest_;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_PART_SEARCH_H_
