// Part of Raftlab, under the MIT License (see LICENSE).
//
// The servers in the run's own process, as in local_host.cc, but of a shared object that is loaded
// when the program starts: one test program for many Rafts (`./lab mutants`).

#include <algorithm>
#include <dlfcn.h>

#include "absl/strings/str_cat.h"
#include "sim/node_process.h"
#include "tests/host.h"

namespace tests {
namespace {

using ProgramFunction = void(const sim::BootImage&);

ProgramFunction* g_program = nullptr;

}  // namespace

std::unique_ptr<sim::Host> MakeHost(sim::World& world) {
  return std::make_unique<sim::LocalHost>(world.host_options(), g_program);
}

std::string PrepareHosts(std::vector<std::string>* arguments) {
  const auto flag = std::find(arguments->begin(), arguments->end(), "--server");
  if (flag == arguments->end() || flag + 1 == arguments->end()) {
    return "the servers are missing: say --server and the shared object that they are built into";
  }
  void* const library = dlopen((flag + 1)->c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const program = library != nullptr ? dlsym(library, sim::kProgramName) : nullptr;
  if (program == nullptr) return absl::StrCat("the servers cannot be loaded: ", dlerror());
  g_program = reinterpret_cast<ProgramFunction*>(program);
  arguments->erase(flag, flag + 2);
  return "";
}

void ReleaseHosts() {}

bool RunsTakeTurns() { return false; }

std::string HostFlag() { return ""; }

}  // namespace tests
