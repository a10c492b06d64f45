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

}  // namespace
}  // namespace tests
