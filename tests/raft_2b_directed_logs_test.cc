// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2B: what a follower does with an AppendEntries that does not fit its log. Section 5.3;
// Figure 2, AppendEntries, rules 2, 3 and 5.

#include <algorithm>
#include <optional>
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

bool Covers(const AppendRequest& request, int64_t index) {
  return request.prev_log_index < index && index <= request.last_index();
}

// From `from` on, a new leader asks a follower that lacks the entries from `first` on. True once it
// has asked for an entry that it had not sent before.
bool RefusesWhatItLacks(Cluster& cluster, const Director& director, int leader, int follower,
                        size_t from, int64_t first) {
  std::vector<AppendRequest> sent;
  for (size_t i = from; i < director.sent().size(); ++i) {
    const Call& call = director.sent()[i];
    if (call.from != leader || call.to != follower || call.method != kAppendEntries) continue;
    const AppendRequest request = ReadAppendRequest(call);
    if (IsRequest(call)) sent.push_back(request);
    const int64_t previous = request.prev_log_index;
    const bool lacks = previous >= first && std::ranges::none_of(sent, [&](const auto& other) {
                         return Covers(other, previous);
                       });
    if (!lacks || !IsReply(call)) continue;
    if (!ReadAppendReply(call).success) return true;
    cluster.Fail(Verdict::kSafety,
                 absl::StrFormat(
                     "n%d answered success to an AppendEntries of n%d with prevLogIndex %d and %d "
                     "entries, but its log ends before index %d. Without the entry at "
                     "prevLogIndex it must refuse, and that goes for heartbeats, too (Figure 2, "
                     "AppendEntries, rule 2): the leader takes success for a replica",
                     follower, leader, previous, request.entries.size(), first));
  }
  return false;
}

LAB_TEST(Raft2B, HeartbeatBeyondTheLog, "a heartbeat behind the end of a log is refused") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int before = cluster.AwaitOneLeader();
    const int leader = cluster.After(before);
    const int follower = cluster.After(before, 2);
    director.Follow(before, {leader});
    const auto first = director.Give(before);
    director.Give(before);
    const auto last = director.Give(before);
    if (!first.has_value() || !last.has_value()) return false;
    const auto acknowledged = [&] {
      return director.HasAcknowledged(leader, before, last->term, last->index);
    };
    if (!director.TryAwait(acknowledged, absl::Seconds(3))) return false;

    const size_t from = director.sent().size();
    director.Elect(leader, {follower});
    director.Await(
        [&] { return RefusesWhatItLacks(cluster, director, leader, follower, from, first->index); },
        absl::StrFormat("n%d, newly elected, sent n%d a prevLogIndex from %d on", leader, follower,
                        first->index));
    cluster.Disconnect(before);
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 2, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2B, OldAppendEntries,
         "an AppendEntries that comes late removes nothing that came later") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader);
    director.LoseAll();
    const auto old = director.Give(leader);
    if (!old.has_value()) return false;

    // In a newer term it sends that entry on; the first such message is late.
    director.Depose(leader, follower);
    bool is_late = false;
    const int64_t term = director.Elect(
        leader, {follower}, [&is_late, old, leader](const Call& call) -> std::optional<Fate> {
          if (is_late || call.from != leader || !IsRequest(call, kAppendEntries))
            return std::nullopt;
          const AppendRequest request = ReadAppendRequest(call);
          is_late = request.term > old->term && Covers(request, old->index);
          return is_late ? std::optional(Fate::kHold) : std::nullopt;
        });
    const auto is_append = [](const Call& call) { return IsRequest(call, kAppendEntries); };
    const Call late = director.AwaitHeld(
        is_append,
        absl::StrFormat("n%d sent n%d the entry at index %d", leader, follower, old->index));
    director.Give(leader);
    const auto last = director.Give(leader);
    if (!last.has_value() || last->term != term) return false;
    const auto committed = [&] { return cluster.CountApplied(last->index) > 0; };
    if (!director.TryAwait(committed, absl::Seconds(10))) return false;
    if (ReadAppendRequest(late).last_index() >= last->index) return false;

    director.LoseAll();
    director.DeliverAndAwaitReply(late);
    const VoteRequest request = director.AwaitVoteRequest(follower);
    if (request.last_log_index < last->index) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat(
              "n%d acknowledged entries through index %d to n%d, which committed them. Then an "
              "older "
              "AppendEntries of the same leader came, with entries from %d through %d, and now "
              "n%d's log ends at index %d. What it holds already stays, and so does what follows: "
              "delete only where an entry of the same index has another term (Figure 2, "
              "AppendEntries, rule 3)",
              follower, last->index, leader, ReadAppendRequest(late).prev_log_index + 1,
              ReadAppendRequest(late).last_index(), follower, request.last_log_index));
    }
    cluster.Disconnect(leader);
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 2, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2B, ConflictRemovesTheRest, "with an entry that conflicts goes all that follows it") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    const auto overwritten = director.OverwriteTail();
    if (!overwritten.has_value()) return false;
    director.CheckOverwritten(*overwritten, "");
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2B, CommitOnlyWhatIsChecked,
         "a follower commits what the leader has compared with its log, and no more") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int follower = cluster.AwaitOneLeader();
    const int leader = cluster.After(follower);
    const int other = cluster.After(follower, 2);
    director.LoseAll();
    for (int i = 0; i < 8; ++i) {
      if (!director.Give(follower).has_value()) return false;
    }
    // Others commit other entries at the same indices. No entry reaches the follower, but all else.
    const auto no_entries = [follower](const Call& call) -> std::optional<Fate> {
      const bool has_entries = call.to == follower && IsRequest(call, kAppendEntries) &&
                               !ReadAppendRequest(call).entries.empty();
      return has_entries ? std::optional(Fate::kLose) : std::nullopt;
    };
    director.Elect(leader, {other});
    director.Give(leader);
    const auto last = director.Give(leader);
    if (!last.has_value()) return false;
    const auto committed = [&] { return cluster.CountApplied(last->index) > 0; };
    if (!director.TryAwait(committed, absl::Seconds(3))) return false;
    director.Follow(leader, {other, follower}, no_entries);
    SleepMillis(1000);
    // A new term's first heartbeat compares the last entry, which the follower does not have.
    director.Depose(leader, other);
    director.Elect(leader, {other});
    director.Follow(leader, {other, follower}, no_entries);
    SleepMillis(1000);
    if (cluster.CountApplied(last->index) > 2) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat("n%d applied index %d, though no AppendEntries with an entry of "
                          "the leader's has reached it: commitIndex moves to the smaller of "
                          "leaderCommit and the last entry that the AppendEntries has "
                          "checked (Figure 2, AppendEntries, rule 5)",
                          follower, last->index));
    }
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

