// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/kv_workload.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/kv_cluster.h"
#include "tests/weather.h"

namespace tests {
namespace {

constexpr int kRounds = 3;
constexpr absl::Duration kRoundLength = absl::Seconds(5);
// After the faults have ended, every operation returns within this time.
constexpr absl::Duration kLongestEnd = absl::Seconds(20);

class Workers {
 public:
  Workers(KvCluster& cluster, const KvWorkload& workload)
      : cluster_(cluster), workload_(workload), per_second_(50 + Draw(150, "operations")) {}

  // New clerks begin to work.
  void Begin() {
    stopped_ = false;
    working_ = workload_.clients;
    for (int client = 0; client < workload_.clients; ++client) {
      cluster_.NewClerk(client);
      sim::Go(absl::StrCat("client ", client), [this, client] {
        Work(client);
        --working_;
      });
    }
    if (workload_.partitions) sim::Go("partitioner", [this] { Partition(); });
  }

  // Each ends with the operation that it is at, which may have to wait until the faults end.
  void Stop() { stopped_ = true; }

  // The faults of the workload end.
  void EndFaults() {
    Cluster& servers = cluster_.servers();
    if (workload_.partitions) {
      SleepMillis(1200);  // the partitioner ends
      servers.Partition({});
      SleepMillis(1000);
    }
    if (!workload_.crashes) return;
    for (int server = 0; server < servers.size(); ++server) servers.Crash(server);
    SleepMillis(1000);
    for (int server = 0; server < servers.size(); ++server) servers.RestartAndConnect(server);
  }

  // All that was begun returns. Then everything is read once more, for the history.
  void AwaitEnd() {
    const absl::Time end = sim::Now() + kLongestEnd;
    while (working_ > 0 && sim::Now() < end) SleepMillis(5);
    if (working_ > 0) cluster_.FailForOpen("all servers are up and connected");
    for (int client = 0; client < workload_.clients; ++client) {
      cluster_.Get(reader(), KeyOf(client));
    }
  }

 private:
  // A client that does nothing else: what the others wrote must be in the service, not only in
  // their own clerks.
  int reader() const { return workload_.clients; }
  int64_t Draw(uint64_t n, const char* site) {
    return static_cast<int64_t>(cluster_.chance().Choose(n, site));
  }
  static std::string KeyOf(int client) { return absl::StrCat("k", client); }

  // Reads and appends in bursts, with pauses in between.
  void Work(int client) {
    const std::string own = KeyOf(client);
    cluster_.Operate(client, OperationKind::kPut, own, cluster_.NewText());
    while (!stopped_) {
      const std::string key =
          workload_.shared_keys
              ? KeyOf(static_cast<int>(Draw(static_cast<uint64_t>(workload_.clients), "key")))
              : own;
      const int64_t what = Draw(20, "operation");
      if (what < 9) {
        cluster_.Operate(client, OperationKind::kGet, key);
      } else if (what == 9 && workload_.shared_keys) {
        cluster_.Operate(client, OperationKind::kPut, key, cluster_.NewText());
      } else {
        cluster_.Operate(client, OperationKind::kAppend, key, cluster_.NewText());
      }
      if (Draw(4, "burst") == 0) Pause();
    }
  }

  // So long that all clients together do about `per_second_` operations a second.
  void Pause() {
    const int64_t mean = 4000 * workload_.clients / per_second_;
    const absl::Time end =
        sim::Now() + absl::Milliseconds(Draw(static_cast<uint64_t>(2 * mean), "pause"));
    while (!stopped_ && sim::Now() < end) {
      sim::SleepFor(std::min(end - sim::Now(), absl::Milliseconds(100)));
    }
  }

  void Partition() {
    SleepMillis(1000);
    while (!stopped_) {
      cluster_.PartitionAtRandom();
      SleepMillis(1000 + Draw(200, "partition"));
    }
  }

  KvCluster& cluster_;
  const KvWorkload workload_;
  const int64_t per_second_;  // what all clients together do in the mean, on a good network
  bool stopped_ = false;
  int working_ = 0;
};

void AimAtLeader(Cluster& servers, Weather& weather) {
  for (int server = 0; server < servers.size(); ++server) {
    const auto state = servers.GetState(server);
    if (state.has_value() && state->is_leader) weather.Aim(server);
  }
}

}  // namespace

void RunKvWorkload(sim::World& world, const KvWorkload& workload) {
  KvCluster cluster(world, {.servers = workload.servers,
                            .clients = workload.clients + 1,
                            .reliable = !workload.unreliable,
                            .max_raft_state = workload.max_raft_state});
  Workers workers(cluster, workload);
  for (int round = 0; round < kRounds; ++round) {
    workers.Begin();
    sim::SleepFor(kRoundLength);
    workers.Stop();
    workers.EndFaults();
    workers.AwaitEnd();
    cluster.CheckLogSizes();
  }
}

void RunKvSwarm(sim::World& world, int64_t max_raft_state) {
  const Forecast forecast = DrawForecast(world, {.crashes = true, .slow_disks = true});
  const KvWorkload workload{.clients = 5, .shared_keys = true};
  KvCluster cluster(world, {.servers = world.choices("test").Chance(1, 2, "five") ? 5 : 3,
                            .clients = workload.clients + 1,
                            .max_raft_state = max_raft_state,
                            .slowest_save = forecast.slowest_save});
  Workers workers(cluster, workload);
  Weather weather(cluster.servers(), forecast);
  workers.Begin();
  for (int looks = 0; looks < 15; ++looks) {
    SleepMillis(1000);
    AimAtLeader(cluster.servers(), weather);
  }
  workers.Stop();
  weather.End();
  cluster.servers().HealAll();
  workers.AwaitEnd();
  cluster.CheckLogSizes();
}

void RunKvSpeed(sim::World& world, int64_t max_raft_state) {
  constexpr int kOperations = 1000;
  constexpr absl::Duration kLongest = absl::Microseconds(33'333);
  KvCluster cluster(world, {.servers = 3, .clients = 2, .max_raft_state = max_raft_state});
  cluster.Get(0, "k");
  const absl::Time began = sim::Now();
  std::string wanted;
  for (int i = 0; i < kOperations; ++i) {
    const std::string text = cluster.NewText();
    cluster.Append(0, "k", text);
    wanted += text;
  }
  const absl::Duration each = (sim::Now() - began) / kOperations;
  cluster.CheckValue(1, "k", wanted);
  if (each <= kLongest) return;
  cluster.servers().Fail(
      sim::Verdict::kBudget,
      absl::StrFormat("an operation takes %.1f ms in the mean; wanted %.1f at most, a third of a "
                      "heartbeat. Does the leader send a new entry at once, and does the service "
                      "answer as soon as it is applied, instead of looking now and then?",
                      absl::ToDoubleMilliseconds(each), absl::ToDoubleMilliseconds(kLongest)));
}

}  // namespace tests
