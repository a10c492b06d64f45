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

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_BRUTE_FORCE_H_
