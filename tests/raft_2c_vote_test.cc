// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2C: a vote is for the whole term, over a crash of the voter. Figure 2, votedFor; section 5.2.

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

constexpr int kFirst = 0;   // stands for election, and gets the vote
constexpr int kVoter = 1;   // crashes right after it has given it
constexpr int kSecond = 2;  // knows of none of this, and stands in the same term

// What was sent since there were `from` messages, and matches: the last of it, or null.
const labrpc::Call* LastSince(const Director& director, size_t from,
                              const Director::Filter& filter) {
  for (size_t i = director.sent().size(); i > from; --i) {
    if (filter(director.sent()[i - 1])) return &director.sent()[i - 1];
  }
  return nullptr;
}

// The term of the vote, if the voter's k-th message was the vote, and it crashed behind it.
std::optional<int64_t> VoteAndCrash(Cluster& cluster, Director& director, int k) {
  cluster.StartOver();
  const size_t from = director.sent().size();
  cluster.Pause(kVoter);
  cluster.Pause(kSecond);
  cluster.Disconnect(kSecond);
  cluster.CrashAfter(kVoter, Cluster::CrashPoint::kMessage, k);
  const int64_t calls = cluster.network().rpcs();
  director.TryAwait([&] { return cluster.network().rpcs() > calls; });
  cluster.Resume(kVoter);
  if (!director.TryAwait([&] { return !cluster.up(kVoter); }, absl::Seconds(2)))
    return std::nullopt;
  cluster.Disconnect(kFirst);
  const labrpc::Call* vote = LastSince(
      director, from, [](const labrpc::Call& call) { return call.to == kVoter && IsReply(call); });
  if (vote == nullptr || vote->method != kRequestVote || !ReadVoteReply(*vote).vote_granted) {
    return std::nullopt;
  }
  return ReadVoteRequest(*vote).term;
}

// The voter restarts, and finds the second candidate's request on its doorstep. False if that one
// asked in another term.
bool AskAgain(Cluster& cluster, Director& director, int64_t term) {
  const size_t from = director.sent().size();
  cluster.Restart(kVoter);
  cluster.Pause(kVoter);  // before it has run: what arrives now competes with its first steps
  cluster.Connect(kVoter);
  cluster.Connect(kSecond);
  cluster.Resume(kSecond);
  const auto asks = [&](const labrpc::Call& call) {
    return call.from == kSecond && call.to == kVoter && IsRequest(call, kRequestVote) &&
           ReadVoteRequest(call).term == term;
  };
  if (!director.TryAwait([&] { return LastSince(director, from, asks) != nullptr; },
                         absl::Seconds(5))) {
    return false;
  }
  const uint64_t request = LastSince(director, from, asks)->id;
  SleepMillis(2);  // it arrives
  cluster.Resume(kVoter);
  const labrpc::Call* reply = nullptr;
  const auto answered = [&](const labrpc::Call& call) {
    return call.id == request && IsReply(call);
  };
  if (!director.TryAwait([&] { return (reply = LastSince(director, from, answered)) != nullptr; },
                         absl::Seconds(2))) {
    return false;
  }
  if (!ReadVoteReply(*reply).vote_granted) return true;
  cluster.Fail(
      sim::Verdict::kSafety,
      absl::StrFormat("n%d voted for n%d in term %d, crashed, and now votes for n%d in the "
                      "same term; votedFor is persistent state, and is restored before the "
                      "server answers anybody (Figure 2)",
                      kVoter, kFirst, term, kSecond));
}

LAB_TEST(Raft2C, VoteSurvivesCrash, "a server that has voted does not vote again behind a crash") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  // What a Raft sends before its vote, a test vote or an answer to one, puts the vote back by one.
  for (int k = 1; k <= 4; ++k) {
    const std::optional<int64_t> term = VoteAndCrash(cluster, director, k);
    if (!term.has_value() || !AskAgain(cluster, director, *term)) continue;
    director.Heal();
    cluster.HealAll();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return;
  }
  Skip("the voter never crashed right behind a vote in a term in which another server stood later");
}

}  // namespace
}  // namespace tests
