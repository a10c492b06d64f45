// Part of Raftlab, under the MIT License (see LICENSE).
//
// Swarm tests (Groce et al., "Swarm Testing", ISSTA 2012): random commands under weather that is
// another one for each seed.

#ifndef RAFTLAB_TESTS_SWARM_H_
#define RAFTLAB_TESTS_SWARM_H_

#include "absl/time/time.h"
#include "tests/weather.h"

namespace tests {

struct Swarm {
  absl::Duration length = absl::Seconds(24);  // of the weather
  bool commands = true;                       // without: elections only
  bool snapshots = false;
  Climate climate = {};
};

// Three or five servers under weather, with commands; then the weather ends, a majority must make
// progress alone, and at last all must agree.
void RunSwarm(sim::World& world, const Swarm& swarm);

}  // namespace tests

#endif  // RAFTLAB_TESTS_SWARM_H_
