// Part of Raftlab, under the MIT License (see LICENSE).
//
// Fibers on Boost.Fiber. This is the one place that knows that library: it installs a scheduling
// algorithm that runs whatever it is told to, so that the decision is the machine's (machine.cc).

#ifndef RAFTLAB_SIM_SCHEDULER_H_
#define RAFTLAB_SIM_SCHEDULER_H_

#include <cstdint>

#include "sim/fiber.h"

namespace sim {

// Usable bytes of a fiber's stack; below lies a guard page.
inline constexpr size_t kStackBytes = size_t{256} << 10;
inline constexpr size_t kGuardBytes = size_t{64} << 10;  // more than a large frame

// Takes a fiber from the pool, or makes one. It has run nothing; SwitchTo starts it at its body.
Fiber* TakeFiber();
// Ends the calling fiber's body for good: it goes back to the pool, `next` runs.
void FinishCurrentFiber(Fiber* next);
// Takes a suspended fiber out of the world without running its destructors; its stack is used
// again.
void AbandonFiber(Fiber* fiber);
// Suspends the caller and runs `next`; null stands for the loop that steps the machines.
void SwitchTo(Fiber* next);

// How many switches there were: what the watchdog watches.
uint64_t SwitchCount();
// Progress of another kind, for the watchdog: a step of a node elsewhere.
void CountAsSwitch();

}  // namespace sim

#endif  // RAFTLAB_SIM_SCHEDULER_H_
