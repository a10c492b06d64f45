// Part of Raftlab, under the MIT License (see LICENSE).
//
// A Raft server whose leader begins its term with a no-op entry, so that what earlier leaders left
// behind is committed without waiting for a client (section 8).
//
// What the server knows is kept in small structs, one for each concern: the ballot, the journal,
// the campaign, and two for each follower. Two fibers live as long as the server: the metronome,
// which does everything that is due at a time (elections, heartbeats, sending what has gathered),
// and the clerk, which hands committed entries to the service. Each remote call has its own fiber.
// `mu_` guards everything; saving happens under it, calls and the apply channel never.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <optional>
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

// Which term it is, and for whom this server has voted in it.
struct Ballot {
  int64_t term = 0;
  std::optional<int> choice;
};
BOOST_DESCRIBE_STRUCT(Ballot, (), (term, choice))

// The log. `tail` holds what comes after the entry at `base`; everything up to there is in the
// snapshot. An index is "known" if its term is.
struct Journal {
  int64_t base = 0;
  int64_t base_term = 0;
  std::vector<LogEntry> tail;

  int64_t end() const { return base + static_cast<int64_t>(tail.size()); }
  bool Knows(int64_t index) const { return base <= index && index <= end(); }
  int64_t Term(int64_t index) const {
    return index == base ? base_term : tail.at(Offset(index)).term;
  }
  const LogEntry& Get(int64_t index) const { return tail.at(Offset(index)); }
  std::vector<LogEntry> Copy(int64_t from, int64_t count) const;
  // Forgets `index` and what follows.
  void Cut(int64_t index) { tail.resize(Offset(index)); }
  // Forgets everything up to `index`, which may be beyond the end.
  void Rebase(int64_t index, int64_t term);

 private:
  size_t Offset(int64_t index) const { return static_cast<size_t>(index - base - 1); }
};
BOOST_DESCRIBE_STRUCT(Journal, (), (base, base_term, tail))

// What is on the disk.
struct Record {
  Ballot ballot;
  Journal journal;
};
BOOST_DESCRIBE_STRUCT(Record, (), (ballot, journal))

// A leader's idea of a follower's log.
struct Match {
  int64_t next = 1;  // to send
  int64_t sure = 0;  // replicated up to here
};

// What is under way to a follower, so that nothing is sent twice without need.
struct Traffic {
  uint64_t call = 0;  // the call that carries entries or a snapshot; 0: none
  absl::Time since;   // when it left
};

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
  enum class Office { kNone, kRunning, kHeld };

  int size() const { return static_cast<int>(ends_.size()); }

  // --- What is due when. ---
  void Metronome() ABSL_LOCKS_EXCLUDED(mu_);
  absl::Time NextBeat() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void PutOffElection() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- Terms and offices. ---
  // Gives up any office; enters `term` if it is new. True if the record has changed, which the
  // caller must then write before anything leaves the server.
  bool Yield(int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Yields to a newer term that a reply has shown, and writes it. False if `term` is not newer.
  bool YieldToReply(int64_t term) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Still the leader of the term in which something was sent?
  bool Governs(int64_t term) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return office_ == Office::kHeld && record_.ballot.term == term;
  }
  void Campaign() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Canvass(int peer, const RequestVoteArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  void CountVotes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeOffice() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- Replication. ---
  // Writes an entry of this term into the leader's journal and onto its disk.
  int64_t Enter(LogEntry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Sends to a follower what it lacks. If something is under way to it already: only an empty
  // heartbeat, and that only if `heartbeat`.
  void Serve(int peer, bool heartbeat) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ServeSnapshot(int peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CarryEntries(int peer, uint64_t call, const AppendEntriesArgs& args)
      ABSL_LOCKS_EXCLUDED(mu_);
  void CarrySnapshot(int peer, uint64_t call, const InstallSnapshotArgs& args)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Landed(int peer, uint64_t call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Confirmed(int peer, int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t Retreat(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountReplicas() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Commit(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes over the leader's entries after `index`. True if the journal has changed.
  bool Merge(int64_t index, const std::vector<LogEntry>& entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- The service and the disk. ---
  void Clerk() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<ApplyMsg> TakeCommitted() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::vector<labrpc::ClientEnd> ends_;
  const int me_;
  Persister* const disk_;
  ApplyChannel* const service_;

  sim::Mutex mu_;
  Record record_ ABSL_GUARDED_BY(mu_);
  Office office_ ABSL_GUARDED_BY(mu_) = Office::kNone;
  int64_t committed_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t applied_ ABSL_GUARDED_BY(mu_) = 0;

  absl::Time election_due_ ABSL_GUARDED_BY(mu_);
  absl::Time heartbeat_due_ ABSL_GUARDED_BY(mu_);
  absl::Time dispatch_due_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  sim::CondVar retimed_;  // something is due earlier than the metronome knows

  std::vector<bool> votes_ ABSL_GUARDED_BY(mu_);  // a candidate's, by server
  std::vector<Match> matches_ ABSL_GUARDED_BY(mu_);
  std::vector<Traffic> traffic_ ABSL_GUARDED_BY(mu_);
  uint64_t calls_ ABSL_GUARDED_BY(mu_) = 0;

  sim::CondVar work_for_clerk_;
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
