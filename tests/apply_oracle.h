// Part of Raftlab, under the MIT License (see LICENSE).
//
// State Machine Safety, that only what was given to Start is applied, and the apply channel's
// contract, from what servers apply.

#ifndef RAFTLAB_TESTS_APPLY_ORACLE_H_
#define RAFTLAB_TESTS_APPLY_ORACLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "raft/apply.h"
#include "sim/world.h"

namespace tests {

class ApplyOracle {
 public:
  // A student's own service, of a later lab, makes snapshots and commands that mean nothing here.
  // The log calls the servers by their machines, from `first_node` on.
  ApplyOracle(sim::World& world, int servers, bool own_service = false, sim::NodeId first_node = 0)
      : world_(world),
        own_service_(own_service),
        first_node_(first_node),
        servers_(static_cast<size_t>(servers)) {}

  // A server boots from a snapshot through `index`; 0 if it has none.
  void Booted(sim::NodeId node, int64_t index);
  // The same for a service's own snapshot: its first message says where the snapshot ends.
  void BootedFromOwnSnapshot(sim::NodeId node) {
    servers_[static_cast<size_t>(node)] = {.last = 0, .may_begin_anywhere = true};
  }
  // A server is about to be given a command: it may take it once, whatever it answers.
  void Given(const std::string& command) { ++commands_[command].given; }
  // REQUIRES: called for every message of every apply channel, in order.
  void Applied(sim::NodeId node, const raft::ApplyMsg& msg);

  // What the server has applied at `index` in this life, or null. What a snapshot covered is
  // applied.
  const raft::ApplyMsg* At(sim::NodeId node, int64_t index) const;
  int64_t last_applied(sim::NodeId node) const { return servers_[static_cast<size_t>(node)].last; }
  // The largest index that any server has ever applied.
  int64_t last_committed() const { return static_cast<int64_t>(committed_.size()); }

  // The service's state after the entry at `index`, as bytes; REQUIRES: 1 <= index <=
  // last_committed().
  std::string SnapshotAt(int64_t index) const;
  // The index that bytes of SnapshotAt were made for; nothing if they are none.
  std::optional<int64_t> SnapshotIndex(const std::string& bytes) const;

 private:
  struct Server {
    int64_t last = 0;
    bool may_begin_anywhere = false;  // nothing is known of the snapshot that it booted from
  };
  struct Committed {
    raft::ApplyMsg msg;
    sim::NodeId first_by;
    sim::Nanos at;
  };
  // How often it was given, and how often it stands among what is committed.
  struct Command {
    int given = 0;
    int committed = 0;
  };

  void AppliedSnapshot(sim::NodeId node, const raft::ApplyMsg& msg);
  void AppliedEntry(sim::NodeId node, const raft::ApplyMsg& msg);
  void CheckGiven(sim::NodeId node, const raft::ApplyMsg& msg);

  sim::World& world_;
  const bool own_service_;
  const sim::NodeId first_node_;
  std::vector<Server> servers_;
  std::vector<Committed> committed_;  // by index - 1
  std::unordered_map<std::string, Command> commands_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_APPLY_ORACLE_H_
