// Part of Raftlab, under the MIT License (see LICENSE).

#ifndef RAFTLAB_SIM_SYMBOLIZE_H_
#define RAFTLAB_SIM_SYMBOLIZE_H_

#include <string>
#include <vector>

#include "sim/failure.h"

namespace sim {

// "raft/raft.cc:120 raft::Raft::Start(...)" for each frame of the project's own code, that of sim/
// only if `framework`, by binutils' addr2line; function names alone, or nothing, where that is
// missing. Frames of a node's process are looked up by the node host; what it says is not trusted.
// Slow (a process per module): for reports only.
std::vector<std::string> Symbolize(std::vector<Frame> frames, bool framework);

}  // namespace sim

#endif  // RAFTLAB_SIM_SYMBOLIZE_H_
