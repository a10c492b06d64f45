// Part of Raftlab, under the MIT License (see LICENSE).
//
// Rules of Raft that are watched in every run without being asked, from the messages, which are
// read by field name. Each breach ends the run with one sentence in the paper's words that names
// node, term and index, and the two events that contradict each other.
//
// Only what follows from the rules for every correct Raft is demanded; each oracle says why. What
// makes that hard is that fibers are slow. A message may leave long after it was made, and behind
// messages that were made later; a request that has arrived may be handled after one that came
// later. So the oracles go by this:
//
// - A reply was made between the arrival of its request and its own leaving.
// - Terms order what one server does: what it did in a term came before all that it does in a later
//   one.
// - What has not arrived is not known, and what has not left has not been promised.

#ifndef RAFTLAB_TESTS_MESSAGE_ORACLES_H_
#define RAFTLAB_TESTS_MESSAGE_ORACLES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "labrpc/network.h"
#include "raft/apply.h"
#include "sim/world.h"
#include "tests/commit_oracle.h"
#include "tests/election_oracle.h"
#include "tests/log_oracle.h"
#include "tests/promise_oracle.h"
#include "tests/seen_messages.h"
#include "tests/term_oracle.h"

namespace tests {

class MessageOracles {
 public:
  // The servers are on the machines from `first_node` on; messages call them 0 to servers-1.
  MessageOracles(sim::World& world, int servers, int first_node = 0);

  // REQUIRES: called for every message that leaves a server.
  void Left(const labrpc::Call& call);
  // REQUIRES: called for every message that arrives at a server.
  void Arrived(const labrpc::Call& call);
  // REQUIRES: called for every save.
  void Persisted(sim::NodeId node) { saves_.Saved(node, Now()); }
  // REQUIRES: called for every entry and snapshot that a server applies.
  void Applied(sim::NodeId node, const raft::ApplyMsg& msg);
  // The service offers the server a snapshot through `index`.
  void Offered(sim::NodeId node, int64_t index) { promises_.Compacted(node, index); }

  // The next event, for TookCommand.
  Moment Now() { return {events_++, world_.now()}; }
  // Start() on this server, called at `asked`, has answered that it leads `term` and that the
  // command is at `index`.
  void TookCommand(sim::NodeId node, int64_t term, int64_t index, Moment asked);
  // The server says that it leads `term`.
  void CheckElected(int64_t term, sim::NodeId node);

 private:
  // A request that has arrived and has not been answered.
  struct Request {
    std::optional<SeenVote> vote;
    std::shared_ptr<const SeenAppend> append;
    std::optional<SeenSnapshot> snapshot;
    Moment arrived;
    int64_t spoken_before = 0;  // newest term that its receiver had spoken in by then
  };
  struct Server {
    int life = 0;
    std::map<uint64_t, Request> requests;  // by call
    // When it last heard of a leader, or was one, or booted.
    sim::Nanos leader_at = 0;
  };

  Server& Of(sim::NodeId node);
  void VoteRequestLeft(const labrpc::Call& call, Moment now);
  void AppendRequestLeft(const labrpc::Call& call, Moment now);
  void SnapshotRequestLeft(const labrpc::Call& call, Moment now);
  void VoteReplyLeft(const labrpc::Call& call, const Request& request, Moment now);
  void VoteGranted(const labrpc::Call& call, const Request& request, Moment now);
  void AppendReplyLeft(const labrpc::Call& call, const Request& request, Moment now);
  void SnapshotReplyLeft(const labrpc::Call& call, const Request& request, Moment now);
  void Led(sim::NodeId leader, int64_t term, Moment now);
  // The follower's success leaves.
  void Acknowledged(const labrpc::Call& call, const SeenAppend& append, Moment now);
  // A server that believes in a current leader may leave requests for votes unheeded (section 6).
  bool MayBelieveInLeader(sim::NodeId node, int64_t term) const;
  // What the call carries; decoded when it left, or again if that is long ago.
  std::shared_ptr<const SeenAppend> AppendOf(const labrpc::Call& call);

  sim::World& world_;
  const int first_node_;
  uint64_t events_ = 1;  // numbers what happens, in its order
  MessageReader reader_;
  Saves saves_;
  TermOracle terms_;
  ElectionOracle elections_;
  LogOracle logs_;
  CommitOracle commits_;
  PromiseOracle promises_;
  std::vector<Server> servers_;
  std::map<uint64_t, std::shared_ptr<const SeenAppend>> sent_;  // by call, the last ones
  int64_t last_applied_ = 0;                                    // by anybody
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_MESSAGE_ORACLES_H_
