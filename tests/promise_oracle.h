// Part of Raftlab, under the MIT License (see LICENSE).
//
// What servers are known to hold in their logs: an acknowledged entry is one that the server has
// received, it is saved, and the server keeps it and votes accordingly (sections 5.3 and 5.4.1).

#ifndef RAFTLAB_TESTS_PROMISE_ORACLE_H_
#define RAFTLAB_TESTS_PROMISE_ORACLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/world.h"
#include "tests/election_oracle.h"
#include "tests/log_oracle.h"
#include "tests/seen_messages.h"
#include "tests/term_oracle.h"

namespace tests {

class PromiseOracle {
 public:
  PromiseOracle(const MessageReader& reader, const ElectionOracle& elections, const LogOracle& logs,
                const Saves& saves, int servers)
      : reader_(reader),
        elections_(elections),
        logs_(logs),
        saves_(saves),
        servers_(static_cast<size_t>(servers)) {}

  // A request arrives. REQUIRES: append.HasSaneIndices().
  void Arrived(sim::NodeId node, const SeenAppend& append, Moment now);
  void Arrived(sim::NodeId node, const SeenSnapshot& snapshot, Moment now);
  // The server may have a snapshot through `index`.
  void Compacted(sim::NodeId node, int64_t index);
  // The server boots again.
  void Restarted(sim::NodeId node);

  // A leader's AppendEntries leaves: its log holds what is in it.
  void Sent(sim::NodeId leader, sim::NodeId to, const SeenAppend& append, Moment now);
  // A RequestVote leaves.
  void Campaigned(sim::NodeId candidate, const SeenVote& vote, Moment now);
  // A vote leaves that was first asked for at `asked`.
  void Granted(sim::NodeId voter, sim::NodeId candidate, const SeenVote& vote, Moment asked,
               Moment now);

  // An AppendEntries is answered with success. True if the server can hold what it says.
  bool Acknowledged(sim::NodeId node, sim::NodeId leader, const SeenAppend& append, Moment now);
  // An AppendEntries that came at `arrived` is refused in the leader's own term, by a server that
  // has committed `committed` at most.
  void Refused(sim::NodeId node, sim::NodeId leader, const SeenAppend& append, int64_t committed,
               Moment arrived, Moment now);

 private:
  // A server's log held the entry at `end` at some moment in `term`. It does so in all later terms,
  // until a leader of a later term has shown it another entry at an index up to there.
  struct Promise {
    enum class Kind { kAcknowledged, kSent, kCampaigned };
    Kind kind = Kind::kAcknowledged;
    Position end;
    int64_t term = 0;
    sim::NodeId to = 0;
    Moment at;
  };
  struct Server {
    std::optional<Promise> promise;
    int64_t newest_leader = 0;  // term of any leader that it has heard of
    int64_t compacted = 0;      // it may have a snapshot through here
    // When each entry arrived for the first time, and each snapshot that reaches further than all
    // before.
    std::unordered_map<Position, Moment, PositionHash> entries;  // never iterated
    std::vector<std::pair<int64_t, Moment>> snapshots;
  };

  Server& Of(sim::NodeId node) { return servers_[static_cast<size_t>(node)]; }
  void Promised(sim::NodeId node, const Promise& promise);
  // The first moment at which the server can have held that entry; nothing if it cannot hold it.
  std::optional<Moment> CanHoldSince(sim::NodeId node, Position position) const;
  static std::string Describe(const Promise& promise);

  const MessageReader& reader_;
  const ElectionOracle& elections_;
  const LogOracle& logs_;
  const Saves& saves_;
  std::vector<Server> servers_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_PROMISE_ORACLE_H_
