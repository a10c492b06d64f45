// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a remote call costs: encoded, carried through the network to another node and decoded there,
// its handler run on a fiber, and all of that back again. See world_timing.h for how to read the
// times.

#include <cstdint>
#include <memory>
#include <optional>

#include <benchmark/benchmark.h>

#include "absl/time/time.h"
#include "bench/world_timing.h"
#include "labrpc/labrpc.h"
#include "labrpc/network.h"
#include "raft/messages.h"
#include "sim/host.h"
#include "sim/sim.h"

namespace {

using bench::StopWatch;
using bench::TimeRuns;

constexpr int64_t kCalls = 20'000;
constexpr int64_t kWarmUp = 500;

void ServeVotes() {
  labrpc::Service service("Raft");
  service.Handle<raft::RequestVoteArgs>("RequestVote", [](const raft::RequestVoteArgs& args) {
    return raft::RequestVoteReply{.term = args.term, .vote_granted = true};
  });
  labrpc::Serve(service);
}

// Calls node 1 until all calls are made, by whichever fiber.
void CallInTurn(int64_t* calls, StopWatch* watch) {
  const labrpc::ClientEnd peer(1);
  while (*calls < kWarmUp + kCalls) {
    if (++*calls == kWarmUp) watch->Begin();
    const raft::RequestVoteArgs args{
        .term = 3, .candidate_id = 0, .last_log_index = *calls, .last_log_term = 2};
    benchmark::DoNotOptimize(peer.Call<raft::RequestVoteReply>("Raft.RequestVote", args));
    if (*calls == kWarmUp + kCalls && !watch->done()) watch->End();
  }
}

// A RequestVote and its reply between two nodes on a reliable network; so many fibers call at once.
void BM_RequestVoteRoundTrip(benchmark::State& state) {
  const int64_t callers = state.range(0);
  TimeRuns(state, kCalls, [callers](sim::World& world, StopWatch& watch) {
    int64_t calls = 0;
    const auto boot = [&](const sim::BootImage& image) {
      ServeVotes();
      if (image.node != 0) return;
      for (int64_t i = 0; i < callers; ++i) {
        sim::Go("caller", [&calls, &watch] { CallInTurn(&calls, &watch); });
      }
    };
    world.AddNodes(std::make_unique<sim::LocalHost>(world.host_options(), boot), 2);
    labrpc::Network network(world);
    world.SetOutputHandler([&network](sim::NodeId node, sim::Output& output) {
      if (output.kind == sim::Output::Kind::kSend) network.TakeSend(node, output);
      if (output.kind == sim::Output::Kind::kReply) network.TakeReply(node, output);
    });
    world.Run([&world, &watch] {
      for (int node = 0; node < 2; ++node) world.Boot(node, 2, "");
      while (!watch.done()) sim::SleepFor(absl::Seconds(1));
    });
  });
}
BENCHMARK(BM_RequestVoteRoundTrip)->Arg(1)->Arg(10)->UseManualTime();

}  // namespace
