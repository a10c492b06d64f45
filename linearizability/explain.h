// Part of Raftlab, under the MIT License (see LICENSE).
//
// Why a part of a history is illegal: few operations that cannot be ordered, and a sentence.
//
// An operation is left out of the explanation by lifting all that is known of it: it may take
// effect at any time, with any answer, or never. What is still illegal then cannot be blamed on it.
// So the operations that remain are a reason in themselves, whatever the others did.

#ifndef RAFTLAB_LINEARIZABILITY_EXPLAIN_H_
#define RAFTLAB_LINEARIZABILITY_EXPLAIN_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "linearizability/part_search.h"

namespace linearizability {

// How two operations of a witness lie to each other, and the whole as text (explain.cc).
struct WitnessLine {
  std::string call = {};         // `Get("x") by client 3`
  std::string description = {};  // `Get("x") by client 3 returned "ab"`
  int64_t call_ns = 0;
  std::optional<int64_t> return_ns = {};
};
std::string ExplainWitness(const std::vector<WitnessLine>& lines);

template <Model M>
std::string ExplainOperations(const M& model, const History<M>& history,
                              const std::vector<size_t>& witness) {
  std::vector<WitnessLine> lines;
  for (size_t i : witness) {
    lines.push_back({.call = DescribeCall(model, history[i]),
                     .description = Describe(model, history[i]),
                     .call_ns = history[i].call_ns,
                     .return_ns = history[i].return_ns});
  }
  return ExplainWitness(lines);
}

template <Model M>
class Shrinker {
 public:
  // REQUIRES: the operations of the part are illegal together.
  Shrinker(const M& model, const History<M>& history, std::vector<size_t> part,
           const Limits& limits)
      : model_(model),
        history_(history),
        part_(std::move(part)),
        steps_left_(limits.max_explain_steps) {}

  // The culprit with few others, in order of their calls.
  std::vector<size_t> Shrink(size_t culprit) {
    SortByDistance(culprit);
    // The nearest operations, twice as many each time, until they are a reason.
    size_t count = 1;
    while (count < part_.size() && !IsIllegal({part_.begin(), part_.begin() + count})) count *= 2;
    kept_.assign(part_.begin(), part_.begin() + std::min(count, part_.size()));
    // Then fewer of them: the farthest go first, and the culprit stays.
    for (size_t chunk = std::max<size_t>(kept_.size() / 2, 1);; chunk /= 2) {
      for (size_t end = kept_.size(); end > 1 && steps_left_ > 0;) {
        const size_t begin = end > chunk + 1 ? end - chunk : 1;
        std::vector<size_t> fewer(kept_.begin(), kept_.begin() + begin);
        fewer.insert(fewer.end(), kept_.begin() + end, kept_.end());
        if (IsIllegal(fewer)) kept_ = std::move(fewer);
        end = begin;
      }
      if (chunk == 1) break;
    }
    std::sort(kept_.begin(), kept_.end(), [&](size_t x, size_t y) {
      return std::pair(history_[x].call_ns, x) < std::pair(history_[y].call_ns, y);
    });
    return kept_;
  }

 private:
  void SortByDistance(size_t culprit) {
    const int64_t center_ns = history_[culprit].call_ns;
    const auto distance = [&](size_t i) {
      return i == culprit ? -1 : std::abs(history_[i].call_ns - center_ns);
    };
    std::sort(part_.begin(), part_.end(), [&](size_t x, size_t y) {
      return std::pair(distance(x), x) < std::pair(distance(y), y);
    });
  }

  // Whether the operations are illegal whatever the rest of the part did.
  bool IsIllegal(const std::vector<size_t>& kept) {
    // Many that happen once or never make a large search; if they may happen any number of times,
    // it is small for objects with few states.
    return IsIllegal(kept, part_.size() - kept.size() > kMostLiftedOnce);
  }

  bool IsIllegal(const std::vector<size_t>& kept, bool repeats) {
    std::vector<bool> is_kept(history_.size());
    for (size_t i : kept) is_kept[i] = true;
    std::vector<Item<M>> items;
    for (size_t i : part_) {
      items.push_back(AsItem<M>(history_[i]));
      if (is_kept[i]) continue;
      items.back().call_ns = std::numeric_limits<int64_t>::min();
      items.back().return_ns.reset();
      items.back().repeats = repeats;
    }
    // A search that does not end soon says nothing, and the operations stay. Sorting costs, too.
    steps_left_ -= std::min<uint64_t>(steps_left_, history_.size());
    const uint64_t given = std::min<uint64_t>(steps_left_, 5000 + 50 * part_.size());
    uint64_t left = given;
    CacheBudget cache{.bytes_left = uint64_t{64} << 20};
    const Verdict verdict = PartSearch<M>(model_, std::move(items), &cache).Run(&left);
    steps_left_ -= given - left;
    return verdict == Verdict::kIllegal;
  }

  static constexpr size_t kMostLiftedOnce = 16;

  const M& model_;
  const History<M>& history_;
  std::vector<size_t> part_;
  std::vector<size_t> kept_;
  uint64_t steps_left_;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_EXPLAIN_H_
