// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which fiber runs next, and where a running one is interrupted. Schedules are explored, not only
// replayed: each seed sees another interleaving of a node's fibers.

#ifndef RAFTLAB_SIM_STRATEGY_H_
#define RAFTLAB_SIM_STRATEGY_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/border.h"
#include "sim/choices.h"

namespace sim {

struct Fiber;

enum class StrategyKind {
  kRandom,  // any ready fiber, with interruptions at locks and unlocks
  // Priorities with a few change points (Burckhardt et al., ASPLOS 2010), and a fair tail. The
  // depth, of which one is the first priorities and the rest change points, is 2, 3 or 4: drawn
  // from the seed, anew for each life of each node.
  kPct,
  kFifo,  // first in, first out, without interruptions: the schedule that is easiest to read
  kMix,   // drawn per seed: random for 60% of them, PCT for the others
};

// "random", "pct", "fifo", "mix".
std::string_view StrategyName(StrategyKind kind);
std::optional<StrategyKind> StrategyFromName(std::string_view name);

// kMix resolved for this seed; other kinds are returned as they are.
StrategyKind ResolveStrategy(StrategyKind kind, uint64_t seed);

// One node's schedule.
class Strategy {
 public:
  // What happens to a fiber at a point where it may be interrupted.
  struct Interruption {
    bool yield = false;  // others that are ready go first
    Nanos stall = 0;     // it stands still that long, as if its thread had lost the processor
  };

  // REQUIRES: not kMix.
  Strategy(StrategyKind kind, Choices choices);

  // For a fiber that begins: larger runs first (PCT only).
  uint64_t DrawPriority();
  // The index of the fiber to run. REQUIRES: ready is not empty.
  size_t PickReady(const std::vector<Fiber*>& ready);
  // The index of the waiter to wake, of n in order of arrival.
  size_t PickWaiter(size_t n);
  Interruption AtLock(Fiber& running, bool others_ready);

 private:
  size_t PickByPriority(const std::vector<Fiber*>& ready);
  Interruption AtLockPct(Fiber& running, bool others_ready);

  StrategyKind kind_;
  Choices choices_;
  uint64_t steps_ = 0;                   // dispatches and locks so far
  std::vector<uint64_t> change_points_;  // PCT: steps at which the running fiber falls behind
  uint64_t fallen_ = 0;                  // PCT: how many have; a fallen fiber's priority
  const Fiber* last_picked_ = nullptr;
  int picked_in_a_row_ = 0;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_STRATEGY_H_
