// Part of Raftlab, under the MIT License (see LICENSE).
//
// Histories: what clients asked of an object, what they were answered, and when. Plain values.
//
// An operation takes effect at one moment between its call and its return, ends included: where one
// operation returns in the nanosecond in which another is called, either may have come first. An
// operation without a return is open: it may take effect at any moment after its call, or never.
// "Linearizability: A Correctness Condition for Concurrent Objects", Herlihy and Wing, 1990.

#ifndef RAFTLAB_LINEARIZABILITY_HISTORY_H_
#define RAFTLAB_LINEARIZABILITY_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace linearizability {

template <typename InputT, typename OutputT>
struct Operation {
  using Input = InputT;
  using Output = OutputT;

  int64_t client = 0;
  Input input{};
  Output output{};  // means nothing while the operation is open
  int64_t call_ns = 0;
  std::optional<int64_t> return_ns = {};  // none: open

  bool is_open() const { return !return_ns.has_value(); }
  bool operator==(const Operation&) const = default;
};

// In any order: only the times count.
template <typename Op>
using HistoryOf = std::vector<Op>;

// The first operation that returns before it is called, which no history may contain.
template <typename Op>
std::optional<size_t> FirstMalformed(const HistoryOf<Op>& history) {
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].return_ns && *history[i].return_ns < history[i].call_ns) return i;
  }
  return std::nullopt;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_HISTORY_H_
