// Part of Raftlab, under the MIT License (see LICENSE).
//
// Raft with one long-lived fiber for each other server, its replicator. All replicators exist from
// boot on. While this server leads, each works alone: it sends one request, waits for the reply,
// sends the next as soon as there is work, and a heartbeat if there was none for a while. While it
// does not lead, they sleep.
//
// A reply may take seconds, and a request to a dead server too. So a replicator waits no longer
// than one heartbeat interval for the request under way. After that its peer counts as silent and
// gets small probes at heartbeat rate until it says something, to any request of this term.
//
// The election fiber sleeps until the election timeout, and then runs a whole election: it starts a
// fiber for each voter and waits on a condition variable until there is a result.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>
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

// Figure 2, persistent state. `log[0]` stands for the last entry that the snapshot covers: only its
// term means something. At first it stands for index 0 and term 0, so there is always one.
struct SavedState {
  int64_t current_term = 0;
  int voted_for = -1;
  int64_t first_index = 0;  // of log[0]
  std::vector<LogEntry> log = std::vector<LogEntry>(1);
};
BOOST_DESCRIBE_STRUCT(SavedState, (), (current_term, voted_for, first_index, log))

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
  enum Role { FOLLOWER, CANDIDATE, LEADER };

  // Another server, and what a leader knows of it.
  struct Peer {
    Peer(labrpc::ClientEnd end, int number) : end(end), number(number) {}
    const labrpc::ClientEnd end;
    const int number;
    sim::CondVar stir;  // its replicator may have something to do
    int64_t next_index = 1;
    int64_t match_index = 0;
    bool silent = false;  // has let a request go unanswered, and said nothing since
  };

  // A request under way. The replicator and the fiber that makes the call share it.
  struct Flight {
    bool landed = false;
    bool lost = false;
    absl::Time retry_at = absl::InfiniteFuture();
  };

  using Parcel = std::variant<AppendEntriesArgs, InstallSnapshotArgs>;

  // The replicators.
  void Replicate(Peer& peer) ABSL_LOCKS_EXCLUDED(mu_);
  void SendAndWait(Peer& peer, int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Parcel Pack(const Peer& peer) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Fly(Peer& peer, const Parcel& parcel, Flight& flight) ABSL_LOCKS_EXCLUDED(mu_);
  void Land(Peer& peer, bool lost, Flight& flight) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OnAppendReply(Peer& peer, const AppendEntriesArgs& args, const AppendEntriesReply& reply)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OnSnapshotReply(Peer& peer, const InstallSnapshotArgs& args,
                       const InstallSnapshotReply& reply) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OnMatch(Peer& peer, int64_t match_index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void UpdateLeaderCommit() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void StirAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Elections.
  void WatchLeader() ABSL_LOCKS_EXCLUDED(mu_);
  void HoldElection() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CollectVote(Peer& peer, const RequestVoteArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  void BecomeLeader() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Figure 2, Rules for All Servers, the second. Saves.
  void SeeTerm(int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // There is a leader, or will be one soon: no election for the length of a timeout.
  void Calm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Leads(int64_t term) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return role_ == LEADER && saved_.current_term == term;
  }
  size_t majority() const { return (peers_.size() + 1) / 2 + 1; }

  // The log.
  int64_t first_index() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return saved_.first_index; }
  int64_t last_index() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return saved_.first_index + static_cast<int64_t>(saved_.log.size()) - 1;
  }
  // REQUIRES: first_index() <= index <= last_index().
  LogEntry& At(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return saved_.log.at(static_cast<size_t>(index - saved_.first_index));
  }
  int64_t TermAt(int64_t index) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return saved_.log.at(static_cast<size_t>(index - saved_.first_index)).term;
  }
  // Whether the log has that entry, or had it before it was compacted.
  bool Contains(int64_t index, int64_t term) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return index < first_index() || (index <= last_index() && TermAt(index) == term);
  }
  // Makes `log[0]` stand for `index`. What follows it in the log stays.
  void MoveStart(int64_t index, int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Save() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { persister_->Save(labgob::Encode(saved_)); }

  // Commitment. Raises the commit index, and hands what it passes to the delivery fiber.
  void CommitThrough(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Deliver() ABSL_LOCKS_EXCLUDED(mu_);

  const int me_;
  Persister* const persister_;
  ApplyChannel* const apply_channel_;
  std::vector<std::unique_ptr<Peer>> peers_;  // without this server

  sim::Mutex mu_;
  SavedState saved_ ABSL_GUARDED_BY(mu_);
  Role role_ ABSL_GUARDED_BY(mu_) = FOLLOWER;
  int64_t commit_index_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<ApplyMsg> undelivered_ ABSL_GUARDED_BY(mu_);  // committed, in order
  int64_t last_delivered_ ABSL_GUARDED_BY(mu_) = 0;
  sim::CondVar delivery_;  // undelivered_ is not empty

  absl::Time calm_until_ ABSL_GUARDED_BY(mu_);
  int64_t granted_ ABSL_GUARDED_BY(mu_) = 0;  // votes in the election that this server holds
  sim::CondVar election_;                     // a vote came, or the role has changed
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
