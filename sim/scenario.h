// Part of Raftlab, under the MIT License (see LICENSE).
//
// For sim's own tests: a world of a few nodes that all run one program, in a child process. What a
// test wants to know comes back as figures (Report), as printed text, or as the run's verdict.
//
//   const RunResult result = RunScenario({.program = [](const BootImage&) { Report("answer", 42);
//   }}); EXPECT_EQ(result.stats.at("answer"), 42);

#ifndef RAFTLAB_SIM_SCENARIO_H_
#define RAFTLAB_SIM_SCENARIO_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "sim/host.h"
#include "sim/run.h"
#include "sim/sim.h"
#include "sim/world.h"

namespace sim {

struct Scenario {
  RunOptions options = {};
  int nodes = 1;
  Machine::Program program = [](const BootImage&) {};  // of every node
  // The judge's fiber; without one, all nodes are booted and run for a second.
  std::function<void(World&)> test = {};
  World::OutputHandler on_output = {};
};

inline void BootAll(World& world) {
  for (NodeId node = 0; node < world.node_count(); ++node) {
    world.Boot(node, world.node_count(), "");
  }
}

// The body of a run, for those who start it themselves.
inline RunBody BodyOf(const Scenario& scenario) {
  return [scenario](World& world) {
    world.AddNodes(std::make_unique<LocalHost>(world.host_options(), scenario.program),
                   scenario.nodes);
    world.SetOutputHandler(scenario.on_output);
    world.Run([&world, &scenario] {
      if (scenario.test) return scenario.test(world);
      BootAll(world);
      sim::SleepFor(absl::Seconds(1));
    });
  };
}

inline RunResult RunScenario(const Scenario& scenario) {
  return RunInChild(scenario.options, BodyOf(scenario));
}

// A program's figure for the parent; both sides of the border are in one process here.
inline void Report(const std::string& name, int64_t value) {
  World::Current().stats()[name] = value;
}
inline void Count(const std::string& name) { ++World::Current().stats()[name]; }

}  // namespace sim

#endif  // RAFTLAB_SIM_SCENARIO_H_
