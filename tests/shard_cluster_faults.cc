// Part of Raftlab, under the MIT License (see LICENSE).
//
// What befalls the machines of a ShardCluster, and what their disks hold.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/shard_cluster.h"

namespace tests {

using sim::Verdict;

void ShardCluster::CrashGroup(int number) {
  Cluster& servers = group(number);
  for (int server = 0; server < servers.size(); ++server) servers.Crash(server);
}

void ShardCluster::RestartGroup(int number) {
  Cluster& servers = group(number);
  for (int server = 0; server < servers.size(); ++server) servers.RestartAndConnect(server);
}

int ShardCluster::LeaderOf(int number) {
  Cluster& servers = group(number);
  int leader = -1;
  int64_t newest = -1;
  for (int server = 0; server < servers.size(); ++server) {
    const auto state = servers.GetState(server);
    if (!state.has_value() || !state->is_leader || state->term <= newest) continue;
    leader = server;
    newest = state->term;
  }
  return leader;
}

int ShardCluster::AwaitLeaderOf(int group) {
  const absl::Time end = sim::Now() + absl::Seconds(10);
  for (; sim::Now() < end; SleepMillis(10)) {
    if (const int leader = LeaderOf(group); leader >= 0) return leader;
  }
  return this->group(group).AwaitOneLeader();  // which says what is wrong
}

void ShardCluster::SetLinks(const std::vector<int>& nodes, const std::vector<int>& others,
                            bool up) {
  for (const int node : nodes) {
    for (const int other : others) {
      network().SetLink(node, other, up);
      network().SetLink(other, node, up);
    }
  }
}

void ShardCluster::SetLinks(int group, int other, bool up) {
  sim::Log(sim::Topic::kTest, "%s groups %d and %d", up ? "mend the links between" : "cut off",
           GidOf(group), GidOf(other));
  SetLinks(NodesOf(group), NodesOf(other), up);
}

void ShardCluster::SetOutsideLinks(int group, int server, bool up) {
  std::vector<int> outside;
  for (int node = 0; node < machines_.world().node_count(); ++node) {
    if (GroupOf(node) != group) outside.push_back(node);
  }
  SetLinks({this->group(group).NodeOf(server)}, outside, up);
}

void ShardCluster::SetControllerLinks(int group, bool up) {
  sim::Log(sim::Topic::kTest, "group %d %s the controller", GidOf(group),
           up ? "can reach" : "cannot reach");
  SetLinks(NodesOf(group), {0, 1, 2}, up);
}

void ShardCluster::SetHears(int client, int group, bool hears) {
  sim::Log(sim::Topic::kTest, "client %d %s group %d", client, hears ? "hears" : "does not hear",
           GidOf(group));
  for (const int node : NodesOf(group)) network().SetLink(node, NodeOf(client), hears);
}

void ShardCluster::CheckLogSizes() {
  const int64_t limit = options_.max_raft_state;
  for (int number = 0; number < groups(); ++number) {
    Cluster& servers = group(number);
    if (limit > 0 && servers.LogSize() > 8 * limit) {
      servers.Fail(Verdict::kBudget,
                   absl::StrFormat("a server's Raft has saved %d bytes; with a limit of %d the log "
                                   "is to be compacted before it has %d",
                                   servers.LogSize(), limit, 8 * limit));
    }
    for (int server = 0; limit == 0 && server < servers.size(); ++server) {
      const size_t size = servers.world().disk(servers.NodeOf(server)).snapshot.size();
      if (size == 0) continue;
      servers.Fail(
          Verdict::kBudget,
          absl::StrFormat("n%d has a snapshot of %d bytes, though it was told to make none", server,
                          size));
    }
  }
}

int64_t ShardCluster::StoredBytes(int number, int server) {
  const sim::Disk& disk = machines_.world().disk(group(number).NodeOf(server));
  return static_cast<int64_t>(disk.state.size() + disk.snapshot.size());
}

int64_t ShardCluster::StoredBytes() {
  int64_t bytes = 0;
  for (int number = 0; number < groups(); ++number) {
    for (int server = 0; server < group(number).size(); ++server) {
      bytes += StoredBytes(number, server);
    }
  }
  return bytes;
}

}  // namespace tests
