// Part of Raftlab, under the MIT License (see LICENSE).
//
// Random histories of any model, for tests: made by doing the operations in some legal order, and
// then perhaps spoiled.

#ifndef RAFTLAB_LINEARIZABILITY_RANDOM_HISTORY_H_
#define RAFTLAB_LINEARIZABILITY_RANDOM_HISTORY_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "linearizability/model.h"

namespace linearizability {

using Random = std::mt19937_64;

inline uint64_t Draw(Random& random, uint64_t n) { return random() % n; }

struct Shape {
  int clients = 3;
  int operations = 6;
  int longest_ns = 4;        // of one operation
  int longest_pause_ns = 2;  // between a client's operations
  int open_percent = 10;
  int wrong_percent = 0;  // of outputs that are replaced by any output
};

// What may be asked and answered.
template <Model M>
struct Domain {
  std::vector<typename M::Input> inputs = {};
  std::vector<typename M::Output> outputs = {};
};

// Intervals only: inputs and outputs are still to come. With each, the moment of its effect.
template <typename Op>
std::vector<std::pair<int64_t, Op>> RandomIntervals(const Shape& shape, Random& random) {
  std::vector<std::pair<int64_t, Op>> ops;
  std::vector<int64_t> free_at(shape.clients);
  std::vector<int64_t> name(shape.clients);
  for (int c = 0; c < shape.clients; ++c) name[c] = c;
  for (int i = 0; i < shape.operations; ++i) {
    const size_t c = Draw(random, shape.clients);
    Op op{.client = name[c]};
    op.call_ns = free_at[c] + Draw(random, shape.longest_pause_ns + 1);
    op.return_ns = op.call_ns + Draw(random, shape.longest_ns + 1);
    free_at[c] = *op.return_ns;
    // Twice the time, so that the moment can be right between two times.
    int64_t moment = 2 * op.call_ns + Draw(random, 2 * (*op.return_ns - op.call_ns) + 1);
    if (static_cast<int>(Draw(random, 100)) < shape.open_percent) {
      op.return_ns.reset();
      moment += Draw(random, 10);
      name[c] += shape.clients;  // An open operation ends its client; another takes its place.
    }
    ops.emplace_back(moment, op);
  }
  std::stable_sort(ops.begin(), ops.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  return ops;
}

// Legal unless something is spoiled, and often even then.
template <Model M>
History<M> RandomHistory(const M& model, const Domain<M>& domain, const Shape& shape,
                         Random& random) {
  History<M> history;
  auto state = model.Initial();
  for (auto& [moment, op] : RandomIntervals<OperationOf<M>>(shape, random)) {
    op.input = domain.inputs[Draw(random, domain.inputs.size())];
    if (op.is_open() && Draw(random, 2) == 0) {
      history.push_back(op);  // It never happens.
      continue;
    }
    const size_t first = Draw(random, domain.outputs.size());
    for (size_t i = 0; i < domain.outputs.size(); ++i) {
      op.output = domain.outputs[(first + i) % domain.outputs.size()];
      if (const auto after = model.Step(state, op.input, &op.output)) {
        state = *after;
        if (static_cast<int>(Draw(random, 100)) < shape.wrong_percent) {
          op.output = domain.outputs[Draw(random, domain.outputs.size())];
        }
        history.push_back(op);
        break;
      }  // If no output fits, as of Acquire on a lock that is taken, the operation is left out.
    }
  }
  std::shuffle(history.begin(), history.end(), random);
  return history;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_RANDOM_HISTORY_H_
