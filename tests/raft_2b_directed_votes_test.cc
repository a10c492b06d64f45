// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2B: elections after which a committed entry is at stake. Section 5.4.1: a server votes only
// for a candidate whose log is at least as up-to-date as its own.

#include <optional>
#include <string>

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

using sim::Verdict;

// The voter acknowledged the entry at `index`, which is committed; the candidate has never had it.
void CheckRefused(Cluster& cluster, const Director::Ballot& ballot, int voter, int candidate,
                  const Director::Taken& entry, std::string_view why) {
  if (!ballot.reply.vote_granted) return;
  cluster.Fail(Verdict::kSafety,
               absl::StrFormat(
                   "n%d has acknowledged the entry %d/%d (term/index), which is committed, and "
                   "granted its vote in term %d to n%d, which asked with a log that ends at %d/%d "
                   "and lacks that entry. %s (section 5.4.1)",
                   voter, entry.term, entry.index, ballot.request.term, candidate,
                   ballot.request.last_log_term, ballot.request.last_log_index, why));
}

// An entry that `leader` has committed with `keeper`'s help. `other` has never been sent it.
struct Committed {
  int leader;
  int keeper;
  int other;
  Director::Taken entry;
};

// If `quietly`, the keeper does not learn that the entry is committed. Nothing if the leader loses
// its term meanwhile.
std::optional<Committed> CommitWithOne(Cluster& cluster, Director& director, bool quietly) {
  const int64_t before =
      cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  const int leader = cluster.AwaitOneLeader();
  const int keeper = cluster.After(leader);
  director.Follow(leader, {keeper}, [=](const labrpc::Call& call) -> std::optional<Fate> {
    const bool tells = quietly && call.from == leader && IsRequest(call, kAppendEntries) &&
                       ReadAppendRequest(call).leader_commit > before;
    if (tells) return Fate::kLose;
    return std::nullopt;
  });
  const auto entry = director.Give(leader);
  if (!entry.has_value()) return std::nullopt;
  const auto committed = [&] { return cluster.CountApplied(entry->index) > 0; };
  if (!director.TryAwait(committed, absl::Seconds(3))) return std::nullopt;
  return Committed{leader, keeper, cluster.After(leader, 2), *entry};
}

LAB_TEST(Raft2B, LongerLogOfOlderTerm, "a longer log of an older term gets no vote") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int longest = cluster.AwaitOneLeader();
    const int leader = cluster.After(longest);
    const int voter = cluster.After(longest, 2);
    director.LoseAll();
    for (int i = 0; i < 8; ++i) {
      if (!director.Give(longest).has_value()) return false;
    }
    director.Elect(leader, {voter});
    const auto entry = director.Give(leader);
    if (!entry.has_value()) return false;
    const auto committed = [&] { return cluster.CountApplied(entry->index) > 0; };
    if (!director.TryAwait(committed, absl::Seconds(3))) return false;
    CheckRefused(cluster, director.AwaitBallot(longest, voter), voter, longest, *entry,
                 "The terms of the last entries are compared first, the lengths only if they are "
                 "equal; the larger term is the more up-to-date log, however short it is");
    return true;
  });
}

LAB_TEST(Raft2B, ShorterLogOfSameTerm,
         "of two logs that end in the same term the longer one wins") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    const auto committed = CommitWithOne(cluster, director, false);
    if (!committed.has_value()) return false;
    CheckRefused(cluster, director.AwaitBallot(committed->other, committed->keeper),
                 committed->keeper, committed->other, committed->entry,
                 "If the logs end in the same term, the longer one is more up-to-date");
    return true;
  });
}

LAB_TEST(Raft2B, VoteByLogNotByCommit, "a voter compares logs, not what it knows to be committed") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    const auto committed = CommitWithOne(cluster, director, true);
    if (!committed.has_value()) return false;
    CheckRefused(cluster, director.AwaitBallot(committed->other, committed->keeper),
                 committed->keeper, committed->other, committed->entry,
                 "What counts are the last entries of both logs, not how far the servers know them "
                 "to be committed or have applied them: the leader may have committed more");
    return true;
  });
}

LAB_TEST(Raft2B, AcknowledgedEntryOutlastsTerm, "a newer term makes no server drop entries") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    const auto committed = CommitWithOne(cluster, director, true);
    if (!committed.has_value()) return false;
    const auto& [leader, keeper, other, entry] = *committed;
    director.AwaitBallot(other, keeper);  // of a newer term, whatever the answer
    const VoteRequest request = director.AwaitVoteRequest(keeper);
    if (request.last_log_index < entry.index) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat(
              "n%d acknowledged the entry %d/%d (term/index) to n%d, which committed it; then it "
              "heard of a newer term, and now it asks for votes with a log that ends at %d/%d. A "
              "new "
              "term removes no entries, not even those that are not known to be committed: only a "
              "conflict with a leader's entries does (Figure 2, AppendEntries, rule 3)",
              keeper, entry.term, entry.index, leader, request.last_log_term,
              request.last_log_index));
    }
    cluster.Disconnect(leader);
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 2, .retry = true});
    return true;
  });
}

}  // namespace
}  // namespace tests
