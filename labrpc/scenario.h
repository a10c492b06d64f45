// Part of Raftlab, under the MIT License (see LICENSE).
//
// For labrpc's own tests: nodes that answer to a service "Echo", a client fiber on node 0, and a
// test that has the network in its hands. Figures come back by sim::Report and sim::Count.

#ifndef RAFTLAB_LABRPC_SCENARIO_H_
#define RAFTLAB_LABRPC_SCENARIO_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "labrpc/labrpc.h"
#include "labrpc/network.h"
#include "sim/scenario.h"

namespace labrpc {

struct Scenario {
  sim::RunOptions options = {};
  int nodes = 2;
  // A fiber of node 0, in each of its lives; the others only serve.
  std::function<void()> client = [] {};
  // The judge's fiber. All nodes are booted before. Without one, ten seconds pass.
  std::function<void(sim::World&, Network&)> test = {};
};

// Every method counts its runs as "handled".
inline void ServeEcho() {
  Service echo("Echo");
  echo.Handle<int64_t>("Twice", [](const int64_t& number) {
    sim::Count("handled");
    return 2 * number;
  });
  echo.Handle<int64_t>("Text", [](const int64_t& number) {
    sim::Count("handled");
    return absl::StrCat("number ", number);
  });
  echo.Handle<std::string>("Length", [](const std::string& text) {
    sim::Count("handled");
    return static_cast<int64_t>(text.size());
  });
  echo.Handle<int64_t>("Zeros", [](const int64_t& length) {
    sim::Count("handled");
    return std::string(static_cast<size_t>(length), '0');
  });
  // Takes so many milliseconds, and returns them.
  echo.Handle<int64_t>("Slow", [](const int64_t& millis) {
    sim::Count("handled");
    sim::SleepFor(absl::Milliseconds(millis));
    sim::Count("handled to the end");
    return millis;
  });
  Serve(echo);
}

inline sim::RunBody BodyOf(const Scenario& scenario) {
  return [scenario](sim::World& world) {
    const auto program = [&scenario](const sim::BootImage& image) {
      ServeEcho();
      if (image.node == 0) sim::Go("client", scenario.client);
    };
    world.AddNodes(std::make_unique<sim::LocalHost>(world.host_options(), program), scenario.nodes);
    Network network(world);
    world.SetOutputHandler([&network](NodeId node, sim::Output& output) {
      if (output.kind == sim::Output::Kind::kSend) network.TakeSend(node, output);
      if (output.kind == sim::Output::Kind::kReply) network.TakeReply(node, output);
    });
    world.Run([&] {
      sim::BootAll(world);
      if (scenario.test) return scenario.test(world, network);
      sim::SleepFor(absl::Seconds(10));
    });
  };
}

inline sim::RunResult RunScenario(const Scenario& scenario) {
  return sim::RunInChild(scenario.options, BodyOf(scenario));
}

// A power cut.
inline void CrashNode(sim::World& world, Network& network, NodeId node) {
  world.Crash(node);
  network.NodeCrashed(node);
}

// Fails the run.
inline void Want(bool condition, const std::string& sentence) {
  if (!condition) sim::Fail(sim::Verdict::kSafety, sentence);
}

inline std::optional<int64_t> Twice(int server, int64_t number) {
  return ClientEnd(server).Call<int64_t>("Echo.Twice", number);
}

inline void SleepMillis(int64_t millis) { sim::SleepFor(absl::Milliseconds(millis)); }

}  // namespace labrpc

#endif  // RAFTLAB_LABRPC_SCENARIO_H_
