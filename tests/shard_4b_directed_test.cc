// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: shards that move while groups are away, restart, or cannot reach each other.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"

namespace tests {
namespace {

using sim::Verdict;

// A group that comes back has a leader that no client asks for anything. It must go on all the
// same (section 8): with an entry of its own.
LAB_TEST(Shard4B, IdleClients,
         "groups that come back go on with their moves, with no client at work") {
  constexpr int kLong = 10'000;  // far more than a move takes
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0});
  Keys keys(cluster, kKeys);
  cluster.CrashGroup(0);
  cluster.RestartGroup(0);
  cluster.Join({1});
  SleepMillis(kLong);
  for (int group = 0; group < 2; ++group) {
    cluster.CrashGroup(group);
    cluster.RestartGroup(group);
  }
  cluster.Leave({0});
  SleepMillis(kLong);
  cluster.CrashGroup(0);
  keys.CheckAndAppend();
  cluster.RestartGroup(0);
  keys.Check();
}

// The groups cannot reach each other, so the move has begun on both sides and cannot end. All of
// that must be on the disks, in the log or in a snapshot.
LAB_TEST(Shard4B, RestartInTheMiddle, "both groups restart in the middle of a move") {
  ShardCluster cluster(world, {.groups = 2, .clients = 4, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  for (int round = 0; round < 2; ++round) {
    const std::string key = KeyOf(0);
    const int owner = OwnerOf(cluster, key);
    for (int client = 1; client < cluster.clients(); ++client) cluster.Get(client, key);
    cluster.SetLinks(0, 1, false);
    MoveKey(cluster, key, 1 - owner);
    SleepUpTo(cluster, 600);
    const bool both = cluster.chance().Chance(1, 2, "both");
    for (int group = 0; group < 2; ++group) {
      if (!both && group != owner) continue;
      cluster.CrashGroup(group);
      cluster.RestartGroup(group);
    }
    // Clients know the old owner, which does not serve the shard any more.
    std::vector<std::shared_ptr<const KvClients::Pending>> reads;
    for (int client = 1; client < cluster.clients(); ++client) {
      reads.push_back(cluster.Begin(client, OperationKind::kGet, key));
    }
    SleepUpTo(cluster, 1500);
    cluster.SetLinks(0, 1, true);
    keys.Append(key);
    keys.Check(key);
    for (const auto& read : reads) {
      cluster.AwaitDone(*read, absl::Seconds(20), "all groups are up and reach each other");
    }
  }
  keys.Check();
}

// The old owner does not hear of the new configuration, and serves on; it may, since the new one
// cannot have the shard before.
LAB_TEST(Shard4B, SlowOldOwner, "what the old owner still accepts is in the shard when it moves") {
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string key = KeyOf(0);
  int owner = OwnerOf(cluster, key);
  for (int round = 0; round < 3; ++round) {
    keys.Check(key);
    cluster.SetControllerLinks(owner, false);
    MoveKey(cluster, key, 1 - owner);
    SleepUpTo(cluster, 500);
    const std::string text = cluster.NewText();
    const auto append = cluster.Begin(kMain, OperationKind::kAppend, key, text);
    SleepMillis(500);
    cluster.SetControllerLinks(owner, true);
    cluster.AwaitDone(*append, absl::Seconds(20), "all groups are up and reach the controller");
    keys.Appended(key, text);
    keys.Check(key);
    owner = 1 - owner;
  }
}

// Shards go both ways, faster than they can move.
LAB_TEST(Shard4B, BackAndForth, "two groups give each other shards at once, again and again") {
  ShardCluster cluster(world,
                       {.groups = 2, .clients = 1 + kKeys, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  Workers workers(cluster, {.pause = absl::Milliseconds(20), .shared_keys = true});
  std::vector<std::string> moving = {KeyOf(0), KeyOf(1), KeyOf(2)};
  std::vector<int> owners;
  for (const std::string& key : moving) owners.push_back(OwnerOf(cluster, key));
  for (int change = 0; change < 18; ++change) {
    const size_t which = static_cast<size_t>(change) % moving.size();
    owners[which] = 1 - owners[which];
    MoveKey(cluster, moving[which], owners[which]);
    if (cluster.chance().Chance(1, 2, "wait")) SleepUpTo(cluster, 300);
  }
  workers.Stop(absl::Seconds(60));
}

// A group is away while shards are given to it and taken from it again, by several changes. The
// others wait for it where they must.
LAB_TEST(Shard4B, AwayForLong,
         "a group that was away goes through all configurations that it missed") {
  ShardCluster cluster(world, {.clients = 1 + kKeys, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1, 2});
  Keys keys(cluster, 2 * kKeys);
  const int away = static_cast<int>(cluster.chance().Choose(3, "away"));
  const int other = (away + 1) % 3;
  const int third = (away + 2) % 3;
  SleepUpTo(cluster, 1000);
  cluster.CrashGroup(away);
  // One that it has goes away and comes back, one that it has not goes through it, and all others
  // go to and fro.
  const std::string own = KeysOf(cluster, away).back();
  const std::string foreign = KeysOf(cluster, other).back();
  MoveKey(cluster, own, other);
  MoveKey(cluster, foreign, away);
  SleepUpTo(cluster, 500);
  MoveKey(cluster, own, away);
  MoveKey(cluster, foreign, third);
  SleepUpTo(cluster, 500);
  cluster.Leave({other});
  cluster.Join({other});
  cluster.Leave({away});
  SleepUpTo(cluster, 1000);
  cluster.Join({away});
  MoveKey(cluster, own, third);
  SleepMillis(1000);
  cluster.RestartGroup(away);
  keys.CheckAndAppend();
  keys.Check();
}

// Groups of one, three and five servers.
LAB_TEST(Shard4B, AnySize, "groups may have any number of servers") {
  ShardCluster cluster(world, {.sizes = {1, 3, 5}, .max_raft_state = SomeLimit(world)});
  cluster.Join({0});
  Keys keys(cluster, 2 * kKeys);
  cluster.Join({2});
  cluster.group(2).Crash(static_cast<int>(cluster.chance().Choose(5, "minority")));
  cluster.group(2).Crash(static_cast<int>(cluster.chance().Choose(5, "minority")));
  cluster.Join({1});
  keys.CheckAndAppend();
  cluster.Leave({1});
  cluster.CrashGroup(0);
  SleepMillis(300);
  cluster.RestartGroup(0);
  keys.CheckAndAppend();
  cluster.Leave({0});
  cluster.RestartGroup(2);
  keys.CheckAndAppend();
  cluster.Join({0});
  cluster.Leave({2});
  keys.CheckAndAppend();
  keys.Check();
}

// ---- Shards that are nobody's. ----

// When the last group has left, nobody may answer; the shards stay where they were last.
LAB_TEST(Shard4B, NobodysShards, "when all groups have left, and one comes, everything is there") {
  ShardCluster cluster(world, {.clients = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  cluster.Leave({1});
  keys.CheckAndAppend();
  int last = 0;
  for (int round = 0; round < 3; ++round) {
    cluster.Leave({last});
    SleepMillis(8000);  // the group knows
    const auto get = cluster.Begin(1, OperationKind::kGet, KeyOf(round));
    SleepMillis(1000);
    if (get->done) {
      cluster.Fail(Verdict::kContract,
                   absl::StrFormat("client 1's Get(\"%s\") has returned, though no group has been "
                                   "in the configuration for more than 8 s: a group does not serve "
                                   "shards that it has no more",
                                   KeyOf(round)));
    }
    if (cluster.chance().Chance(1, 2, "restart")) {
      cluster.CrashGroup(last);
      cluster.RestartGroup(last);
    }
    last = (last + static_cast<int>(cluster.chance().Choose(3, "next"))) % 3;
    cluster.Join({last});
    cluster.AwaitDone(*get, absl::Seconds(20), "a group has joined again");
    keys.CheckAndAppend();
  }
  // Nobody's for a moment only, and all at once.
  cluster.Leave({last});
  cluster.Join({0, 1, 2});
  keys.CheckAndAppend();
  cluster.Leave({0, 1, 2});
  cluster.Join({1});
  keys.CheckAndAppend();
  keys.Check();
}

// ---- Clients that are wrong. ----

// MIT's, of 2024: another controller says that group 0 has everything.
LAB_TEST(Shard4B, Rejection, "a group refuses what is another one's, whatever clients believe") {
  ShardCluster cluster(world, {.groups = 2, .clients = 1 + 2 * kKeys, .misled = 2 * kKeys});
  cluster.Join({0, 1});
  cluster.Join({0}, cluster.MisledControl());
  Keys keys(cluster, kKeys);
  const Config config = cluster.Query();
  std::vector<std::shared_ptr<const KvClients::Pending>> asked;
  for (int key = 0; key < kKeys; ++key) {
    asked.push_back(cluster.Begin(1 + key, OperationKind::kGet, KeyOf(key)));
    // Keys of their own, on the same shards.
    asked.push_back(
        cluster.Begin(1 + kKeys + key, OperationKind::kPut, KeyOf(kKeys + key), cluster.NewText()));
  }
  const auto count = [&] {
    return std::ranges::count_if(asked, [](const auto& one) { return one->done; });
  };
  for (int64_t before = -1; count() != before;) {
    before = count();
    SleepMillis(2000);
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    const int key = static_cast<int>(i / 2);
    const bool is_there =
        config.shards[static_cast<size_t>(ShardOf(KeyOf(key)))] == ShardCluster::GidOf(0);
    if (asked[i]->done == is_there) continue;
    cluster.Fail(Verdict::kContract,
                 absl::StrFormat("a client that takes group 100 for the owner of all shards %s for "
                                 "the key \"%s\", of shard %d; wanted the opposite, since group "
                                 "100 serves what the controller gives to it, and refuses the rest",
                                 asked[i]->done ? "got an answer" : "got no answer", KeyOf(key),
                                 ShardOf(KeyOf(key))));
  }
  keys.CheckAndAppend();
  cluster.Leave({1});
  for (const auto& one : asked) {
    cluster.AwaitDone(*one, absl::Seconds(20), "group 100 has all shards now");
  }
  keys.Check();
}

}  // namespace
}  // namespace tests
