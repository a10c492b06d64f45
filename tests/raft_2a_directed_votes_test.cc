// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2A: elections in which every message has its place. Section 5.2.

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

using labrpc::Call;
using sim::Verdict;

// Two servers that hear nothing campaign in the same term, and reach one voter: the leader before.
// Its vote goes to the first, which becomes leader and sends it a heartbeat; then the other one's
// request comes. False if the two never campaigned in the same term.
bool SecondCandidateIsRefused(Cluster& cluster, Director& director) {
  const int voter = cluster.AwaitOneLeader();
  int winner = -1;
  director.SetRule([&winner, voter](const Call& call) {
    if (call.from == voter || call.to != voter) return Fate::kLose;
    if (!IsRequest(call, kRequestVote)) return Fate::kDeliver;
    if (winner == -1) winner = call.from;
    return call.from == winner ? Fate::kDeliver : Fate::kHold;
  });
  int64_t term = 0;
  director.Await(
      [&] {
        const Call* answer = director.LastSent([&](const Call& call) {
          return call.from == winner && call.to == voter && IsReply(call, kAppendEntries);
        });
        if (winner == -1 || answer == nullptr) return false;
        term = ReadAppendRequest(*answer).term;
        return term == ReadAppendReply(*answer).term;
      },
      "a follower that had lost its leader was elected by it and sent it a heartbeat");
  const Call request = director.AwaitHeld(
      [&](const Call& call) { return ReadVoteRequest(call).term >= term; },
      absl::StrFormat("a second server asked n%d for its vote in term %d or later", voter, term));
  if (ReadVoteRequest(request).term != term) return false;
  const VoteReply reply = ReadVoteReply(director.DeliverAndAwaitReply(request));
  if (reply.vote_granted) {
    cluster.Fail(Verdict::kSafety,
                 absl::StrFormat(
                     "n%d granted its vote in term %d to n%d, then had a heartbeat of that leader, "
                     "and granted it to n%d as well: a heartbeat of the current term must not "
                     "clear votedFor. One vote per term (section 5.2)",
                     voter, term, winner, request.from));
  }
  return true;
}

LAB_TEST(Raft2A, VoteOutlastsHeartbeat,
         "a leader's heartbeat does not give its voter the vote back") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  for (int tries = 0; tries < 5; ++tries) {
    if (SecondCandidateIsRefused(cluster, director)) return;
    director.Heal();
  }
  Skip("in 5 tries no two servers campaigned in the same term");
}

LAB_TEST(Raft2A, LateVote, "a vote that comes late does not count in a newer term") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  const int candidate = cluster.After(cluster.AwaitOneLeader());
  const int voter = cluster.After(candidate);
  int64_t granted = 0;  // term of the one vote that is given; it waits
  director.SetRule([&granted, candidate, voter](const Call& call) {
    if (IsRequest(call, kRequestVote) && granted > 0) return Fate::kLose;
    if (call.from == voter && call.to == candidate && IsRequest(call)) return Fate::kDeliver;
    if (call.from != candidate || call.to != voter) return Fate::kLose;
    if (!IsReply(call, kRequestVote) || !ReadVoteReply(call).vote_granted) return Fate::kDeliver;
    if (granted > 0) return Fate::kLose;
    granted = ReadVoteRequest(call).term;
    return Fate::kHold;
  });
  const Call vote = director.AwaitHeld(
      [](const Call& call) { return IsReply(call, kRequestVote); },
      absl::StrFormat("n%d, which hears of no leader, got the vote of n%d", candidate, voter));
  const auto asks_again = [&](const Call& call) {
    return call.from == candidate && IsRequest(call, kRequestVote) &&
           ReadVoteRequest(call).term > granted;
  };
  director.Await([&] { return director.LastSent(asks_again) != nullptr; },
                 absl::StrFormat("n%d began a second election", candidate));

  director.Deliver(vote);
  for (int look = 0; look < 5; ++look) {
    const auto state = cluster.GetState(candidate);
    if (state.has_value() && state->is_leader) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat(
              "n%d leads term %d, for which it has no vote but its own: n%d voted for it in term "
              "%d, "
              "and that reply came when the next election had begun. A vote counts only in the "
              "election that it was asked for in: when a reply is in, compare the term of its "
              "request with the current one (section 5.2)",
              candidate, state->term, voter, granted));
    }
    SleepMillis(20);
  }
}

LAB_TEST(Raft2A, DistinctVoters, "one voter's votes, however many, are no majority of five") {
  constexpr int kVotes = 4;
  Cluster cluster(world, {.servers = 5});
  Director director(cluster);
  const int candidate = cluster.After(cluster.AwaitOneLeader());
  const int voter = cluster.After(candidate);
  int votes = 0;
  // Others may say in other ways that they would vote, but do not.
  director.SetRule([&votes, candidate, voter](const Call& call) {
    if (call.method == kAppendEntries) return Fate::kLose;
    if (call.method != kRequestVote) return Fate::kDeliver;
    if (call.from == voter && call.to == candidate && IsRequest(call)) return Fate::kDeliver;
    if (call.from != candidate || call.to != voter) return Fate::kLose;
    votes += IsReply(call) && ReadVoteReply(call).vote_granted ? 1 : 0;
    return Fate::kDeliver;
  });
  director.Await(
      [&] {
        const auto state = cluster.GetState(candidate);
        if (state.has_value() && state->is_leader) {
          cluster.Fail(Verdict::kSafety,
                       absl::StrFormat(
                           "n%d leads term %d of five servers, and none but n%d has ever voted for "
                           "it (%d times in all). A majority is one of servers, not of replies: "
                           "count each voter once, and begin anew with every term (section 5.2)",
                           candidate, state->term, voter, votes));
        }
        SleepMillis(9);
        return votes >= kVotes;
      },
      absl::StrFormat("n%d got %d votes of n%d", candidate, kVotes, voter));
}

}  // namespace
}  // namespace tests
