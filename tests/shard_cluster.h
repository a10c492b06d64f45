// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4 as a test sees it: a shard controller of 3 servers, replica groups, clients of both. Each
// of controller and groups is a Cluster (cluster.h), on machines of a common network: first the
// controller's, then group after group, then the controller's clients, and last those of the groups
// (kv_clients.h). Clients may be misled: then there is one more controller, which they ask and no
// group does, on the last machines.

#ifndef RAFTLAB_TESTS_SHARD_CLUSTER_H_
#define RAFTLAB_TESTS_SHARD_CLUSTER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shardkv/config.h"
#include "shardkv/program.h"
#include "tests/cluster.h"
#include "tests/config_oracle.h"
#include "tests/kv_clients.h"
#include "tests/machines.h"
#include "tests/owner_oracle.h"

namespace tests {

using shardkv::Config;
using shardkv::Gid;

class ShardCluster : public KvClients {
 public:
  struct Options {
    int groups = 3;
    std::vector<int> sizes = {};  // servers of the groups, one after the other; of others 3
    int clients = 1;
    int misled = 0;    // so many of them, the last ones, ask the other controller
    int controls = 1;  // clients of the controller
    int64_t shards = 10;
    bool reliable = true;
    int64_t max_raft_state = 0;                          // of the groups, in bytes; 0: no snapshots
    absl::Duration slowest_save = absl::ZeroDuration();  // how long a group's disk may take
  };

  // Boots all; no group has joined yet.
  ShardCluster(sim::World& world, const Options& options);
  ShardCluster(const ShardCluster&) = delete;
  ShardCluster& operator=(const ShardCluster&) = delete;
  // Checks the history, and with the controller healed all configurations and who has answered
  // under them.
  ~ShardCluster();

  Cluster& controller() { return *controller_; }
  // 0 to groups()-1.
  Cluster& group(int group) { return *groups_[static_cast<size_t>(group)]; }
  int groups() const { return options_.groups; }
  labrpc::Network& network() override { return machines_.network(); }
  sim::Choices& chance() { return controller_->chance(); }

  // What configurations call the group: 100, 101, ...
  static Gid GidOf(int group) { return 100 + group; }
  // Its machines.
  std::vector<int> NodesOf(int group) const;
  // Of a machine; -1 if it is no group's.
  int GroupOf(sim::NodeId node) const;
  sim::NodeId NodeOf(int client) const override {
    return ControlNode(options_.controls + IsMisled()) + client;
  }

  // --- The controller, by one of its clients. Each waits until the call has returned, and fails
  // the run if that takes too long. ---

  void Join(const std::vector<int>& groups, int control = 0);
  void Leave(const std::vector<int>& groups, int control = 0);
  // Of groups that need not be there.
  void JoinGids(const shardkv::Groups& groups, int control = 0);
  void LeaveGids(const std::vector<Gid>& gids, int control = 0);
  void Move(int64_t shard, Gid gid, int control = 0);
  Config Query(int64_t number = -1, int control = 0);
  // However long it takes; nothing if the client goes away meanwhile.
  std::optional<Config> Control(int control, const shardkv::ControlArgs& args);
  std::optional<Config> TryMove(int64_t shard, Gid gid, int control);
  // The controller's client goes away, with what it was asking for, and comes back.
  void NewControl(int control);
  // The client of the other controller.
  int MisledControl() const { return options_.controls; }

  // --- Faults. ---

  void CrashGroup(int group);
  void RestartGroup(int group);
  // A server of the group that leads, in the newest term; -1 if none does.
  int LeaderOf(int group);
  // Waits until there is one.
  int AwaitLeaderOf(int group);
  // No message gets from one group to the other, or all do.
  void SetLinks(int group, int other, bool up);
  // The same between a group's server and all machines that are not of its group.
  void SetOutsideLinks(int group, int server, bool up);
  // The same between the group and the controller.
  void SetControllerLinks(int group, bool up);
  // Whether the client hears of what the group's servers answer; they get what it asks either way.
  void SetHears(int client, int group, bool hears);

  // --- Claims. ---

  // No Raft of the groups has saved more than eight times the limit; without one, there are no
  // snapshots.
  void CheckLogSizes();
  // What one server of a group, or all of all, have on their disks, in bytes.
  int64_t StoredBytes(int group, int server);
  int64_t StoredBytes();

 private:
  static constexpr int kControllers = 3;

  static int SizeOf(const Options& options, int group);
  static int MachinesOf(const Options& options);
  bool IsMisled() const { return options_.misled > 0; }
  sim::NodeId FirstNodeOf(int group) const;
  sim::NodeId ControlNode(int control) const { return FirstNodeOf(options_.groups) + control; }
  // The machine of the judge's own client of the controller, behind all other clients.
  sim::NodeId AuditorNode() const { return NodeOf(options_.clients); }
  sim::NodeId OtherController() const { return AuditorNode() + 1; }
  // The machines of the controller that begins there, in an order by chance.
  std::vector<int> ShuffledControllers(sim::NodeId first);
  std::unique_ptr<Cluster> MakeController(const std::string& name, sim::NodeId first);
  std::optional<Config> Control(int control, const shardkv::ControlArgs& args,
                                absl::Duration limit);
  std::optional<Config> AskClerk(sim::NodeId node, const shardkv::ControlArgs& args,
                                 absl::Duration limit);
  // Fails the run if there can be no configuration of its number yet.
  void CheckNumber(const Config& config);
  // Each fails the run if it takes too long.
  Config ControlNow(int control, const shardkv::ControlArgs& args);
  Config AskClerkNow(sim::NodeId node, const shardkv::ControlArgs& args);
  [[noreturn]] void FailForLateness(shardkv::ControlKind kind);
  void BootControl(sim::NodeId node);
  void SetLinks(const std::vector<int>& nodes, const std::vector<int>& others, bool up);
  // A server of a group has booted, or reports something.
  void HandleEvent(sim::NodeId node, const std::string& event, const std::string& bytes);
  void HandleMessage(const labrpc::Call& call, bool arrived);
  void Begins(int client) override { owners_.Begins(client); }
  void Returns(int client, const std::string& key) override;
  // Reads all configurations, and checks what can be known of the run with them.
  void Audit();

  sim::World& world() override { return machines_.world(); }
  std::vector<std::string> DescribeServers() override;
  void BootClerk(int client) override;
  std::vector<Cluster::Fault> AllFaults() override;

  const Options options_;
  ConfigOracle configs_;
  OwnerOracle owners_;
  Machines machines_;
  std::unique_ptr<Cluster> controller_;
  std::unique_ptr<Cluster> other_controller_;  // if anybody is misled
  std::vector<std::unique_ptr<Cluster>> groups_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_SHARD_CLUSTER_H_
