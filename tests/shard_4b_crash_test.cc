// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: a crash at each moment of a move.

#include <string>

#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"

namespace tests {
namespace {

using enum Cluster::CrashPoint;

// A shard moves to and fro, and each time a leader crashes right after its k-th message or save
// since the controller knew of the move. Each seed begins at another k.
void SweepMoves(sim::World& world, bool old_owner_crashes) {
  constexpr int kMoves = 12;
  constexpr uint64_t kLastBegin = 20;
  ShardCluster cluster(world, {.groups = 2, .clients = 2, .max_raft_state = SomeLimit(world)});
  sim::Choices& chance = cluster.chance();
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string key = KeyOf(0);
  int owner = OwnerOf(cluster, key);
  const Cluster::CrashPoint point = chance.Chance(1, 2, "at-save") ? kSave : kMessage;
  int k = 1 + static_cast<int>(chance.Choose(kLastBegin, "first-k"));
  for (int move = 0; move < kMoves; ++move, ++k) {
    const int group = old_owner_crashes ? owner : 1 - owner;
    Cluster& servers = cluster.group(group);
    const int victim = cluster.AwaitLeaderOf(group);
    sim::Log(sim::Topic::kTest, "n%d of group %d crashes after %s %d", victim,
             ShardCluster::GidOf(group), point == kSave ? "save" : "message", k);
    servers.CrashAfter(victim, point, k);
    // Somebody writes to what moves, and to the rest.
    const std::string text = cluster.NewText();
    const auto append = cluster.Begin(1, OperationKind::kAppend, key, text);
    owner = 1 - owner;
    MoveKey(cluster, key, owner);
    for (int looks = 0; looks < 60 && servers.up(victim); ++looks) SleepMillis(10);
    servers.CancelCrash();
    // With fewer outputs there was no crash: the sweep begins anew.
    if (servers.up(victim)) k = 0;
    if (chance.Chance(1, 2, "later")) SleepUpTo(cluster, 1000);
    if (!servers.up(victim)) servers.RestartAndConnect(victim);
    cluster.AwaitDone(*append, absl::Seconds(20), "all servers are up and connected");
    keys.Appended(key, text);
    keys.Check(key);
    keys.Append(key);
  }
  keys.CheckAndAppend();
  keys.Check();
}

LAB_TEST(Shard4B, CrashSweepOldOwner,
         "the leader that gives a shard may crash right after any message and any save") {
  SweepMoves(world, true);
}

LAB_TEST(Shard4B, CrashSweepNewOwner,
         "the leader that gets a shard may crash right after any message and any save") {
  SweepMoves(world, false);
}

}  // namespace
}  // namespace tests
