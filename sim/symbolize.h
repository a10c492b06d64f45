// Part of Raftlab, under the MIT License (see LICENSE).

#ifndef RAFTLAB_SIM_SYMBOLIZE_H_
#define RAFTLAB_SIM_SYMBOLIZE_H_

#include <string>
#include <vector>

#include "sim/failure.h"

namespace sim {

// "raft/raft.cc:120 raft::Raft::Start(...)" for each frame of the project's own code, that of sim/
// only if `framework`, by binutils' addr2line; function names alone, or nothing, where that is
// missing. Slow (a process per module): for reports only.
std::vector<std::string> Symbolize(const std::vector<Frame>& frames, bool framework);

}  // namespace sim

#endif  // RAFTLAB_SIM_SYMBOLIZE_H_
