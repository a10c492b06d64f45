// Part of Raftlab, under the MIT License (see LICENSE).
//
// The definition of linearizability, tried out: every order of every choice of open operations. For
// tests, and for tiny histories only.

#ifndef RAFTLAB_LINEARIZABILITY_BRUTE_FORCE_H_
#define RAFTLAB_LINEARIZABILITY_BRUTE_FORCE_H_

#include <vector>

#include "linearizability/model.h"

namespace linearizability {

template <Model M>
bool CanFollow(const M& model, const History<M>& history, std::vector<bool>& done,
               const typename M::State& state) {
  bool all_done = true;
  for (size_t i = 0; i < history.size(); ++i) {
    if (!done[i] && !history[i].is_open()) all_done = false;
  }
  if (all_done) return true;
  for (size_t i = 0; i < history.size(); ++i) {
    if (done[i]) continue;
    bool must_wait = false;
    for (size_t j = 0; j < history.size(); ++j) {
      if (!done[j] && history[j].return_ns && *history[j].return_ns < history[i].call_ns) {
        must_wait = true;
      }
    }
    if (must_wait) continue;
    const auto after =
        model.Step(state, history[i].input, history[i].is_open() ? nullptr : &history[i].output);
    if (!after) continue;
    done[i] = true;
    if (CanFollow(model, history, done, *after)) return true;
    done[i] = false;
  }
  return false;
}

// Of a history of one part.
template <Model M>
bool IsLinearizable(const M& model, const History<M>& history) {
  std::vector<bool> done(history.size());
  return CanFollow(model, history, done, model.Initial());
}

// Whether the order has every operation that returned, extends that of time, and explains every
// answer. Of a history of one part.
template <Model M>
bool IsLegalOrder(const M& model, const History<M>& history, const std::vector<size_t>& order) {
  std::vector<bool> is_in(history.size());
  auto state = model.Initial();
  for (size_t place = 0; place < order.size(); ++place) {
    const OperationOf<M>& op = history[order[place]];
    if (is_in[order[place]]) return false;
    is_in[order[place]] = true;
    for (size_t later = place + 1; later < order.size(); ++later) {
      const auto return_ns = history[order[later]].return_ns;
      if (return_ns && *return_ns < op.call_ns) return false;
    }
    const auto after = model.Step(state, op.input, op.is_open() ? nullptr : &op.output);
    if (!after) return false;
    state = *after;
  }
  for (size_t i = 0; i < history.size(); ++i) {
    if (!is_in[i] && !history[i].is_open()) return false;
  }
  return true;
}

// The history as it stood at this moment, returns at it not counted.
template <Model M>
History<M> BeforeReturnsAt(History<M> history, int64_t end_ns) {
  for (OperationOf<M>& op : history) {
    if (op.return_ns && *op.return_ns >= end_ns) op.return_ns.reset();
  }
  return history;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_BRUTE_FORCE_H_
