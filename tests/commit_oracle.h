// Part of Raftlab, under the MIT License (see LICENSE).
//
// Commitment: what a leader may take for committed (Figure 2, Rules for Leaders, rule 4; section
// 5.4.2), and what a follower may (Figure 2, AppendEntries, rule 5).

#ifndef RAFTLAB_TESTS_COMMIT_ORACLE_H_
#define RAFTLAB_TESTS_COMMIT_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/world.h"
#include "tests/seen_messages.h"
#include "tests/term_oracle.h"

namespace tests {

class CommitOracle {
 public:
  CommitOracle(const MessageReader& reader, const Saves& saves, int servers)
      : reader_(reader),
        saves_(saves),
        servers_(servers),
        unsaved_(static_cast<size_t>(servers)),
        followers_(static_cast<size_t>(servers)) {}

  // --- What leaders learn. ---

  // A follower's success leaves: in the leader's log it holds the entries up to `through`, the last
  // of which is of the leader's own term.
  void Acknowledged(int64_t term, sim::NodeId leader, sim::NodeId follower, int64_t through,
                    Moment now);
  // Start() on this server, called at `asked`, answered that the command is at `index`.
  void TookCommand(sim::NodeId leader, int64_t term, int64_t index, Moment asked);

  // An AppendEntries leaves; what its leader_commit says must be possible.
  void CheckLeaderCommit(sim::NodeId leader, sim::NodeId to, const SeenAppend& append, Moment now);
  // `node` applies an index that nobody has before. Returns the term of the leader that committed
  // it, or of a later one; 0 if that is not known.
  int64_t CheckCommitted(sim::NodeId node, int64_t index, int64_t term, Moment now);

  // --- What followers are told. ---

  // An AppendEntries arrives. REQUIRES: append.HasSaneIndices().
  void Arrived(sim::NodeId follower, sim::NodeId leader, const SeenAppend& append, Moment now);
  void Arrived(sim::NodeId follower, const SeenSnapshot& snapshot, Moment now);
  // `node` applies `index`, as somebody has before.
  void CheckMayApply(sim::NodeId node, int64_t index, Moment now) const;
  // The server's commit index is not beyond this.
  int64_t MayHaveCommitted(sim::NodeId node) const;

 private:
  struct Acknowledgement {
    int64_t through = 0;
    Moment at;
  };
  // Of one leader's term.
  struct Majority {
    sim::NodeId leader = 0;
    std::map<sim::NodeId, Acknowledgement> followers;
    int64_t with_leader = 0;     // a majority together with the leader has acknowledged so much
    int64_t without_leader = 0;  // followers alone are a majority up to here
  };
  // The first command that a leader was given and has not saved since.
  struct Unsaved {
    int64_t term = 0;
    int64_t index = 0;
    Moment given;
  };
  struct Told {
    int64_t commit = 0;   // largest leader_commit of this term and all before
    int64_t through = 0;  // how far this term's leader has shown its log
  };
  struct Follower {
    std::map<int64_t, Told> told;  // by term
    int64_t may_apply = 0;
    // The last news, for people.
    sim::NodeId leader = 0;
    int64_t leader_commit = 0;
    int64_t through = 0;
    Moment at;
    int64_t has_led_through = 0;  // as a leader it may have committed so much
  };

  Follower& Of(sim::NodeId node) { return followers_[static_cast<size_t>(node)]; }
  // The largest index that the leader of this term can have committed by now.
  int64_t MayBeCommitted(int64_t term, const Majority& majority) const;
  // The largest term whose leader can have committed the index; 0 if there is none.
  int64_t CommittedBy(int64_t index) const;
  void Tell(sim::NodeId follower, int64_t term, int64_t commit, int64_t through);
  // `claim` is the beginning of a sentence.
  [[noreturn]] void FailCommitted(const std::string& claim, int64_t index) const;

  const MessageReader& reader_;
  const Saves& saves_;
  const int servers_;
  std::map<int64_t, Majority> majorities_;       // by leader's term
  std::vector<std::optional<Unsaved>> unsaved_;  // by server
  std::vector<Follower> followers_;
  int64_t known_committed_ = 0;  // has been found possible
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_COMMIT_ORACLE_H_
