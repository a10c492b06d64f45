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

#include "absl/time/time.h"
#include "labrpc/network.h"
#include "tests/cluster.h"
#include "tests/wire.h"

namespace tests {

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

  // From now on calls to unreachable servers take up to 0.1 s to fail. Make it right behind the
  // cluster, one for each.
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

  // Runs a schedule that may miss its moment up to five times; it is false then, and skips the run
  // in the end. It begins with nothing held and all that it did to messages undone.
  void Retry(const std::function<bool()>& schedule);
  // Gives `leader` a new command: where it took it, or nothing if it does not lead.
  struct Taken {
    std::string command;
    int64_t index = 0;
    int64_t term = 0;
  };
  std::optional<Taken> Give(int leader);

  // --- Situations. Each sets a rule of its own, which stays until the next. ---

  // What `leader` sends to `followers` arrives, and so do their replies; what they send to it
  // arrives, but they get no reply. All else is lost, unless `except` decides otherwise.
  using Exception = std::function<std::optional<Fate>(const labrpc::Call&)>;
  void Follow(int leader, const std::vector<int>& followers, const Exception& except = {});
  // Makes `leader` the leader, by Follow(leader, voters, except). Returns its term, in which every
  // voter has answered it.
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
  // Nothing arrives any more.
  void LoseAll();
  // The last RequestVote that `candidate` sends from now on, while nothing arrives: what it says of
  // its log.
  VoteRequest AwaitVoteRequest(int candidate);
  // A server that led alone, with entries that nobody else got, follows another leader, and has
  // acknowledged an entry at the index of its first. Nothing if a leader lost its term meanwhile.
  // REQUIRES: three servers.
  struct Overwritten {
    int leader;
    int follower;
    int64_t end;  // where the follower's log ended
    Taken entry;  // the leader's last
  };
  std::optional<Overwritten> OverwriteTail();
  // The follower's log ends with that entry now; `since` goes on where the failure tells of it.
  void CheckOverwritten(const Overwritten& overwritten, std::string_view since);
  // `follower` has answered success to an AppendEntries of `leader`'s in `term` that ended at
  // `index` or later, and the reply was not lost.
  bool HasAcknowledged(int follower, int leader, int64_t term, int64_t index) const;

 private:
  Cluster& cluster_;
  Rule rule_;
  std::vector<labrpc::Call> sent_;
  std::vector<Fate> fates_;           // of sent_
  std::map<uint64_t, bool> waiting_;  // by call: held for the test, and not about to be lost
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_DIRECTED_H_
