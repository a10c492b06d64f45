// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2D: snapshots that meet a log which they do not fit. Section 7, Figure 13.

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {

namespace {

using labrpc::Call;

// A service that snapshots at indices 9 and 19 has more than that.
constexpr int64_t kBeyondTwoSnapshots = 24;

bool Between(const Call& call, int from, int to) { return call.from == from && call.to == to; }

// Commands until the leader's log ends at `index` or later. False if it does not lead.
bool GiveUpTo(Director& director, int leader, int64_t index) {
  while (true) {
    const auto taken = director.Give(leader);
    if (!taken.has_value()) return false;
    if (taken->index >= index) return true;
  }
}

// The snapshot that reached furthest of those that `follower` has taken from `leader` since there
// were `from` messages.
std::optional<InstallRequest> LastInstalled(const Director& director, size_t from, int leader,
                                            int follower) {
  std::optional<InstallRequest> last;
  for (const Call& call : std::span(director.sent()).subspan(from)) {
    if (!Between(call, leader, follower) || !IsReply(call, kInstallSnapshot)) continue;
    const InstallRequest request = ReadInstallRequest(call);
    if (ReadInstallReply(call).term != request.term) continue;  // refused
    const bool further =
        !last.has_value() || request.term > last->term ||
        (request.term == last->term && request.last_included_index > last->last_included_index);
    if (further) last = request;
  }
  return last;
}

// Up to where `follower` has acknowledged `leader`'s entries in this term since then, delivered or
// not.
int64_t Acknowledged(const Director& director, size_t from, int leader, int follower,
                     int64_t term) {
  int64_t through = 0;
  for (const Call& call : std::span(director.sent()).subspan(from)) {
    if (!Between(call, leader, follower) || !IsReply(call, kAppendEntries)) continue;
    const AppendRequest request = ReadAppendRequest(call);
    if (request.term != term || !ReadAppendReply(call).success) continue;
    through = std::max(through, request.last_index());
  }
  return through;
}

// `follower`, which hears nobody any more, still has the entry at `index`.
void CheckKeeps(Cluster& cluster, Director& director, int follower, int64_t index,
                std::string_view since) {
  const VoteRequest request = director.AwaitVoteRequest(follower);
  if (request.last_log_index >= index) return;
  cluster.Fail(
      sim::Verdict::kSafety,
      absl::StrFormat("n%d had the log up to index %d when %s. Now it asks for votes with a "
                      "log that ends at %d/%d (term/index)",
                      follower, index, since, request.last_log_term, request.last_log_index));
}

LAB_TEST(Raft2D, InstallKeepsWhatFollows,
         "a snapshot removes no acknowledged entry that follows it") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  Director director(cluster);
  director.Retry([&] {
    cluster.StartOver();
    const size_t from = director.sent().size();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader);
    const int third = cluster.After(leader, 2);
    // The follower gets entries, and its leader does not know; nothing is committed.
    director.SetRule([=](const Call& call) {
      return Between(call, leader, follower) && IsRequest(call, kAppendEntries) ? Fate::kDeliver
                                                                                : Fate::kLose;
    });
    if (!GiveUpTo(director, leader, kBeyondTwoSnapshots)) return false;
    const int64_t term = cluster.GetState(leader)->term;
    int64_t through = 0;
    const auto acknowledged = [&] {
      through = Acknowledged(director, from, leader, follower, term);
      return through > 20;
    };
    if (!director.TryAwait(acknowledged, absl::Milliseconds(300))) return false;
    // The third server makes them committed; then the leader has only a snapshot for the follower.
    director.SetRule([=](const Call& call) {
      const bool snapshot =
          Between(call, leader, follower) && !call.method.ends_with("AppendEntries");
      return snapshot || Between(call, leader, third) ? Fate::kDeliver : Fate::kLose;
    });
    const auto installed = [&] {
      return LastInstalled(director, from, leader, follower).has_value();
    };
    if (!director.TryAwait(installed, absl::Seconds(1))) return false;
    CheckKeeps(cluster, director, follower, through,
               "a snapshot came that ends before that. It retains the log entries that follow the "
               "snapshot's last (Figure 13, rule 6): it has acknowledged them");
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2D, InstallRemovesConflict, "a snapshot removes a log that contradicts it") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  Director director(cluster);
  director.Retry([&] {
    cluster.StartOver();
    const size_t from = director.sent().size();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int follower = cluster.AwaitOneLeader();
    const int leader = cluster.After(follower);
    const int third = cluster.After(follower, 2);
    director.LoseAll();
    if (!GiveUpTo(director, follower, kBeyondTwoSnapshots + 10)) return false;
    director.Elect(leader, {third});
    if (!GiveUpTo(director, leader, kBeyondTwoSnapshots)) return false;
    const auto compacted = [&] { return cluster.last_committed() >= 20; };
    if (!director.TryAwait(compacted, absl::Seconds(5))) return false;
    // Only the snapshot: entries behind it would remove the conflict too.
    director.Follow(leader, {third, follower}, [=](const Call& call) -> std::optional<Fate> {
      if (Between(call, leader, follower) && IsRequest(call, kAppendEntries)) return Fate::kLose;
      return std::nullopt;
    });
    const auto installed = [&] {
      return LastInstalled(director, from, leader, follower).has_value();
    };
    if (!director.TryAwait(installed, absl::Seconds(5))) return false;
    const VoteRequest request = director.AwaitVoteRequest(follower);
    const InstallRequest snapshot = *LastInstalled(director, from, leader, follower);
    if (request.last_log_index != snapshot.last_included_index ||
        request.last_log_term != snapshot.last_included_term) {
      cluster.Fail(
          sim::Verdict::kSafety,
          absl::StrFormat("n%d had a log of an older term that contradicts the snapshot through "
                          "%d/%d (term/index) which it got from n%d. Now it asks for votes with a "
                          "log that ends at %d/%d, and must with the snapshot's end: it discards "
                          "its entire log (Figure 13, rule 7)",
                          follower, snapshot.last_included_term, snapshot.last_included_index,
                          leader, request.last_log_term, request.last_log_index));
    }
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2D, OldMessagesAfterSnapshot,
         "an old snapshot and an old AppendEntries change nothing when they come late") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  Director director(cluster);
  director.Retry([&] {
    cluster.StartOver();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader);
    const int third = cluster.After(leader, 2);
    // The first entries for the follower, and its first snapshot, stop on their way.
    director.Follow(leader, {third}, [=](const Call& call) -> std::optional<Fate> {
      const bool entries = Between(call, leader, follower) && IsRequest(call, kAppendEntries) &&
                           !ReadAppendRequest(call).entries.empty();
      return entries ? std::optional(Fate::kHold) : std::nullopt;
    });
    if (!GiveUpTo(director, leader, 12)) return false;
    const auto to_follower = [=](const Call& call) {
      return Between(call, leader, follower) && IsRequest(call);
    };
    if (!director.TryAwait([&] { return director.FindHeld(to_follower).has_value(); },
                           absl::Seconds(1))) {
      return false;
    }
    const Call old_entries = *director.FindHeld(to_follower);
    if (!director.TryAwait([&] { return cluster.last_committed() >= 10; }, absl::Seconds(1))) {
      return false;
    }
    bool holds = true;
    director.Follow(leader, {third, follower}, [=, &holds](const Call& call) {
      const bool first =
          holds && Between(call, leader, follower) && IsRequest(call, kInstallSnapshot);
      if (first) holds = false;
      return first ? std::optional(Fate::kHold) : std::nullopt;
    });
    if (!GiveUpTo(director, leader, kBeyondTwoSnapshots)) return false;
    const auto caught_up = [&] { return cluster.CountApplied(kBeyondTwoSnapshots) == 3; };
    const bool in_time = director.TryAwait(caught_up, absl::Seconds(3));
    director.SetRule([](const Call&) { return Fate::kLose; });  // holds is gone behind this
    if (!in_time) return false;
    director.Deliver(old_entries);
    for (const Call& held : cluster.network().Held()) {
      if (IsRequest(held, kInstallSnapshot)) director.Deliver(held);
    }
    CheckKeeps(cluster, director, follower, kBeyondTwoSnapshots,
               "an AppendEntries and an InstallSnapshot came that were sent long before. What it "
               "has applied is committed: neither replaces that (section 7)");
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2D, ElectionAfterCompaction,
         "a log that is all in the snapshot is as up-to-date as it was") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  Director director(cluster);
  director.Retry([&] {
    cluster.StartOver();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    while (cluster.last_committed() < 8) {
      cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    }
    const int leader = cluster.AwaitOneLeader();
    const int behind = cluster.After(leader);
    const int voter = cluster.After(leader, 2);
    director.Follow(leader, {voter});
    const auto last = director.Give(leader);
    if (!last.has_value() || last->index != 9) return false;
    if (!director.TryAwait([&] { return cluster.CountApplied(9) >= 2; }, absl::Seconds(2))) {
      return false;
    }
    SleepMillis(5);  // the snapshots are made
    const Director::Ballot ballot = director.AwaitBallot(behind, voter);
    if (ballot.reply.vote_granted && ballot.request.last_log_index < 9) {
      cluster.Fail(sim::Verdict::kSafety,
                   absl::StrFormat(
                       "n%d has the committed entry at index 9, all of its log in a snapshot, and "
                       "voted for n%d, whose log ends at %d/%d (term/index) without it. The "
                       "snapshot's last index and term stand for the log's (section 5.4.1, "
                       "Figure 13)",
                       voter, behind, ballot.request.last_log_term, ballot.request.last_log_index));
    }
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

}  // namespace
}  // namespace tests