// A follower that lacks entries refuses all that a new leader sends, as long as its refusals are
// lost.
LAB_TEST(Raft2B, RefusedEntriesKeepFollower,
         "an AppendEntries of the current leader keeps a follower quiet, also if it is refused") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int before = cluster.AwaitOneLeader();
    const int leader = cluster.After(before);
    const int follower = cluster.After(before, 2);
    director.Follow(before, {leader});
    for (int i = 0; i < 3; ++i) {
      if (!director.Give(before).has_value()) return false;
    }
    const auto last = director.Give(before);
    if (!last.has_value()) return false;
    const auto has_them = [&] {
      return director.HasAcknowledged(leader, before, last->term, last->index);
    };
    if (!director.TryAwait(has_them, absl::Seconds(5))) return false;
    director.Depose(before, follower);
    const int64_t term = director.Elect(leader, {before});

    int refusals = 0;
    director.Follow(leader, {before, follower}, [&](const Call& call) -> std::optional<Fate> {
      if (call.from != leader || call.to != follower || !IsReply(call, kAppendEntries)) {
        return std::nullopt;
      }
      const AppendReply reply = ReadAppendReply(call);
      // One that is in a newer term already refuses because of that, and may go on standing.
      const bool in_term = ReadAppendRequest(call).term == term && reply.term == term;
      if (!in_term || reply.success) return std::nullopt;
      ++refusals;
      return Fate::kLose;
    });
    if (!director.TryAwait([&] { return refusals > 0; }, absl::Seconds(5))) return false;
    const size_t from = director.sent().size();
    int64_t stands = 0;
    const auto stood = [&] {
      for (size_t i = from; i < director.sent().size(); ++i) {
        const Call& call = director.sent()[i];
        if (call.from == follower && IsRequest(call, kRequestVote)) {
          stands = std::max(stands, ReadVoteRequest(call).term);
        }
      }
      return stands > term;
    };
    if (!director.TryAwait(stood, absl::Seconds(3))) return true;
    cluster.Fail(Verdict::kLiveness,
                 absl::StrFormat(
                     "n%d hears n%d, the leader of term %d, all the time, and yet stood for "
                     "election in term %d. It has refused %d AppendEntries, because it lacks what "
                     "stands before their entries; but every AppendEntries of the current leader "
                     "sets the election timer back (Figure 2, Rules for Followers, rule 2)",
                     follower, leader, term, stands, refusals));
  });
}

}  // namespace
}  // namespace tests
