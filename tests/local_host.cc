// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/border.h"
#include "tests/host.h"

// The lab's own: what boots on a machine.
extern "C" void raftlab_program(const sim::BootImage& image);

namespace tests {

std::unique_ptr<sim::Host> MakeHost(sim::World& world) {
  return std::make_unique<sim::LocalHost>(world.host_options(), &raftlab_program);
}

std::string PrepareHosts(std::vector<std::string>*) { return ""; }

void ReleaseHosts() {}

bool RunsTakeTurns() { return false; }

std::string HostFlag() { return ""; }

}  // namespace tests
