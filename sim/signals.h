// Part of Raftlab, under the MIT License (see LICENSE).
//
// Signals, escaped exceptions and endless loops of a run's process, turned into named verdicts.

#ifndef RAFTLAB_SIM_SIGNALS_H_
#define RAFTLAB_SIM_SIGNALS_H_

namespace sim {

// For a run's process, once, before its world begins: crash handlers on a stack of their own, a
// watchdog on CPU time, one on standing still, std::terminate.
void InstallSignalHandlers();

// This process is a node's: whatever goes wrong in it is the student's. It stands still rightly
// while `waiting`.
void SetNodeProcess(const bool* waiting);

}  // namespace sim

#endif  // RAFTLAB_SIM_SIGNALS_H_
