// Part of Raftlab, under the MIT License (see LICENSE).
//
// Elections (section 5.2 and Figure 3): who votes for whom, and who leads.

#ifndef RAFTLAB_TESTS_ELECTION_ORACLE_H_
#define RAFTLAB_TESTS_ELECTION_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "sim/world.h"
#include "tests/seen_messages.h"
#include "tests/term_oracle.h"

namespace tests {

class ElectionOracle {
 public:
  // The servers are on the machines from `first_node` on.
  ElectionOracle(sim::World& world, const MessageReader& reader, const Saves& saves, int servers,
                 int first_node = 0)
      : world_(world), reader_(reader), saves_(saves), servers_(servers), first_node_(first_node) {}

  // A RequestVote leaves: who asks for votes has given itself its own.
  void Campaigned(sim::NodeId candidate, int64_t term, Moment now);
  // A RequestVote arrives.
  void Asked(sim::NodeId voter, sim::NodeId candidate, int64_t term, Moment now);
  // A vote leaves. Returns when the candidate first asked for it: the voter may have decided since
  // then, and says so again to every later copy of the request.
  Moment Granted(sim::NodeId voter, sim::NodeId candidate, int64_t term, Moment now);
  // An AppendEntries or InstallSnapshot leaves. True if it is the first of this leader.
  bool Led(sim::NodeId leader, int64_t term, Moment now);

  // Figure 2, Rules for Candidates: a majority has voted for a leader in its term. `what` says how
  // the server shows that it leads.
  void CheckElected(int64_t term, sim::NodeId node, const char* what, Moment now) const;

  // Nothing if nobody has been seen to lead that term.
  std::optional<sim::NodeId> LeaderOf(int64_t term) const;
  // The server has asked for votes in that term, in this life.
  bool IsCandidateOf(int64_t term, sim::NodeId node) const;

 private:
  struct Ballot {
    sim::NodeId candidate;
    int life;
    Moment at;
  };
  // Each server votes for at most one candidate in a given term, over crashes too.
  void CheckVotesOnce(int64_t term, sim::NodeId voter, sim::NodeId candidate, Moment now);

  sim::World& world_;
  const MessageReader& reader_;
  const Saves& saves_;
  const int servers_;
  const int first_node_;
  std::map<int64_t, std::pair<sim::NodeId, Moment>> leaders_;  // by term
  std::map<std::pair<sim::NodeId, int64_t>, Ballot> ballots_;  // by voter and term
  std::map<std::tuple<sim::NodeId, int64_t, sim::NodeId>, Moment>
      asked_at_;  // voter, term, candidate
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_ELECTION_ORACLE_H_
