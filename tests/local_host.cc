// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/server.h"
#include "tests/host.h"

namespace tests {

std::unique_ptr<sim::Host> MakeHost(sim::World& world) {
  return std::make_unique<sim::LocalHost>(world.host_options(), &raft::RunServer);
}

std::string PrepareHosts(std::vector<std::string>*) { return ""; }

void ReleaseHosts() {}

bool RunsTakeTurns() { return false; }

std::string HostFlag() { return ""; }

}  // namespace tests
