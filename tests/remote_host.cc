// Part of Raftlab, under the MIT License (see LICENSE).
//
// The judge's programs: all words behind --node-host are the command that starts the node host.

#include "sim/remote_host.h"

#include <algorithm>

#include "sim/host_process.h"
#include "tests/host.h"

namespace tests {

std::unique_ptr<sim::Host> MakeHost(sim::World& world) {
  return std::make_unique<sim::RemoteHost>(world.host_options());
}

std::string PrepareHosts(std::vector<std::string>* arguments) {
  const auto flag = std::find(arguments->begin(), arguments->end(), "--node-host");
  if (flag == arguments->end()) {
    return "the servers' processes are missing: say --node-host and the command that starts them, "
           "or let `./lab test --isolated` do it";
  }
  const absl::Status started = sim::StartNodeHost({flag + 1, arguments->end()});
  arguments->erase(flag, arguments->end());
  return std::string(started.message());
}

void ReleaseHosts() { sim::StopNodeHost(); }

bool RunsTakeTurns() { return true; }

std::string HostFlag() { return " --isolated"; }

}  // namespace tests
