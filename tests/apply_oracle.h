// Part of Raftlab, under the MIT License (see LICENSE).
//
// State Machine Safety and the apply channel's contract, from what servers apply.

#ifndef RAFTLAB_TESTS_APPLY_ORACLE_H_
#define RAFTLAB_TESTS_APPLY_ORACLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "raft/apply.h"
#include "sim/world.h"

namespace tests {

class ApplyOracle {
 public:
  ApplyOracle(sim::World& world, int servers)
      : world_(world), servers_(static_cast<size_t>(servers)) {}

  // A server boots from a snapshot through `index`; 0 if it has none.
  void Booted(sim::NodeId node, int64_t index);
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
    int64_t first = 1;  // what comes before was in the snapshot that it booted from
    int64_t last = 0;
  };
  struct Committed {
    raft::ApplyMsg msg;
    sim::NodeId first_by;
    sim::Nanos at;
  };

  void AppliedSnapshot(sim::NodeId node, const raft::ApplyMsg& msg);
  void AppliedEntry(sim::NodeId node, const raft::ApplyMsg& msg);

  sim::World& world_;
  std::vector<Server> servers_;
  std::vector<Committed> committed_;  // by index - 1
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_APPLY_ORACLE_H_
