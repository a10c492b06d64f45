// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4 at the size of a data centre: 20 groups of 3 servers, 100 shards, 50 clients, for 30 s of
// virtual time. About twice a second groups join or leave or a shard moves, and about twice a
// second a server crashes and comes back. All oracles are on, and the history is checked.
//
// The `Time` column is the CPU time of a run, all of it; beside it stand what happened in the last
// one, and the most memory that one has taken, in MiB.

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "sim/run.h"
#include "sim/sim.h"
#include "tests/shard_cluster.h"

namespace {

using kvraft::OperationKind;
using tests::ShardCluster;
using tests::SleepMillis;

constexpr int kGroups = 20;
constexpr int kShards = 100;
constexpr int kClients = 50;
constexpr absl::Duration kLength = absl::Seconds(30);

class Run {
 public:
  explicit Run(sim::World& world)
      : cluster_(
            world,
            {.groups = kGroups, .clients = kClients, .shards = kShards, .max_raft_state = 20'000}) {
  }

  void Go() {
    for (int group = 0; group < kGroups / 2; ++group) present_.insert(group);
    cluster_.Join({present_.begin(), present_.end()});
    for (int client = 0; client < kClients; ++client) {
      Begin(absl::StrCat("client ", client), [this, client] { Operate(client); });
    }
    Begin("changes", [this] { Change(); });
    Begin("crashes", [this] { Crash(); });
    sim::SleepFor(kLength);
    ended_ = true;
    while (working_ > 0) SleepMillis(10);
    for (int shard = 0; shard < kShards; ++shard) cluster_.Get(0, KeyOf(shard));
  }

 private:
  // Again and again, until the end.
  void Begin(const std::string& name, std::function<void()> what) {
    ++working_;
    sim::Go(name, [this, what = std::move(what)] {
      while (!ended_) what();
      --working_;
    });
  }

  int Draw(int n, const char* site) {
    return static_cast<int>(cluster_.chance().Choose(static_cast<uint64_t>(n), site));
  }
  // A key of each shard.
  static std::string KeyOf(int shard) { return std::string(1, static_cast<char>(27 + shard)); }

  void Operate(int client) {
    const std::string key = KeyOf(Draw(kShards, "key"));
    if (Draw(2, "operation") == 0) {
      cluster_.Operate(client, OperationKind::kGet, key);
    } else if (Draw(10, "put") == 0) {
      cluster_.Operate(client, OperationKind::kPut, key, cluster_.NewText());
    } else {
      cluster_.Operate(client, OperationKind::kAppend, key, cluster_.NewText());
    }
    SleepMillis(Draw(40, "pause"));
  }

  void Change() {
    SleepMillis(Draw(1000, "between-changes"));
    const int group = Draw(kGroups, "group");
    if (!present_.contains(group)) {
      cluster_.Join({group});
      present_.insert(group);
    } else if (present_.size() > kGroups / 4 && Draw(2, "leaves") == 0) {
      cluster_.Leave({group});
      present_.erase(group);
    } else {
      cluster_.Move(Draw(kShards, "shard"), ShardCluster::GidOf(group));
    }
  }

  void Crash() {
    SleepMillis(Draw(500, "between-crashes"));
    tests::Cluster& servers = cluster_.group(Draw(kGroups, "group"));
    const int server = Draw(servers.size(), "server");
    servers.Crash(server);
    SleepMillis(Draw(500, "down"));
    servers.RestartAndConnect(server);
  }

  ShardCluster cluster_;
  std::set<int> present_;  // the groups that have joined and not left
  bool ended_ = false;
  int working_ = 0;
};

void TwentyGroups(benchmark::State& state) {
  uint64_t seed = 0;
  for ([[maybe_unused]] auto _ : state) {
    const sim::RunResult result = sim::RunInChild(
        {.seed = ++seed}, [](sim::World& world) { world.Run([&world] { Run(world).Go(); }); });
    if (result.verdict != sim::Verdict::kPass) {
      state.SkipWithError(absl::StrCat("seed ", seed, ": ", result.message).c_str());
      return;
    }
    const auto figure = [&](const char* name) {
      return static_cast<double>(result.stats.contains(name) ? result.stats.at(name) : 0);
    };
    state.SetIterationTime(static_cast<double>(result.cpu_micros) / 1e6);
    state.counters["real_s"] = static_cast<double>(result.real_micros) / 1e6;
    state.counters["virtual_s"] = static_cast<double>(result.virtual_time) / 1e9;
    state.counters["rpcs"] = figure("rpcs");
    state.counters["operations"] = figure("operations");
    state.counters["peak_MiB"] = static_cast<double>(result.peak_kilobytes) / 1024;
  }
}
BENCHMARK(TwentyGroups)->Iterations(3)->UseManualTime()->Unit(benchmark::kSecond);

}  // namespace
