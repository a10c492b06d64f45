// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: the sharded key/value service. The tests are MIT's, with both challenges, and at the end
// of each the whole history must be linearizable.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "shardkv/config.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"

namespace tests {
namespace {

using sim::Verdict;

LAB_TEST(Shard4B, StaticShards, "each group serves its shards, and no others") {
  ShardCluster cluster(world, {.clients = 1 + kKeys});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  keys.Check();
  cluster.CrashGroup(1);
  cluster.CheckLogSizes();
  std::vector<std::shared_ptr<const KvClients::Pending>> gets;
  for (int key = 0; key < kKeys; ++key) {
    gets.push_back(cluster.Begin(1 + key, OperationKind::kGet, KeyOf(key)));
  }
  const auto count = [&] {
    return std::ranges::count_if(gets, [](const auto& get) { return get->done; });
  };
  for (int64_t before = -1; count() != before;) {
    before = count();
    SleepMillis(2000);
  }
  if (count() != 5) {
    cluster.Fail(
        Verdict::kContract,
        absl::StrFormat("%d of 10 reads returned while one of two groups was down; wanted 5, "
                        "since each group has half of the shards and serves no others",
                        count()));
  }
  cluster.RestartGroup(1);
  for (const auto& get : gets) {
    cluster.AwaitDone(*get, absl::Seconds(10), "all groups are up again");
  }
  keys.Check();
}

LAB_TEST(Shard4B, JoinLeave, "shards move with their keys") {
  ShardCluster cluster(world, {});
  cluster.Join({0});
  Keys keys(cluster, kKeys);
  keys.Check();
  cluster.Join({1});
  keys.CheckAndAppend();
  cluster.Leave({0});
  keys.CheckAndAppend();
  SleepMillis(1000);  // the shards have moved
  cluster.CheckLogSizes();
  cluster.CrashGroup(0);
  keys.Check();
}

LAB_TEST(Shard4B, Snapshot, "groups come back from snapshots, with their shards") {
  ShardCluster cluster(world, {.max_raft_state = 1000});
  cluster.Join({0});
  Keys keys(cluster, 3 * kKeys);
  keys.Check();
  cluster.Join({1});
  cluster.Join({2});
  cluster.Leave({0});
  keys.CheckAndAppend();
  cluster.Leave({1});
  cluster.Join({0});
  keys.CheckAndAppend();
  SleepMillis(1000);
  keys.Check();
  SleepMillis(1000);
  cluster.CheckLogSizes();
  for (int group = 0; group < 3; ++group) cluster.CrashGroup(group);
  for (int group = 0; group < 3; ++group) cluster.RestartGroup(group);
  keys.Check();
}

LAB_TEST(Shard4B, MissChange, "servers that were down for several configurations catch up") {
  ShardCluster cluster(world, {.max_raft_state = 1000});
  cluster.Join({0});
  Keys keys(cluster, kKeys);
  keys.Check();
  const auto crash = [&](int server) {
    for (int group = 0; group < 3; ++group) cluster.group(group).Crash(server);
  };
  const auto restart = [&](int server) {
    for (int group = 0; group < 3; ++group) cluster.group(group).RestartAndConnect(server);
  };
  cluster.Join({1});
  crash(0);
  cluster.Join({2});
  cluster.Leave({1});
  cluster.Leave({0});
  keys.CheckAndAppend();
  cluster.Join({1});
  keys.CheckAndAppend();
  restart(0);
  keys.CheckAndAppend();
  SleepMillis(2000);
  crash(1);
  cluster.Join({0});
  cluster.Leave({2});
  keys.CheckAndAppend();
  restart(1);
  keys.Check();
}

LAB_TEST(Shard4B, Concurrent1, "clients write while shards move and groups crash") {
  ShardCluster cluster(world, {.clients = 1 + kKeys, .max_raft_state = 100});
  cluster.Join({0});
  Workers workers(cluster, {.pause = absl::Milliseconds(10)});
  SleepMillis(150);
  cluster.Join({1});
  SleepMillis(500);
  cluster.Join({2});
  SleepMillis(500);
  cluster.Leave({0});
  cluster.CrashGroup(0);
  SleepMillis(100);
  cluster.CrashGroup(1);
  SleepMillis(100);
  cluster.CrashGroup(2);
  cluster.Leave({2});
  SleepMillis(100);
  for (int group = 0; group < 3; ++group) cluster.RestartGroup(group);
  SleepMillis(100);
  cluster.Join({0});
  cluster.Leave({1});
  SleepMillis(500);
  cluster.Join({1});
  SleepMillis(1000);
  workers.Stop();
}

LAB_TEST(Shard4B, Concurrent2, "clients write while all shards move again and again") {
  ShardCluster cluster(world, {.clients = 1 + kKeys});
  cluster.Join({1});
  cluster.Join({0});
  cluster.Join({2});
  Workers workers(cluster, {.pause = absl::Milliseconds(50)});
  cluster.Leave({0});
  cluster.Leave({2});
  SleepMillis(3000);
  cluster.Join({0});
  cluster.Join({2});
  cluster.Leave({1});
  SleepMillis(3000);
  cluster.Join({1});
  cluster.Leave({0});
  cluster.Leave({2});
  SleepMillis(3000);
  cluster.CrashGroup(1);
  cluster.CrashGroup(2);
  SleepMillis(1000);
  cluster.RestartGroup(1);
  cluster.RestartGroup(2);
  SleepMillis(2000);
  workers.Stop();
}

LAB_TEST(Shard4B, Concurrent3, "all groups crash while configurations change") {
  ShardCluster cluster(world, {.clients = 1 + kKeys, .max_raft_state = 300});
  cluster.Join({0});
  Workers workers(cluster, {.pause = absl::Milliseconds(20)});
  const auto pause = [&] {
    SleepMillis(static_cast<int64_t>(cluster.chance().Choose(900, "between-changes")));
  };
  const absl::Time end = sim::Now() + absl::Seconds(12);
  while (sim::Now() < end) {
    cluster.Join({2});
    cluster.Join({1});
    pause();
    for (int group = 0; group < 3; ++group) cluster.CrashGroup(group);
    for (int group = 0; group < 3; ++group) cluster.RestartGroup(group);
    pause();
    cluster.Leave({1});
    cluster.Leave({2});
    pause();
  }
  SleepMillis(2000);
  workers.Stop();
}

LAB_TEST(Shard4B, Unreliable1, "shards move on a network that loses messages") {
  ShardCluster cluster(world, {.reliable = false, .max_raft_state = 100});
  cluster.Join({0});
  Keys keys(cluster, kKeys);
  cluster.Join({1});
  cluster.Join({2});
  cluster.Leave({0});
  for (int round = 0; round < 2; ++round) keys.CheckAndAppend();
  cluster.Join({0});
  cluster.Leave({1});
  for (int round = 0; round < 2; ++round) keys.Check();
}

// Unreliable2 and 3.
void RunUnreliable(sim::World& world, bool shared_keys) {
  ShardCluster cluster(world, {.clients = 1 + kKeys, .reliable = false, .max_raft_state = 100});
  cluster.Join({0});
  Workers workers(cluster, {.shared_keys = shared_keys});
  SleepMillis(150);
  cluster.Join({1});
  SleepMillis(500);
  cluster.Join({2});
  SleepMillis(500);
  cluster.Leave({0});
  SleepMillis(500);
  cluster.Leave({1});
  SleepMillis(500);
  cluster.Join({1});
  cluster.Join({0});
  SleepMillis(2000);
  cluster.network().SetReliable(true);
  workers.Stop();
}

LAB_TEST(Shard4B, Unreliable2, "clients write while shards move and messages are lost") {
  RunUnreliable(world, false);
}

LAB_TEST(Shard4B, Unreliable3, "the same on keys that clients share") {
  RunUnreliable(world, true);
}

LAB_TEST(Shard4B, Challenge1Delete, "a shard that has moved is deleted where it was") {
  constexpr int kMany = 30;
  constexpr size_t kValueSize = 1000;
  ShardCluster cluster(world, {.max_raft_state = 1});
  cluster.Join({0});
  Keys keys(cluster, kMany, kValueSize);
  keys.Check(3);
  for (int round = 0; round < 2; ++round) {
    cluster.Join({1});
    cluster.Leave({0});
    cluster.Join({2});
    SleepMillis(3000);
    keys.Check(3);
    cluster.Leave({1});
    cluster.Join({0});
    cluster.Leave({2});
    SleepMillis(3000);
    keys.Check(3);
  }
  cluster.Join({1});
  cluster.Join({2});
  for (int round = 0; round < 3; ++round) {
    SleepMillis(1000);
    keys.Check(3);
  }
  constexpr int64_t kMost = 3 * ((kMany - 3) * 1000 + 2 * 3 * 1000 + 6000);
  const int64_t stored = cluster.StoredBytes();
  if (stored > kMost) {
    cluster.Fail(
        Verdict::kBudget,
        absl::StrFormat("the nine servers have %d bytes on their disks, and %d would do: is a "
                        "shard deleted where it was, when its new owner has it?",
                        stored, kMost));
  }
  keys.Check();
}

LAB_TEST(Shard4B, Challenge2Unaffected, "shards that do not move are served all the time") {
  ShardCluster cluster(world, {.reliable = false, .max_raft_state = 100});
  cluster.Join({0});
  Keys keys(cluster, kKeys);
  cluster.Join({1});
  const Config config = cluster.Query();
  SleepMillis(1000);
  cluster.CrashGroup(0);
  cluster.Leave({0});
  SleepMillis(1000);
  for (int key = 0; key < kKeys; ++key) {
    if (config.shards[shardkv::ShardOf(KeyOf(key), 10)] != ShardCluster::GidOf(1)) continue;
    cluster.Get(kMain, KeyOf(key));
    const std::string text = cluster.NewText();
    cluster.Put(kMain, KeyOf(key), text);
    cluster.CheckValue(kMain, KeyOf(key), text);
  }
}

LAB_TEST(Shard4B, Challenge2Partial, "a shard that has arrived is served before the others have") {
  ShardCluster cluster(world, {.reliable = false, .max_raft_state = 100});
  cluster.Join({0, 1, 2});
  SleepMillis(1000);
  Keys keys(cluster, kKeys);
  const Config config = cluster.Query();
  // Whoever fetches shards in their order begins with those that do not come, or does not.
  const int down = cluster.chance().Chance(1, 2, "first-is-down") ? 0 : 2;
  cluster.CrashGroup(down);
  cluster.Leave({0, 2});
  SleepMillis(1000);
  for (int key = 0; key < kKeys; ++key) {
    if (config.shards[shardkv::ShardOf(KeyOf(key), 10)] != ShardCluster::GidOf(2 - down)) continue;
    cluster.Get(kMain, KeyOf(key));
    const std::string text = cluster.NewText();
    cluster.Put(kMain, KeyOf(key), text);
    cluster.CheckValue(kMain, KeyOf(key), text);
  }
}

}  // namespace
}  // namespace tests
