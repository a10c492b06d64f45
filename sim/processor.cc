// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/processor.h"

#include <sched.h>

namespace sim {

void KeepOnProcessor(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(processor), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

}  // namespace sim
