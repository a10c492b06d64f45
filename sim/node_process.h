// Part of Raftlab, under the MIT License (see LICENSE).
//
// A node's own process, from the first instruction to the last: see node_process.cc.

#ifndef RAFTLAB_SIM_NODE_PROCESS_H_
#define RAFTLAB_SIM_NODE_PROCESS_H_

#include <string>

#include "sim/lockdown.h"

namespace sim {

// The name, in the students' shared object, of a `void (const sim::BootImage&)` with C linkage:
// what runs on a machine from boot on.
inline constexpr char kProgramName[] = "raftlab_program";

// Locks the process down, loads `library`, and lives the life that the frames tell. REQUIRES: a
// fresh child of the node host, with frames on kFramesIn and kFramesOut.
[[noreturn]] void LiveAsNode(const std::string& library, const Lockdown& lockdown);

}  // namespace sim

#endif  // RAFTLAB_SIM_NODE_PROCESS_H_
