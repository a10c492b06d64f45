// Part of Raftlab, under the MIT License (see LICENSE).
//
// What it costs three servers of the reference Raft to commit 10,000 commands: on a reliable
// network, without oracles. The time is that of one command, with everything that the world and all
// three servers do for it. See world_timing.h for how to read the times.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/world_timing.h"
#include "labgob/labgob.h"
#include "labrpc/network.h"
#include "raft/apply.h"
#include "raft/server.h"
#include "sim/fiber.h"
#include "sim/host.h"
#include "sim/sim.h"

namespace {

using bench::StopWatch;
using bench::TimeRuns;

constexpr int kServers = 3;
constexpr int64_t kCommands = 10'000;

// Three servers, and what the one of them that leads has applied.
class Group {
 public:
  Group(sim::World& world, int64_t snapshot_interval)
      : world_(WithNodes(world)), snapshot_interval_(snapshot_interval), network_(world) {
    world_.SetOutputHandler(
        [this](sim::NodeId node, sim::Output& output) { HandleOutput(node, output); });
    for (int server = 0; server < kServers; ++server) {
      world_.Boot(server, kServers,
                  labgob::Encode(raft::ServerConfig{.snapshot_interval = snapshot_interval}));
    }
  }

  void AwaitLeader() {
    while (true) {
      sim::SleepFor(absl::Milliseconds(100));
      for (leader_ = 0; leader_ < kServers; ++leader_) {
        if (Ask<raft::GetStateReply>("Judge.GetState", raft::GetStateArgs{}).is_leader) return;
      }
    }
  }

  // Gives the leader a command and returns its index.
  int64_t Start(std::string command) {
    const auto reply =
        Ask<raft::StartReply>("Judge.Start", raft::StartArgs{.command = std::move(command)});
    if (!reply.is_leader) sim::Fail(sim::Verdict::kLiveness, "the leader has lost its term");
    return reply.index;
  }

  void AwaitApplied(int64_t index) {
    while (applied_ < index) progress_.Wait(sim::WaitKind::kJudge, {__FILE__, __LINE__});
  }

 private:
  static sim::World& WithNodes(sim::World& world) {
    world.AddNodes(std::make_unique<sim::LocalHost>(world.host_options(), &raft::RunServer),
                   kServers);
    return world;
  }

  template <class Reply, class Args>
  Reply Ask(const std::string& method, const Args& args) {
    const std::optional<std::string> bytes =
        network_.Ask(leader_, method, labgob::Encode(args), absl::Seconds(1));
    if (!bytes.has_value()) sim::Fail(sim::Verdict::kLiveness, absl::StrCat(method, ": no answer"));
    return *labgob::Decode<Reply>(*bytes);
  }

  void HandleOutput(sim::NodeId node, sim::Output& output) {
    if (output.kind == sim::Output::Kind::kSend) network_.TakeSend(node, output);
    if (output.kind == sim::Output::Kind::kReply) network_.TakeReply(node, output);
    if (output.kind != sim::Output::Kind::kEvent) return;
    const int64_t index = labgob::Decode<raft::ApplyMsg>(output.bytes)->index;
    if (snapshot_interval_ > 0 && (index + 1) % snapshot_interval_ == 0) {
      network_.Tell(node, "Judge.Snapshot",
                    labgob::Encode(raft::SnapshotArgs{.index = index, .snapshot = "a snapshot"}));
    }
    if (node != leader_) return;
    applied_ = index;
    progress_.WakeAll();
  }

  sim::World& world_;
  const int64_t snapshot_interval_;
  labrpc::Network network_;
  sim::NodeId leader_ = 0;
  int64_t applied_ = 0;  // through this index, by the leader
  sim::WaitQueue progress_;
};

// `batch` commands are given at once; the next ones when the leader has applied them.
void CommitCommands(benchmark::State& state, int64_t batch, int64_t snapshot_interval) {
  TimeRuns(state, kCommands, [batch, snapshot_interval](sim::World& world, StopWatch& watch) {
    std::optional<Group> group;
    world.Run([&] {
      group.emplace(world, snapshot_interval);
      group->AwaitLeader();
      watch.Begin();
      for (int64_t done = 0; done < kCommands; done += batch) {
        int64_t last = 0;
        for (int64_t i = 0; i < batch; ++i) last = group->Start(absl::StrCat("set x ", done + i));
        group->AwaitApplied(last);
      }
      watch.End();
    });
  });
}

// The log is compacted every thousand entries, as a service would do it.
void BM_CommitInBatches(benchmark::State& state) { CommitCommands(state, state.range(0), 1000); }

// Without snapshots each save holds the whole log, which grows to 10,000 entries: the labs' cost of
// persistence before 2D.
void BM_CommitWithoutSnapshots(benchmark::State& state) {
  CommitCommands(state, state.range(0), 0);
}

BENCHMARK(BM_CommitInBatches)->Arg(1)->Arg(10)->Arg(100)->UseManualTime();
BENCHMARK(BM_CommitWithoutSnapshots)->Arg(1)->Arg(100)->UseManualTime();

}  // namespace
