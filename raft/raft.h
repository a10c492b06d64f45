// Part of Raftlab, under the MIT License (see LICENSE).
//
// One Raft server. Sections and figures are those of "In Search of an Understandable Consensus
// Algorithm (Extended Version)", Ongaro and Ousterhout, 2014.
//
// Fibers: a server has one fiber for its election timer and one that applies what is committed; a
// leader has one more for as long as it leads. Each remote call that it makes, and each that it
// answers, runs on a fiber of its own. They meet in `mu_`, which no fiber holds while it waits for
// anything else. So after every wait the world may have changed, and the first thing to do is to
// look again.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <set>
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

#if LAB_SOLUTION
// The log of Figure 2, whose beginning may have been compacted into a snapshot (section 7). Indices
// are those of the whole log and begin with 1; entries up to `snapshot_index` are gone.
struct Log {
  int64_t snapshot_index = 0;  // Figure 13: lastIncludedIndex
  int64_t snapshot_term = 0;   // Figure 13: lastIncludedTerm
  std::vector<LogEntry> entries;

  int64_t last_index() const { return snapshot_index + static_cast<int64_t>(entries.size()); }
  int64_t last_term() const { return TermAt(last_index()); }
  // REQUIRES: snapshot_index < index <= last_index().
  const LogEntry& At(int64_t index) const;
  // REQUIRES: snapshot_index <= index <= last_index().
  int64_t TermAt(int64_t index) const;
  // The first entry of the term that the entry at `index` has, as far as the log still holds it.
  int64_t FirstOfTermAt(int64_t index) const;
  // The last entry of `term`, or 0 if there is none at or before `index`.
  int64_t LastOfTerm(int64_t term, int64_t index) const;
  // The entries from `index` on, but not more than `most`.
  std::vector<LogEntry> From(int64_t index, int64_t most) const;
  // Removes the entry at `index` and all that follow.
  void TruncateFrom(int64_t index);
  // Drops everything up to `index`, which a snapshot now stands for; what follows stays.
  void CompactThrough(int64_t index, int64_t term);
};
BOOST_DESCRIBE_STRUCT(Log, (), (snapshot_index, snapshot_term, entries))

// Figure 2, "Persistent state on all servers".
struct PersistentState {
  int64_t current_term = 0;
  int voted_for = -1;  // nobody
  Log log;
};
BOOST_DESCRIBE_STRUCT(PersistentState, (), (current_term, voted_for, log))
#endif

class Raft {
 public:
  // What Start() answers.
  struct StartResult {
    bool is_leader = false;  // if not, nothing was done
    int64_t index = 0;       // where the command will be if it is ever committed
    int64_t term = 0;        // the current term
  };
  // What GetState() answers.
  struct State {
    int64_t term = 0;
    bool is_leader = false;
  };

