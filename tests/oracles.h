// Part of Raftlab, under the MIT License (see LICENSE).
//
// Rules of Raft that are watched in every run without being asked. Each breach ends the run with
// one sentence in the paper's words that names node, term and index.
//
// Only what follows from the rules for every correct Raft is demanded. In particular a message may
// leave later than it was made: fibers are slow, so terms on a server's messages need not rise.

#ifndef RAFTLAB_TESTS_ORACLES_H_
#define RAFTLAB_TESTS_ORACLES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "labrpc/network.h"
#include "raft/apply.h"
#include "sim/world.h"

namespace tests {

// Section 5.2 and Figure 3, from the messages, which are read by field name. Where a student's
// structs lack a field of Figure 2, the rules that need it are not watched, and the run says so
// once.
class MessageOracles {
 public:
  MessageOracles(sim::World& world, int servers) : world_(world), servers_(servers) {}

  // REQUIRES: called for every message that leaves a server.
  void Left(const labrpc::Call& call);
  // REQUIRES: called for every message that arrives at a server.
  void Arrived(const labrpc::Call& call);
  // REQUIRES: called for every save.
  void Persisted(sim::NodeId node) { persisted_at_[node] = events_++; }
  // Figure 2, Rules for Leaders, rule 4: an entry is committed when a majority stores it and, with
  // it, one of the leader's own term. REQUIRES: called when `node` applies an index that nobody has
  // before.
  void CheckCommitted(sim::NodeId node, int64_t index, int64_t term);
  // Figure 2, Rules for Candidates: a majority has voted for a leader in its term. REQUIRES: called
  // when `node` says that it leads `term`.
  void CheckElected(int64_t term, sim::NodeId node) const;

 private:
  void WatchVoteRequest(const labrpc::Call& call);
  void WatchVoteReply(const labrpc::Call& call);
  void WatchAppendRequest(const labrpc::Call& call);
  void WatchSnapshotRequest(const labrpc::Call& call);
  // What a follower has acknowledged to a leader it keeps for as long as that leader's term lasts.
  void WatchAppendReply(const labrpc::Call& call);
  // Figure 2, Rules for All Servers: a reply is never of an older term than its request.
  void CheckReplyTerm(const labrpc::Call& call, int64_t asked, int64_t answered);
  // Election Safety, and that the leader has not gone back to an earlier term by a restart.
  void CheckLeader(int64_t term, sim::NodeId node);
  // Election Safety: at most one leader can be elected in a given term.
  void CheckOneLeader(int64_t term, sim::NodeId node);
  // Each server votes for at most one candidate in a given term, over crashes too.
  void CheckVotesOnce(int64_t term, sim::NodeId voter, sim::NodeId candidate);
  // Persistent state: votedFor is saved before a vote leaves.
  void CheckVoteSaved(int64_t term, sim::NodeId voter, sim::NodeId candidate);
  // Persistent state: after a restart no server is in a term older than one that it has spoken in.
  void CheckTermSurvives(int64_t term, sim::NodeId node, const char* message);
  // False, with a warning, if the bytes lack one of the fields.
  bool HasFields(const char* message, std::string_view bytes,
                 const std::vector<std::string>& fields);

  struct Ballot {
    sim::NodeId candidate;
    int incarnation;
    sim::Nanos at;
  };
  struct Spoken {
    int incarnation = 0;
    int64_t newest = 0;         // term of any message of this life
    int64_t newest_before = 0;  // of any earlier life
  };

  // What the rules need of a request of AppendEntries; kept until its reply leaves.
  struct Append {
    int64_t term = 0;
    int64_t prev_log_index = 0;
    int64_t through = 0;    // index of the last entry that it carries, or prev_log_index
    int64_t last_term = 0;  // that entry's
    uint64_t arrived = 0;   // event
  };
  struct Acknowledged {
    int64_t term = 0;
    int64_t through = 0;  // index
    uint64_t at = 0;      // event
  };

  // Null if it cannot be read.
  Append* AppendOf(const labrpc::Call& call);
  // Followers have acknowledged entries up to `through`, the last of which is of the leader's own
  // term.
  void CountAcknowledgement(int64_t term, sim::NodeId follower, int64_t through);

  sim::World& world_;
  const int servers_;
  uint64_t events_ = 1;  // numbers messages and saves in the order in which they happened
  std::map<int64_t, std::pair<sim::NodeId, sim::Nanos>> leaders_;  // by term
  std::map<std::pair<sim::NodeId, int64_t>, Ballot> ballots_;      // by voter and term
  std::map<std::tuple<sim::NodeId, int64_t, sim::NodeId>, uint64_t>
      asked_at_;  // voter, term, candidate
  std::map<sim::NodeId, uint64_t> persisted_at_;
  std::map<sim::NodeId, Acknowledged> acknowledged_;
  std::map<int64_t, std::map<sim::NodeId, int64_t>>
      own_term_acks_;             // by leader's term, by follower
  int64_t may_be_committed_ = 0;  // the largest index that any leader can have committed by now
  bool sees_acknowledgements_ = true;
  std::map<uint64_t, Append> appends_;  // by call
  std::map<sim::NodeId, Spoken> spoken_;
  std::map<std::string, bool> has_fields_;
};

// State Machine Safety and the apply channel's contract, from what servers apply.
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

#endif  // RAFTLAB_TESTS_ORACLES_H_
