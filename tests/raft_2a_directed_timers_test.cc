// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2A: what sets an election timer back, and what does not. Section 5.2; Figure 2, Rules for
// Followers and Rules for Candidates, rule 3.

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

using labrpc::Call;
using sim::Verdict;

LAB_TEST(Raft2A, CandidateFollowsLeader, "a candidate follows the leader of its own term") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    // Two servers that hear nothing stand in the same term; the voter, the leader before, hears the
    // first of them alone.
    const int voter = cluster.AwaitOneLeader();
    int leader = -1;
    director.SetRule([&leader, voter](const Call& call) {
      if (call.from == voter || call.to != voter) return Fate::kLose;
      if (IsRequest(call, kRequestVote) && leader == -1) leader = call.from;
      return call.from == leader ? Fate::kDeliver : Fate::kLose;
    });
    int64_t term = 0;
    director.Await(
        [&] {
          const Call* beat = director.LastSent([&](const Call& call) {
            return call.from == leader && IsRequest(call, kAppendEntries);
          });
          if (beat != nullptr) term = ReadAppendRequest(*beat).term;
          return leader != -1 && beat != nullptr;
        },
        absl::StrFormat("a server that had lost its leader was elected by n%d", voter));
    const int candidate = 3 - voter - leader;
    const auto stands = [&](const Call& call) {
      return call.from == candidate && IsRequest(call, kRequestVote);
    };
    director.Await([&] { return director.LastSent(stands) != nullptr; },
                   absl::StrFormat("n%d, which hears nothing, stood for election", candidate));
    if (ReadVoteRequest(*director.LastSent(stands)).term != term) return false;

    // From now on it hears the leader, and nobody hears it.
    director.SetRule([=](const Call& call) {
      const bool leads = call.from == leader || (call.from != candidate && !IsRequest(call));
      return leads ? Fate::kDeliver : Fate::kLose;
    });
    const auto heard = [&](const Call& call) {
      return call.from == leader && call.to == candidate && IsReply(call, kAppendEntries) &&
             ReadAppendRequest(call).term == term;
    };
    director.Await([&] { return director.LastSent(heard) != nullptr; },
                   absl::StrFormat("n%d answered an AppendEntries of n%d", candidate, leader));
    if (ReadVoteRequest(*director.LastSent(stands)).term != term) return false;
    const auto again = [&] { return ReadVoteRequest(*director.LastSent(stands)).term != term; };
    if (!director.TryAwait(again, absl::Seconds(3))) return true;
    cluster.Fail(
        Verdict::kLiveness,
        absl::StrFormat(
            "n%d stood for election in term %d, then heard n%d, the leader of that very term, all "
            "the time, and yet began another election, in term %d. A candidate that gets an "
            "AppendEntries of its own term converts to follower (Figure 2, Rules for Candidates, "
            "rule 3; section 5.2)",
            candidate, term, leader, ReadVoteRequest(*director.LastSent(stands)).term));
  });
}

// A request that `stale` has sent to `follower`, held; and a leader that the follower follows in a
// newer term.
Call HoldOldRequest(Director& director, int leader, int follower, int stale) {
  bool held = false;
  const Director::Exception hold = [&held, follower,
                                    stale](const Call& call) -> std::optional<Fate> {
    if (call.from != stale || !IsRequest(call)) return std::nullopt;
    if (call.to != follower) return Fate::kDeliver;  // the leader learns of its terms
    if (held || !IsRequest(call, kRequestVote)) return Fate::kLose;
    held = true;
    return Fate::kHold;
  };
  director.Follow(leader, {follower}, hold);
  const Call request = director.AwaitHeld(
      [](const Call& call) { return IsRequest(call, kRequestVote); },
      absl::StrFormat("n%d, which hears nothing, asked n%d for its vote", stale, follower));
  director.Await(
      [&] { return director.Elect(leader, {follower}, hold) > ReadVoteRequest(request).term; },
      absl::StrFormat("n%d led a newer term than that of n%d", leader, stale));
  return request;
}

LAB_TEST(Raft2A, RefusedVotesDelayNobody,
         "requests for votes that are refused keep nobody from standing for election") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  const int leader = cluster.AwaitOneLeader();
  const int follower = cluster.After(leader);
  const int stale = cluster.After(leader, 2);
  const Call request = HoldOldRequest(director, leader, follower, stale);

  // All that the follower hears from now on is the old request, again and again.
  director.LoseAll();
  const size_t from = director.sent().size();
  int copies = 0;
  const auto stands = [&] {
    for (size_t i = from; i < director.sent().size(); ++i) {
      const Call& call = director.sent()[i];
      if (call.from == follower && IsRequest(call)) return true;
    }
    cluster.network().Duplicate(request.id);
    ++copies;
    SleepMillis(30);
    return false;
  };
  if (director.TryAwait(stands, absl::Seconds(5))) return;
  cluster.Fail(
      Verdict::kLiveness,
      absl::StrFormat(
          "n%d has heard of no leader for 5 s, and did not stand for election. All that it heard "
          "were %d requests of n%d for its vote in term %d, which is over, and it refused them: a "
          "request for a vote sets the election timer back only if the vote is granted (Figure 2, "
          "Rules for Followers, rule 2)",
          follower, copies, stale, ReadVoteRequest(request).term));
}

}  // namespace
}  // namespace tests
