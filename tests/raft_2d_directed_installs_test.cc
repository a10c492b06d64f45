// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2D: what leader and follower make of each other's snapshots. Section 7, Figure 13.

#include <vector>

#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

using labrpc::Call;

bool Between(const Call& call, int from, int to) { return call.from == from && call.to == to; }

// `leader` and `third` commit entries until `index`, and whoever snapshots has done so. False if
// the leader has lost its term.
bool CommitUpTo(Cluster& cluster, Director& director, int leader, int64_t index) {
  while (true) {
    const auto taken = director.Give(leader);
    if (!taken.has_value()) return false;
    if (taken->index < index) continue;
    return director.TryAwait([&] { return cluster.CountApplied(taken->index) >= 2; },
                             absl::Seconds(3));
  }
}

// Nothing more is said than one command, for with a newer snapshot the leader would have another
// chance.
void CheckCatchesUp(Cluster& cluster, Director& director) {
  director.Heal();
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = cluster.size(), .retry = false});
}

// The follower, which is terms ahead, has refused.
LAB_TEST(Raft2D, LateInstallReply,
         "a reply to an InstallSnapshot of an older term counts for nothing") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  Director director(cluster);
  director.Retry([&] {
    cluster.StartOver();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int leader = cluster.AwaitOneLeader();
    const int follower = cluster.After(leader);
    const int third = cluster.After(leader, 2);
    director.Follow(leader, {third});
    if (!CommitUpTo(cluster, director, leader, 12)) return false;
    SleepMillis(1000);  // the follower, which hears nothing, begins elections

    director.Follow(leader, {third}, [=](const Call& call) -> std::optional<Fate> {
      if (!Between(call, leader, follower) || call.method != kInstallSnapshot) return std::nullopt;
      return IsRequest(call) ? Fate::kDeliver : Fate::kHold;
    });
    const auto refusal = [=](const Call& call) {
      return Between(call, leader, follower) && IsReply(call, kInstallSnapshot) &&
             ReadInstallReply(call).term > ReadInstallRequest(call).term;
    };
    if (!director.TryAwait([&] { return director.FindHeld(refusal).has_value(); },
                           absl::Seconds(5))) {
      return false;
    }
    const Call late = *director.FindHeld(refusal);
    director.Depose(leader, follower);
    const int64_t term = director.Elect(leader, {third});
    if (term < ReadInstallReply(late).term) return false;
    director.Deliver(late);
    const auto state = cluster.GetState(leader);
    if (!state.has_value() || !state->is_leader) return false;
    CheckCatchesUp(cluster, director);
    return true;
  });
}

LAB_TEST(Raft2D, TwoSnapshotsAtOnce, "of two snapshots that come at once the newer one counts") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  Director director(cluster);
  for (int round = 0; round < 6; ++round) {
    director.Retry([&] {
      cluster.StartOver();
      cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
      const int leader = cluster.AwaitOneLeader();
      const int follower = cluster.After(leader);
      const int third = cluster.After(leader, 2);
      // A snapshot through index 9, and one through index 19, wait before the follower's door.
      std::vector<Call> snapshots;
      for (const int64_t index : {int64_t{12}, int64_t{22}}) {
        director.Follow(leader, {third});
        if (!CommitUpTo(cluster, director, leader, index)) return false;
        director.Follow(leader, {third}, [=](const Call& call) -> std::optional<Fate> {
          if (!Between(call, leader, follower) || call.method != kInstallSnapshot) {
            return std::nullopt;
          }
          return IsRequest(call) ? Fate::kHold : Fate::kDeliver;
        });
        const auto covers = [=](const Call& call) {
          return IsRequest(call, kInstallSnapshot) &&
                 ReadInstallRequest(call).last_included_index > index - 10;
        };
        if (!director.TryAwait([&] { return director.FindHeld(covers).has_value(); },
                               absl::Seconds(3))) {
          return false;
        }
        snapshots.push_back(*director.FindHeld(covers));
      }
      cluster.Pause(follower);
      for (const Call& snapshot : snapshots) director.Deliver(snapshot);
      cluster.Resume(follower);
      SleepMillis(20);
      CheckCatchesUp(cluster, director);
      return true;
    });
  }
}

// A service decides for itself when it snapshots. The follower's has done so; the leader has its
// whole log, and does not know how far the follower is.
LAB_TEST(Raft2D, EntriesBeforeTheSnapshot,
         "a follower that has compacted its log takes entries that it knew") {
  constexpr int kLeader = 0;
  Cluster cluster(world, {.servers = 3, .snapshots = true, .never_snapshots = kLeader});
  Director director(cluster);
  director.Retry([&] {
    cluster.StartOver();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    const int follower = cluster.After(kLeader);
    const int third = cluster.After(kLeader, 2);
    if (cluster.AwaitOneLeader() == third) director.Depose(third, follower);
    director.Elect(kLeader, {third});
    director.Follow(kLeader, {follower, third}, [=](const Call& call) -> std::optional<Fate> {
      const bool answer = Between(call, kLeader, follower) && IsReply(call, kAppendEntries);
      return answer ? std::optional(Fate::kLose) : std::nullopt;
    });
    if (!CommitUpTo(cluster, director, kLeader, 25)) return false;
    if (!director.TryAwait([&] { return cluster.CountApplied(25) == 3; }, absl::Seconds(3))) {
      return false;
    }
    CheckCatchesUp(cluster, director);
    return true;
  });
}

}  // namespace
}  // namespace tests
