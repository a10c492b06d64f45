// Part of Raftlab, under the MIT License (see LICENSE).
//
// A state machine that is replicated by Raft: what KvServer of lab 3 does for its table, for any
// state machine.
//
// Fibers: whoever executes a command waits on a fiber of its own; one fiber carries out what Raft
// has committed. They meet in `mu`, which also guards the state machine.

#ifndef RAFTLAB_SHARDKV_REPLICA_H_
#define RAFTLAB_SHARDKV_REPLICA_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "sim/mutex.h"

namespace shardkv {

#if LAB_SOLUTION
// Its state depends on the commands alone. Called with Replica::mu held.
class StateMachine {
 public:
  virtual ~StateMachine() = default;
  // Carries a command out; what its client is told.
  virtual std::string Apply(const std::string& command) = 0;
  // All of the state, as a snapshot, and the way back.
  virtual std::string Save() const = 0;
  virtual void Load(const std::string& snapshot) = 0;
};

class Replica {
 public:
  // Goes on from the persister's snapshot, if there is one. All pointers outlive it.
  Replica(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
          int64_t max_raft_state, StateMachine* machine);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Gives the command to Raft and waits until it has been carried out; what it returned. Nothing if
  // this server does not lead, if another command took its place in the log, or if it takes too
  // long: then it may or may not be carried out.
  std::optional<std::string> Execute(const std::string& command) ABSL_LOCKS_EXCLUDED(mu);

  // This server believes that it leads, and has carried out an entry of its own term: so it knows
  // all that was committed before (section 8).
  bool LeadsUpToDate() ABSL_LOCKS_EXCLUDED(mu);

  sim::Mutex mu;

 private:
  // A command that waits for the entry at an index. Raft's answer to Start names the entry exactly:
  // only that one has this index and this term (Log Matching).
  struct Waiting {
    int64_t term = 0;
    bool done = false;
    std::optional<std::string> result = {};  // none: lost
    sim::CondVar changed = {};
  };

  // The applying fiber, for ever.
  void ApplyCommitted() ABSL_LOCKS_EXCLUDED(mu);
  void Apply(const raft::ApplyMsg& msg) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  // Those of older terms than `term`, and those up to `index`, are lost.
  void GiveUpWaiting(int64_t term, int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);

  raft::Raft* const raft_;
  raft::Persister* const persister_;
  raft::ApplyChannel* const apply_channel_;
  const int64_t max_raft_state_;  // bytes; 0: no snapshots
  StateMachine* const machine_;

  int64_t applied_term_ ABSL_GUARDED_BY(mu) = 0;  // of the last entry that was carried out
  std::map<int64_t, Waiting*> waiting_ ABSL_GUARDED_BY(mu);  // by index; on their fibers' stacks
};
#endif

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_REPLICA_H_
