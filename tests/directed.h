// Part of Raftlab, under the MIT License (see LICENSE).
//
// Directed tests: schedules in which a test decides about every message. It may deliver, hold,
// lose, copy and reorder what the servers send each other, and look into it by field name; it never
// makes up a message.
//
//   Director director(cluster);
//   director.SetRule([](const labrpc::Call& call) {
//     return IsRequest(call, kRequestVote) ? Fate::kHold : Fate::kDeliver;
//   });
//   const labrpc::Call request = director.AwaitHeld([](const labrpc::Call& call) {
//     return call.from == 2; }, "n2 asks for votes");
//   director.Deliver(request);
//
// A correct Raft may never come into the situation that a test wants: it has other timeouts,
// batches, or rules of its own. Then the run is skipped and says why; every wait here ends so.

#ifndef RAFTLAB_TESTS_DIRECTED_H_
#define RAFTLAB_TESTS_DIRECTED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "absl/time/time.h"
#include "labrpc/network.h"
#include "tests/cluster.h"

namespace tests {

// ---- What the servers say: fields of Figure 2 by name, whatever else a message carries. ----

inline constexpr char kRequestVote[] = "Raft.RequestVote";
inline constexpr char kAppendEntries[] = "Raft.AppendEntries";

struct TermOnly {
  int64_t term = 0;
};
BOOST_DESCRIBE_STRUCT(TermOnly, (), (term))

struct VoteRequest {
  int64_t term = 0;
  int64_t last_log_index = 0;
  int64_t last_log_term = 0;
};
BOOST_DESCRIBE_STRUCT(VoteRequest, (), (term, last_log_index, last_log_term))

struct VoteReply {
  int64_t term = 0;
  bool vote_granted = false;
};
BOOST_DESCRIBE_STRUCT(VoteReply, (), (term, vote_granted))

struct AppendRequest {
  int64_t term = 0;
  int64_t prev_log_index = 0;
  int64_t prev_log_term = 0;
  std::vector<TermOnly> entries;
  int64_t leader_commit = 0;

  // Of the last entry that it carries, or of the one before if it is empty.
  int64_t last_index() const { return prev_log_index + static_cast<int64_t>(entries.size()); }
  int64_t last_term() const { return entries.empty() ? prev_log_term : entries.back().term; }
};
BOOST_DESCRIBE_STRUCT(AppendRequest, (),
                      (term, prev_log_index, prev_log_term, entries, leader_commit))

struct AppendReply {
  int64_t term = 0;
  bool success = false;
};
BOOST_DESCRIBE_STRUCT(AppendReply, (), (term, success))

// Of any method, or of the one named.
bool IsRequest(const labrpc::Call& call, std::string_view method = "");
bool IsReply(const labrpc::Call& call, std::string_view method = "");

// These skip the run if the message lacks one of the fields.
VoteRequest ReadVoteRequest(const labrpc::Call& call);
VoteReply ReadVoteReply(const labrpc::Call& call);
AppendRequest ReadAppendRequest(const labrpc::Call& call);
AppendReply ReadAppendReply(const labrpc::Call& call);

// Ends the run without a verdict on the Raft: its situation cannot be brought about.
[[noreturn]] void Skip(std::string why);

// ---- What becomes of them. ----

enum class Fate {
  kDeliver,  // it travels; links that are cut lose it
  kHold,     // it waits for the test
  kLose,     // its caller learns after 50 ms that no reply will come
};

class Director {
 public:
  // Asked once about every request and every reply that leaves.
  using Rule = std::function<Fate(const labrpc::Call&)>;
  using Filter = std::function<bool(const labrpc::Call&)>;

  // From now on calls to unreachable servers take up to 0.1 s to fail. REQUIRES: outlives the
  // cluster's servers' last message, so make it right behind the cluster; one a cluster.
  explicit Director(Cluster& cluster);
  Director(const Director&) = delete;
  Director& operator=(const Director&) = delete;

  // For what leaves from now on. What is held stays held; what travels already has arrived when
  // this returns.
  void SetRule(Rule rule);
  // Everything travels, and what is held is lost. The cluster's links stay as they are.
  void Heal();
  // All that has left in this run, in order: a request as it was sent, and again with its reply.
  // Whether it has arrived is the rule's doing.
  const std::vector<labrpc::Call>& sent() const { return sent_; }
  // The last one of them that matches, or null.
  const labrpc::Call* LastSent(const Filter& filter) const;

  // --- Held messages. ---

  // Lets it arrive, and whoever gets it some time to deal with it.
  void Deliver(const labrpc::Call& held);
  void Lose(const labrpc::Call& held);
  // The first held message that matches.
  std::optional<labrpc::Call> FindHeld(const Filter& filter) const;

  // --- Awaiting. `what` completes "skipped: in 30 s of virtual time it never happened that ...".
  // ---

  // False after `limit`, or when the run gets too long.
  bool TryAwait(const std::function<bool()>& happened, absl::Duration limit = absl::Seconds(30));
  void Await(const std::function<bool()>& happened, std::string_view what);
  labrpc::Call AwaitHeld(const Filter& filter, std::string_view what);
  // Delivers a held request and waits for the reply, held or not.
  labrpc::Call DeliverAndAwaitReply(const labrpc::Call& held);

  // --- Situations. Each sets a rule of its own, which stays until the next. ---

  // Makes `leader` the leader: only it and `voters` hear each other, and only it is heard. Returns
  // its term, in which every voter has answered it. `except` may decide about a message first.
  using Exception = std::function<std::optional<Fate>(const labrpc::Call&)>;
  int64_t Elect(int leader, const std::vector<int>& voters, const Exception& except = {});
  // `leader` hears of a newer term from `by`, which does not become leader by that. All else is
  // lost.
  void Depose(int leader, int by);
  // `candidate` asks `voter`, which is in no newer term and has not voted for itself in this one,
  // for its vote; all else is lost.
  struct Ballot {
    VoteRequest request;
    VoteReply reply;
  };
  Ballot AwaitBallot(int candidate, int voter);
  // `leader` goes on with `followers`; all else is lost.
  void Follow(int leader, const std::vector<int>& followers, const Exception& except = {});
  // `follower` has answered success to an AppendEntries of `leader`'s in `term` that ended at
  // `index` or later, and the reply was not lost.
  bool HasAcknowledged(int follower, int leader, int64_t term, int64_t index) const;

 private:
  Fate Decide(const labrpc::Call& call);

  Cluster& cluster_;
  Rule rule_;
  std::vector<labrpc::Call> sent_;
  std::vector<Fate> fates_;           // of sent_
  std::map<uint64_t, bool> waiting_;  // by call: held for the test, and not about to be lost
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_DIRECTED_H_
