// Part of Raftlab, under the MIT License (see LICENSE).
//
// Where the servers of a test program live. A program is linked with one of two answers:
// local_host.cc puts them into the run's own process, remote_host.cc each into a locked-down
// process of its own (sim/remote_host.h). The tests cannot tell, and the same seed gives the same
// run.

#ifndef RAFTLAB_TESTS_HOST_H_
#define RAFTLAB_TESTS_HOST_H_

#include <memory>
#include <string>
#include <vector>

#include "sim/host.h"
#include "sim/world.h"

namespace tests {

std::unique_ptr<sim::Host> MakeHost(sim::World& world);

// What the program's command line says about that; called once, before the first run. Takes its own
// words out of `arguments`. Returns nothing, or a sentence that says what is wrong.
std::string PrepareHosts(std::vector<std::string>* arguments);

// After the last run.
void ReleaseHosts();

// Whether a run is several processes that take turns: then it is cheapest on one processor, and
// runs at the same time each need another.
bool RunsTakeTurns();

// What `./lab replay` must be told to use the same kind of host: "" or " --isolated".
std::string HostFlag();

}  // namespace tests

#endif  // RAFTLAB_TESTS_HOST_H_
