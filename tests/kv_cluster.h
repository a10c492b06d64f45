// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 3 as a test sees it: servers on a cluster (cluster.h), and their clients (kv_clients.h).

#ifndef RAFTLAB_TESTS_KV_CLUSTER_H_
#define RAFTLAB_TESTS_KV_CLUSTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/cluster.h"
#include "tests/kv_clients.h"

namespace tests {

class KvCluster : public KvClients {
 public:
  struct Options {
    int servers = 5;
    int clients = 1;
    bool reliable = true;
    int64_t max_raft_state = 0;  // bytes; 0: the service makes no snapshots
    absl::Duration slowest_save = absl::ZeroDuration();
  };

  // Boots all servers and a clerk for each client; all can reach each other.
  KvCluster(sim::World& world, const Options& options);
  KvCluster(const KvCluster&) = delete;
  KvCluster& operator=(const KvCluster&) = delete;
  // Checks the history.
  ~KvCluster();

  Cluster& servers() { return servers_; }
  labrpc::Network& network() override { return servers_.network(); }
  sim::Choices& chance() { return servers_.chance(); }
  // Behind the servers.
  sim::NodeId NodeOf(int client) const override { return servers_.size() + client; }

  // From now on its clerk reaches these servers only.
  void ConnectClient(int client, const std::vector<int>& servers);
  void ConnectClientToAll(int client);
  // --- Faults. ---

  // Puts each server on a side by a coin flip.
  void PartitionAtRandom();
  // The leader and as many others as make a minority, on one side; returns them. The others, a
  // majority, are `*majority`.
  std::vector<int> CutOffLeader(std::vector<int>* majority);

  // --- Claims. ---

  // No server's Raft has saved more than eight times the limit; without one, there are no
  // snapshots.
  void CheckLogSizes();
  // No server has a snapshot of more bytes than that.
  void CheckSnapshotSizes(int64_t most);

 private:
  sim::World& world() override { return servers_.world(); }
  std::vector<std::string> DescribeServers() override { return servers_.DescribeServers(); }
  void BootClerk(int client) override;
  std::vector<Cluster::Fault> AllFaults() override { return servers_.faults(); }

  const Options options_;
  Cluster servers_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_KV_CLUSTER_H_