  // Server `me` of `peers.size()`, whose connections are `peers` (its own too, which it does not
  // need). Goes on from what the persister holds, and runs from then on; it must return at once.
  // Both pointers outlive it.
  Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
       ApplyChannel* apply_channel);
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  // --- For the service above. Each may be called at any time, and returns at once. ---

  // If this server is the leader, begins to replicate the command. It may never be committed: the
  // leader may crash or lose an election. What is committed appears in the apply channel.
  StartResult Start(std::string command) ABSL_LOCKS_EXCLUDED(mu_);

  // The current term, and whether this server believes that it leads it.
  State GetState() ABSL_LOCKS_EXCLUDED(mu_);

  // The service has made a snapshot of its state after the entry at `index`, which it has received:
  // the log up to there is no longer needed (section 7). Old news are ignored.
  void Snapshot(int64_t index, std::string snapshot) ABSL_LOCKS_EXCLUDED(mu_);

  // --- The RPCs of Figure 2 and Figure 13, as the receiver implements them. ---

  RequestVoteReply RequestVote(const RequestVoteArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  AppendEntriesReply AppendEntries(const AppendEntriesArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  InstallSnapshotReply InstallSnapshot(const InstallSnapshotArgs& args) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  enum class Role { kFollower, kCandidate, kLeader };

  // --- 2A: terms and elections (section 5.2). ---

  // The election timer's fiber: starts an election whenever the timer runs out, for ever.
  void RunElectionTimer();
  // Draws a new timeout, counted from now.
  void ResetElectionTimer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Figure 2, Rules for Candidates: a new term, a vote for itself, a RequestVote to every other
  // server.
  void StartElection() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Calls one server for its vote, on a fiber of its own.
  void AskForVote(int peer, const RequestVoteArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  void HandleVoteReply(int peer, const RequestVoteArgs& args, const RequestVoteReply& reply)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Figure 2, Rules for Leaders: what changes with an election won.
  void BecomeLeader() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Becomes a follower of `term`; Figure 2, Rules for All Servers, rule 2, if the term is new.
  void StepDown(int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Section 5.4.1: is a candidate's log at least as up-to-date as this server's?
  bool IsUpToDate(int64_t last_log_index, int64_t last_log_term) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- 2B: replication (section 5.3) and commitment (section 5.4). ---

  // The leader's fiber: brings every follower up to date at each heartbeat, and as soon as there is
  // a new entry, for as long as this server leads `term`.
  void Lead(int64_t term) ABSL_LOCKS_EXCLUDED(mu_);
  // Sends a follower what it lacks, or a heartbeat: one AppendEntries, or one InstallSnapshot. Does
  // not wait for the reply.
  void ReplicateTo(int peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CallAppendEntries(int peer, const AppendEntriesArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  void HandleAppendReply(int peer, const AppendEntriesArgs& args, const AppendEntriesReply& reply)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Where to try next with a follower that has refused.
  int64_t NextIndexAfter(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Figure 2, Rules for Leaders, rule 4.
  void AdvanceCommitIndex() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Figure 2, AppendEntries, rule 2: does the log hold the entry that the leader's entries follow?
  bool HoldsPrevious(const AppendEntriesArgs& args) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Figure 2, AppendEntries, rules 3 and 4. True if the log has changed.
  bool MergeEntries(const AppendEntriesArgs& args) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The applying fiber: sends what is committed to the service, in order, for ever.
  void ApplyCommitted() ABSL_LOCKS_EXCLUDED(mu_);
  // The next step for the service after last_applied_, which it moves on.
  ApplyMsg TakeNextToApply() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- 2C: persistence. ---

  // Saves the persistent state. Nothing that depends on a change may leave this server before, so
  // the mutex is held until the save is over.
  void Persist() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes over what an earlier life has saved, if any.
  void Restore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- 2D: snapshots (section 7). ---

  void CallInstallSnapshot(int peer, const InstallSnapshotArgs& args) ABSL_LOCKS_EXCLUDED(mu_);

  const std::vector<labrpc::ClientEnd> peers_;
  const int me_;
  Persister* const persister_;
  ApplyChannel* const apply_channel_;

  sim::Mutex mu_;
#if LAB_SOLUTION
  // Figure 2, persistent state: Persist() after each change.
  PersistentState persistent_ ABSL_GUARDED_BY(mu_);

  // Figure 2, volatile state on all servers.
  int64_t commit_index_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t last_applied_ ABSL_GUARDED_BY(mu_) = 0;
  Role role_ ABSL_GUARDED_BY(mu_) = Role::kFollower;
  absl::Time election_deadline_ ABSL_GUARDED_BY(mu_);
  sim::CondVar commit_advanced_;  // commit_index_ > last_applied_

  // Of a candidate: who has voted for it in this term.
  std::set<int> votes_ ABSL_GUARDED_BY(mu_);

  // Figure 2, volatile state on leaders; by server.
  std::vector<int64_t> next_index_ ABSL_GUARDED_BY(mu_);
  std::vector<int64_t> match_index_ ABSL_GUARDED_BY(mu_);
  sim::CondVar log_grew_;
#else
  // Your code here: the state of Figure 2, each field with ABSL_GUARDED_BY(mu_).
#endif
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
