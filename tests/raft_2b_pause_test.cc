// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2B: what a server does for a request is one step, whatever arrives with it. Figure 2.

#include <optional>
#include <vector>

#include "tests/cluster.h"
#include "tests/registry.h"

namespace tests {
namespace {

// Cuts a server off from all but one.
void LeaveOnly(Cluster& cluster, int server, int only) {
  for (int other = 0; other < cluster.size(); ++other) {
    if (other == server || other == only) continue;
    cluster.CutOneWay(server, other);
    cluster.CutOneWay(other, server);
  }
}

// The first of these servers that says that it leads; nothing if none does so in time.
std::optional<int> AwaitLeaderAmong(Cluster& cluster, const std::vector<int>& servers) {
  for (int look = 0; look < 100; ++look) {
    for (const int server : servers) {
      const auto state = cluster.GetState(server);
      if (state.has_value() && state->is_leader) return server;
    }
    SleepMillis(20);
  }
  return std::nullopt;
}

void Give(Cluster& cluster, int leader, int commands) {
  for (int i = 0; i < commands; ++i) {
    cluster.Start(leader, cluster.NewCommand());
    SleepMillis(2);
  }
}

LAB_TEST(Raft2B, TwoLeadersAtOnce,
         "a follower that finds requests of two leaders at once keeps what it acknowledges") {
  Cluster cluster(world, {.servers = 5});
  cluster.network().SetLongDelays(false);
  for (int round = 0; round < 8; ++round) {
    const int old_leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(old_leader);
    const std::vector<int> others = {cluster.After(old_leader, 2), cluster.After(old_leader, 3),
                                     cluster.After(old_leader, 4)};
    // While the follower stands still, entries of the old leader gather before it, and then, in
    // their places, those of a new one.
    cluster.Pause(follower);
    LeaveOnly(cluster, old_leader, follower);
    Give(cluster, old_leader, 6);
    cluster.Disconnect(old_leader);
    const std::optional<int> leader = AwaitLeaderAmong(cluster, others);
    if (leader.has_value()) Give(cluster, *leader, 4);
    cluster.Resume(follower);
    SleepMillis(400);
    cluster.HealAll();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
  }
}

}  // namespace
}  // namespace tests
