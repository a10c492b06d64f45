// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2B: what a leader may take for committed. Sections 5.3 and 5.4.2; Figure 2, Rules for
// Leaders.

#include <optional>
#include <string>

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

using labrpc::Call;

LAB_TEST(Raft2B, Figure8StepByStep, "an entry of an older term is not committed by counting") {
  Cluster cluster(world, {.servers = 5});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
    const int s1 = cluster.AwaitOneLeader();
    const int s2 = cluster.After(s1), s3 = cluster.After(s1, 2), s4 = cluster.After(s1, 3),
              s5 = cluster.After(s1, 4);
    const auto has = [&](int server, int64_t term, int64_t index) {
      return director.HasAcknowledged(server, s1, term, index);
    };
    // (a) S1 leads and replicates an entry to S2 only.
    director.Follow(s1, {s2});
    const auto entry = director.Give(s1);
    if (!entry.has_value()) return false;
    const auto on_s2 = [&] { return has(s2, entry->term, entry->index); };
    if (!director.TryAwait(on_s2, absl::Seconds(3))) return false;
    // (b) S5 is elected with the votes of S3 and S4, and takes another entry at the same index.
    director.Elect(s5, {s3, s4});
    director.LoseAll();
    const auto rival = director.Give(s5);
    if (!rival.has_value()) return false;
    if (rival->index != entry->index) {
      Skip(absl::StrFormat(
          "a new leader's first command got index %d, not %d: it appends entries of "
          "its own, and then Figure 8 cannot come about",
          rival->index, entry->index));
    }
    // (c) S1 is elected again and goes on with its entry, which now is on S3, too: on a majority.
    director.Depose(s1, s3);
    const int64_t term = director.Elect(s1, {s2, s3});
    const auto on_majority = [&] {
      return has(s2, term, entry->index) && has(s3, term, entry->index);
    };
    if (!director.TryAwait(on_majority, absl::Seconds(5))) return false;
    SleepMillis(500);
    cluster.CheckNothingAppliedFrom(
        entry->index,
        "that entry is of an earlier term than its leader's: though a majority stores it, a later "
        "leader can still overwrite it (section 5.4.2, Figure 8)");
    // (d) S5 is elected once more, and overwrites it.
    director.Elect(s5, {s3, s4});
    cluster.Disconnect(s1);
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 4, .retry = true});
    return true;
  });
}

LAB_TEST(Raft2B, ReplyForWhatWasSent, "success means the entries of that request, not of the log") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    const int64_t before =
        cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader);
    // The first message with a new entry arrives, none that has more does, and the reply waits.
    int64_t first = 0;
    director.Follow(
        leader, {follower}, [&first, before, leader](const Call& call) -> std::optional<Fate> {
          if (call.from != leader || call.method != kAppendEntries) return std::nullopt;
          const int64_t last = ReadAppendRequest(call).last_index();
          if (last <= before) return std::nullopt;
          if (first == 0) first = last;
          if (last > first) return Fate::kLose;
          return IsReply(call) && ReadAppendReply(call).success ? Fate::kHold : Fate::kDeliver;
        });
    if (!director.Give(leader).has_value()) return false;
    const Call reply = director.AwaitHeld(
        [](const Call& call) { return IsReply(call, kAppendEntries); },
        absl::StrFormat("n%d acknowledged a new entry to n%d", follower, leader));
    director.Give(leader);
    const auto last = director.Give(leader);
    if (!last.has_value() || last->term != ReadAppendRequest(reply).term) return false;
    director.Deliver(reply);
    SleepMillis(500);
    cluster.CheckNothingAppliedFrom(
        first + 1,
        absl::StrFormat("only n%d has it: the one reply that n%d got is to a request that ended at "
                        "index %d. matchIndex is prevLogIndex and the number of entries of *that* "
                        "request, not where the log ends when the reply is in (section 5.3)",
                        leader, leader, first));
    return true;
  });
}

LAB_TEST(Raft2B, MatchIndexOfEarlierTerm, "a new leader knows nothing yet of what others hold") {
  Cluster cluster(world, {.servers = 5});
  Director director(cluster);
  director.Retry([&] {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader), other = cluster.After(leader, 2),
              third = cluster.After(leader, 3), fourth = cluster.After(leader, 4);
    // One follower acknowledges many entries, which are then overwritten.
    director.Follow(leader, {follower});
    std::optional<Director::Taken> last;
    for (int i = 0; i < 10; ++i) last = director.Give(leader);
    if (!last.has_value()) return false;
    const auto acknowledged = [&] {
      return director.HasAcknowledged(follower, leader, last->term, last->index);
    };
    if (!director.TryAwait(acknowledged, absl::Seconds(5))) return false;
    director.Elect(other, {third, fourth});
    const auto replaced = director.Give(other);
    if (!replaced.has_value()) return false;
    director.Follow(other, {leader, follower, third, fourth});
    const auto everywhere = [&] { return cluster.CountApplied(replaced->index) == 5; };
    if (!director.TryAwait(everywhere, absl::Seconds(5))) return false;
    // Elected again, the leader gets a new entry to one other server: on two of five.
    director.Elect(leader, {third, fourth});
    director.Follow(leader, {third});
    const auto entry = director.Give(leader);
    if (!entry.has_value() || entry->index > last->index) return false;
    const auto on_two = [&] {
      return director.HasAcknowledged(third, leader, entry->term, entry->index);
    };
    if (!director.TryAwait(on_two, absl::Seconds(5))) return false;
    SleepMillis(500);
    cluster.CheckNothingAppliedFrom(
        entry->index,
        absl::StrFormat(
            "only n%d and n%d have it. What n%d acknowledged in an earlier term has been "
            "overwritten: a leader sets every matchIndex to 0 when it is elected "
            "(Figure 2, volatile state on leaders)",
            leader, third, follower));
    return true;
  });
}

}  // namespace
}  // namespace tests
