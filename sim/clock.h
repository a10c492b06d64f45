// Part of Raftlab, under the MIT License (see LICENSE).
//
// Virtual time for the whole process, and what else is closed or led here while a world runs: see
// interpose.cc. Framework code only.

#ifndef RAFTLAB_SIM_CLOCK_H_
#define RAFTLAB_SIM_CLOCK_H_

#include "absl/time/time.h"
#include "sim/border.h"

namespace sim {

// The date at which every run begins, 2001-09-09 01:46:40 UTC: a second past is a second in Unix
// time that is easy to read.
absl::Time WorldEpoch();

// While a world runs in this process, clocks are virtual, sleeps are the fiber's, random bytes come
// from the run's seed, and threads are refused. Memory that is fresh or freed is filled with a
// pattern, so that a program that reads it goes wrong, and every time in the same way. Outside of
// fibers and steps the clock shows `SetWorldTime`'s last value.
void EnterWorld();
void LeaveWorld();
bool InWorld();
void SetWorldTime(Nanos now);

}  // namespace sim

#endif  // RAFTLAB_SIM_CLOCK_H_
