// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4 as a test sees it: a shard controller, replica groups, clients of either; each server group
// is a Cluster (cluster.h) on machines of a common network. The controller has 3 servers.
//
// Who is who: the controller's servers are the machines n0 to n2, the groups' servers follow, group
// after group, then the client of the controller, and last the clients of the groups.

#ifndef RAFTLAB_TESTS_SHARD_CLUSTER_H_
#define RAFTLAB_TESTS_SHARD_CLUSTER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shardkv/config.h"
#include "shardkv/program.h"
#include "tests/cluster.h"
#include "tests/kv_history.h"
#include "tests/machines.h"

namespace tests {

using shardkv::Config;
using shardkv::Gid;

class ShardCluster {
 public:
  struct Options {
    int groups = 3;
    int servers = 3;  // of each group
    int clients = 1;
    int controls = 1;  // clients of the controller
    int64_t shards = 10;
    bool reliable = true;
    int64_t max_raft_state = 0;  // bytes; 0: no snapshots
  };

  // Boots all; nobody has joined yet.
  ShardCluster(sim::World& world, const Options& options);
  ShardCluster(const ShardCluster&) = delete;
  ShardCluster& operator=(const ShardCluster&) = delete;

  Cluster& controller() { return *controller_; }
  // By number, 0 to groups-1.
  Cluster& group(int number) { return *groups_[static_cast<size_t>(number)]; }
  int groups() const { return options_.groups; }
  labrpc::Network& network() { return machines_.network(); }
  sim::Choices& chance() { return controller_->chance(); }
  KvHistory& history() { return history_; }

  // The group's name in configurations: 100, 101, ...
  Gid GidOf(int group) const { return 100 + group; }

  // --- The controller, by its client `control`. Each waits until the call has returned, and fails
  // the run if that takes too long. ---
  void Join(const std::vector<int>& groups, int control = 0);
  void Leave(const std::vector<int>& groups, int control = 0);
  void JoinAs(const shardkv::Groups& groups, int control = 0);
  void LeaveAs(const std::vector<Gid>& gids, int control = 0);
  void Move(int64_t shard, Gid gid, int control = 0);
  Config Query(int64_t number = -1, int control = 0);

  // --- Faults. ---
  void CrashGroup(int group);
  void RestartGroup(int group);

  // --- Claims. ---
  // No server's Raft has saved more than eight times the limit; without one, there are no snapshots.
  void CheckLogSizes();

  [[noreturn]] void Fail(sim::Verdict verdict, std::string message) {
    controller_->Fail(verdict, std::move(message));
  }

 private:
  int FirstNodeOf(int group) const { return kControllers + group * options_.servers; }
  int ControlNode(int control) const { return FirstNodeOf(options_.groups) + control; }
  int ClientNode(int client) const { return ControlNode(options_.controls) + client; }
  std::vector<int> NodesOf(int group) const;
  std::vector<int> ShuffledControllers();
  shardkv::ControlReply Control(int control, const shardkv::ControlArgs& args);

  static constexpr int kControllers = 3;
  const Options options_;
  Machines machines_;
  std::unique_ptr<Cluster> controller_;
  std::vector<std::unique_ptr<Cluster>> groups_;
  KvHistory history_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_SHARD_CLUSTER_H_
