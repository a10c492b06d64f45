// Part of Raftlab, under the MIT License (see LICENSE).

#ifndef RAFTLAB_SIM_PROCESSOR_H_
#define RAFTLAB_SIM_PROCESSOR_H_

#include <vector>

namespace sim {

// Keeps the calling process on this processor of the machine, if it may run there. Processes that
// take turns are several times cheaper on one processor than on two.
void KeepOnProcessor(int processor);

// Those that the calling process may use, by the machine's numbers, in their order.
std::vector<int> UsableProcessors();

}  // namespace sim

#endif  // RAFTLAB_SIM_PROCESSOR_H_
