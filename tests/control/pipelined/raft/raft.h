// Part of Raftlab, under the MIT License (see LICENSE).
//
// A Raft whose leader does not wait. AppendEntries to one follower are in flight several at a time:
// `next` moves on as soon as a batch has left. Any doubt about that (a refusal, a lost call, a
// silence) takes the leader back to what the follower is known to have, and one batch at a time
// from there until one is accepted.
//
// Fibers: one keeps all the time there is, the election timeout of a follower and the heartbeats of
// a leader; one applies; and every call has its own. All state is under `mu_`, and nobody waits
// under it except for the disk.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "labrpc/labrpc.h"
#include "raft/apply.h"
#include "raft/messages.h"
#include "raft/persister.h"
#include "sim/mutex.h"
#include "sim/sim.h"

namespace raft {

// What is on the disk.
struct Saved {
  int64_t term = 0;
  int voted_for = -1;
  int64_t base = 0;  // index of log[0]
  std::vector<LogEntry>
      log;  // log[0] stands for all that the snapshot covers; only its term counts
};
BOOST_DESCRIBE_STRUCT(Saved, (), (term, voted_for, base, log))

class Raft {
 public:
  struct StartResult {
    bool is_leader = false;
    int64_t index = 0;
    int64_t term = 0;
  };
  struct State {
    int64_t term = 0;
    bool is_leader = false;
  };

  Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
       ApplyChannel* apply_channel);
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  StartResult Start(std::string command) ABSL_LOCKS_EXCLUDED(mu_);
  State GetState() ABSL_LOCKS_EXCLUDED(mu_);
  void Snapshot(int64_t index, std::string snapshot) ABSL_LOCKS_EXCLUDED(mu_);

  RequestVoteReply RequestVote(const RequestVoteArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  AppendEntriesReply AppendEntries(const AppendEntriesArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  InstallSnapshotReply InstallSnapshot(const InstallSnapshotArgs& args) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  enum class Role : uint8_t { kFollower, kCandidate, kLeader };

  // A leader's pipeline to one follower.
  struct Pipeline {
    int64_t match = 0;       // the follower has acknowledged the log up to here
    int64_t next = 1;        // the first entry that has not left
    bool flowing = false;    // the follower accepts: up to kWindow batches at a time, else one
    int in_flight = 0;       // batches of this era without an answer
    int64_t era = 1;         // one more with every step back; what left before is forgotten
    absl::Time quiet_since;  // when something in flight was last answered, or began to wait
  };

  // Which place in a pipeline a call has.
  struct Slot {
    int peer = -1;
    int64_t era = 0;      // 0: a bare heartbeat whose refusal means nothing
    bool counted = true;  // one of in_flight
  };

  // --- Time. ---

  void KeepTime() ABSL_LOCKS_EXCLUDED(mu_);
  void PutOffElection() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Steps back where nothing has been heard for too long, sends what there is, and something to
  // everybody.
  void Beat() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- Elections. ---

  void Campaign() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountVote(int peer, const RequestVoteArgs& args, const RequestVoteReply& reply)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Lead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Becomes a follower of `term`, which is this server's or newer.
  void Follow(int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- The pipelines. ---

  // Sends what the window has room for. False if that is nothing.
  bool Pump(int peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SendSnapshot(int peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Sends `count` entries, the first of which is at `first`; none are a heartbeat.
  void SendEntries(const Slot& slot, int64_t first, int64_t count)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeAppendReply(const Slot& slot, const AppendEntriesArgs& args,
                       const AppendEntriesReply& reply) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeSnapshotReply(const Slot& slot, const InstallSnapshotArgs& args,
                         const InstallSnapshotReply& reply) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A call of this term will never be answered.
  void TakeLoss(const Slot& slot, int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The follower has everything up to `match`.
  void Acknowledge(Pipeline& pipe, int64_t match) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A new era, which begins at `next`.
  void StepBack(Pipeline& pipe, int64_t next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Where a follower that refused may agree at the earliest; `base_` or less: it needs the
  // snapshot.
  int64_t Resume(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Commit() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // This server answers for itself, and does not hear of things that it did in an earlier role.
  bool StillLeads(int64_t term) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return role_ == Role::kLeader && term_ == term;
  }

  // --- The receiver's side. ---

  // Figure 2, AppendEntries, rules 3 and 4; true if there is something to save.
  bool Adopt(const AppendEntriesArgs& args) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CommitThrough(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Apply() ABSL_LOCKS_EXCLUDED(mu_);

  // --- The log, and the disk. ---

  int64_t Last() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return base_ + static_cast<int64_t>(log_.size()) - 1;
  }
  LogEntry& At(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return log_.at(static_cast<size_t>(index - base_));
  }
  // REQUIRES: base_ <= index <= Last().
  int64_t TermOf(int64_t index) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return log_.at(static_cast<size_t>(index - base_)).term;
  }
  // The largest index up to `from` whose term is not above `term`, or base_.
  int64_t LastNotAbove(int64_t term, int64_t from) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string Image() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::vector<labrpc::ClientEnd> peers_;
  const int me_;
  Persister* const persister_;
  ApplyChannel* const apply_channel_;

  sim::Mutex mu_;

  // On the disk, whenever `mu_` is free.
  int64_t term_ ABSL_GUARDED_BY(mu_) = 0;
  int voted_for_ ABSL_GUARDED_BY(mu_) = -1;
  int64_t base_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<LogEntry> log_ ABSL_GUARDED_BY(mu_) = std::vector<LogEntry>(1);

  Role role_ ABSL_GUARDED_BY(mu_) = Role::kFollower;
  int64_t committed_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t applied_ ABSL_GUARDED_BY(mu_) = 0;  // handed to the applier
  sim::CondVar more_committed_;

  std::vector<bool> voters_ ABSL_GUARDED_BY(mu_);     // a candidate's
  std::vector<Pipeline> pipes_ ABSL_GUARDED_BY(mu_);  // a leader's

  absl::Time election_due_ ABSL_GUARDED_BY(mu_);
  absl::Time beat_due_ ABSL_GUARDED_BY(mu_);
  sim::CondVar time_changed_;  // something is due earlier than it was
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
