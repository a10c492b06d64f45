// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2A: messages of terms that are over. Sections 5.1 and 5.2.

#include <algorithm>
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

// Figure 2, Rules for Followers: the *current* leader's AppendEntries keep a follower quiet.
LAB_TEST(Raft2A, DeposedLeaderHeartbeats,
         "heartbeats of a deposed leader keep nobody from electing") {
  Cluster cluster(world, {.servers = 5});
  Director director(cluster);
  const int deposed = cluster.AwaitOneLeader();
  cluster.Disconnect(deposed);
  const int leader = cluster.AwaitOneLeader();
  const auto state = cluster.GetState(leader);
  cluster.Disconnect(leader);

  // The deposed leader is heard by the three that are left, and hears nothing.
  const int64_t term = state.has_value() ? state->term : 0;
  int stale = 0;
  for (int server = 0; server < cluster.size(); ++server) {
    if (server != deposed && server != leader) cluster.network().SetLink(deposed, server, true);
  }
  director.SetRule([&stale, deposed, term](const Call& call) {
    if (call.to == deposed) return Fate::kLose;
    if (call.from != deposed) return Fate::kDeliver;
    if (!IsRequest(call, kAppendEntries)) return Fate::kLose;
    stale += ReadAppendRequest(call).term < term ? 1 : 0;
    return Fate::kDeliver;
  });
  int winner = -1;
  const auto elected = [&] {
    for (int server = 0; server < cluster.size() && winner == -1; ++server) {
      if (!cluster.connected(server)) continue;
      const auto now = cluster.GetState(server);
      if (now.has_value() && now->is_leader && now->term > term) winner = server;
    }
    SleepMillis(9);
    return winner != -1;
  };
  if (!director.TryAwait(elected, absl::Seconds(10))) {
    cluster.Fail(
        Verdict::kLiveness,
        absl::StrFormat(
            "no leader in 10 s after n%d was cut off, though three of five servers can reach each "
            "other. All that they heard of a leader were %d heartbeats of n%d, whose term is over: "
            "an AppendEntries of an older term is refused, and does not reset the election timer "
            "(section 5.1; Figure 2, AppendEntries, rule 1, and Rules for Followers)",
            leader, stale, deposed));
  }
  if (stale == 0) {
    Skip(absl::StrFormat("n%d, which hears nothing, sent no heartbeat any more", deposed));
  }
}

constexpr int kRounds = 8;

// Lets `server` stand still until `rival` has asked it for its vote in `term` or later; then the
// request comes in the moment in which everything that was due is done.
void SurpriseWithNewerTerm(Cluster& cluster, Director& director, int server, int rival,
                           int64_t term) {
  cluster.world().Pause(server);
  const Call request = director.AwaitHeld(
      [&](const Call& call) { return call.from == rival && ReadVoteRequest(call).term >= term; },
      absl::StrFormat("n%d, which hears nothing, campaigned in term %d or later", rival, term));
  director.Deliver(request);
  cluster.world().Resume(server);
  SleepMillis(20);
}

std::optional<Fate> HoldVoteRequests(const Call& call, int from, int to) {
  if (call.from != from || call.to != to || !IsRequest(call, kRequestVote)) return std::nullopt;
  return Fate::kHold;
}

// Figure 2, Rules for Candidates: the arguments belong to the election that they were made for.
LAB_TEST(Raft2A, OverruledCandidate,
         "a candidate that hears of a newer term asks nobody for votes in it") {
  Cluster cluster(world, {.servers = 5});
  Director director(cluster);
  const int candidate = cluster.After(cluster.AwaitOneLeader());
  const int rival = cluster.After(candidate);
  director.SetRule([candidate, rival](const Call& call) {
    if (const auto fate = HoldVoteRequests(call, rival, candidate)) return *fate;
    const bool in_election = call.method == kRequestVote || call.method == kAppendEntries;
    return in_election ? Fate::kLose : Fate::kDeliver;
  });
  for (int round = 0; round < kRounds; ++round) {
    const auto state = cluster.GetState(candidate);
    const Call* last = director.LastSent(
        [&](const Call& call) { return call.from == rival && IsRequest(call, kRequestVote); });
    // So late that the candidate's election timer has run out, too.
    const int64_t rivals = last != nullptr ? ReadVoteRequest(*last).term : 0;
    const int64_t term = std::max(state.has_value() ? state->term : 0, rivals) + 2;
    SurpriseWithNewerTerm(cluster, director, candidate, rival, term);
  }
}

// Figure 2, Rules for Leaders: a leader leads the term that it was elected in, and no other.
LAB_TEST(Raft2A, OverruledLeader, "a leader that hears of a newer term sends no heartbeat in it") {
  Cluster cluster(world, {.servers = 5});
  Director director(cluster);
  const int leader = cluster.AwaitOneLeader();
  const int rival = cluster.After(leader);
  for (int round = 0; round < kRounds; ++round) {
    const int64_t term =
        director.Elect(leader, {cluster.After(leader, 2), cluster.After(leader, 3)});
    director.SetRule([=](const Call& call) {
      return HoldVoteRequests(call, rival, leader).value_or(Fate::kLose);
    });
    const size_t from = director.sent().size();
    SurpriseWithNewerTerm(cluster, director, leader, rival, term + 1);
    cluster.GetState(leader);  // who still says that it leads has no vote in the newer term
    for (size_t i = from; i < director.sent().size(); ++i) {
      const Call& call = director.sent()[i];
      if (call.from != leader || !IsRequest(call, kAppendEntries)) continue;
      const int64_t sent = ReadAppendRequest(call).term;
      if (sent <= term) continue;
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat(
              "n%d was elected in term %d, heard of a newer term from n%d, and then sent n%d an "
              "AppendEntries of term %d, in which nobody has elected it. Make the arguments under "
              "the lock in which you have seen that this server leads, before the fiber starts "
              "(section 5.1)",
              leader, term, rival, call.to, sent));
    }
  }
}

}  // namespace
}  // namespace tests
