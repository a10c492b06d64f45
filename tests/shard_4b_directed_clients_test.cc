// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: what clients may rely on while shards move. Each write is done once; what does not move
// is served; what has moved takes no room.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"
#include "tests/wire.h"

namespace tests {
namespace {

using sim::Verdict;

constexpr absl::Duration kHealed = absl::Seconds(20);

// ---- Once, across moves. ----

// Waits until the main client reads the text that another one has appended.
void AwaitText(ShardCluster& cluster, const std::string& key, const std::string& text) {
  const absl::Time end = sim::Now() + absl::Seconds(10);
  while (cluster.Get(kMain, key).find(text) == std::string::npos) {
    if (sim::Now() > end) Skip("in 10 s a client that gets no answers did not have its write done");
    SleepMillis(20);
  }
}

// A write is done, and its client does not hear of it, or hears of it nowhere for some moves.
LAB_TEST(Shard4B, OnceAcrossMoves,
         "a write that is asked for again at another group is done once") {
  ShardCluster cluster(world, {.groups = 2, .clients = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string key = KeyOf(0);
  int owner = OwnerOf(cluster, key);
  for (int round = 0; round < 4; ++round) {
    cluster.Get(1, key);
    cluster.SetHears(1, owner, false);
    const std::string text = cluster.NewText();
    const auto append = cluster.Begin(1, OperationKind::kAppend, key, text);
    AwaitText(cluster, key, text);
    keys.Appended(key, text);
    const int moves = 1 + static_cast<int>(cluster.chance().Choose(3, "moves"));
    for (int move = 1; move <= moves; ++move) {
      // It may hear of it at the last owner only.
      cluster.SetHears(1, 1 - owner, move == moves);
      MoveKey(cluster, key, 1 - owner);
      owner = 1 - owner;
      SleepUpTo(cluster, 600);
      keys.Check(key);
      keys.Append(key);
    }
    cluster.SetHears(1, owner, true);
    cluster.AwaitDone(*append, kHealed, "it hears of the group that has the shard");
    cluster.SetHears(1, 1 - owner, true);
    keys.Check(key);
  }
}

// What a group knows of a client's writes to the shards that it has is newer than what comes along
// with a shard that moves in.
LAB_TEST(Shard4B, OnceWhileOthersCome,
         "a shard that comes does not make others forget their writes") {
  ShardCluster cluster(world, {.groups = 2, .clients = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string stays = KeysOf(cluster, 0).back();
  const std::string moves = KeysOf(cluster, 1).back();
  for (int round = 0; round < 3; ++round) {
    // First one write to what will move, then one to what stays, which it does not hear of.
    const std::string first = cluster.NewText();
    cluster.Append(1, moves, first);
    keys.Appended(moves, first);
    cluster.Get(1, stays);
    cluster.SetHears(1, 0, false);
    const std::string second = cluster.NewText();
    const auto append = cluster.Begin(1, OperationKind::kAppend, stays, second);
    AwaitText(cluster, stays, second);
    keys.Appended(stays, second);
    MoveKey(cluster, moves, 0);
    SleepMillis(500);
    keys.Check(moves);
    cluster.SetHears(1, 0, true);
    cluster.AwaitDone(*append, kHealed, "all groups are up and connected");
    keys.Check(stays);
    keys.Append(stays);
    keys.Check();
    MoveKey(cluster, moves, 1);
    keys.Check(moves);
  }
}

// ---- The controller. ----

// To serve what it has, a group needs no controller. (Clients reach it all the time.)
LAB_TEST(Shard4B, WithoutController,
         "groups that cannot reach the controller serve what they have") {
  ShardCluster cluster(world, {.groups = 2, .clients = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  for (int group = 0; group < 2; ++group) cluster.SetControllerLinks(group, false);
  for (int round = 0; round < 3; ++round) {
    SleepUpTo(cluster, 1000);
    keys.CheckAndAppend();
  }
  // They come back where they were, too.
  for (int group = 0; group < 2; ++group) {
    cluster.CrashGroup(group);
    cluster.RestartGroup(group);
  }
  keys.CheckAndAppend();
  cluster.Leave({1});
  for (int group = 0; group < 2; ++group) cluster.SetControllerLinks(group, true);
  keys.CheckAndAppend();
  SleepMillis(10'000);  // far more than the moves take
  cluster.CrashGroup(1);
  keys.Check();
}

// Several change the configuration at once, some of them go away meanwhile, and the controller's
// servers crash.
LAB_TEST(Shard4B, RivalMoves,
         "clients of the controller move one shard to different groups at once") {
  constexpr int kControls = 4;
  ShardCluster cluster(
      world, {.clients = 1 + kKeys, .controls = 1 + kControls, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1, 2});
  Keys keys(cluster, kKeys);
  Workers workers(cluster, {.pause = absl::Milliseconds(50), .shared_keys = true});
  int working = kControls;
  int64_t begun = 0;
  int64_t returned = 0;
  for (int control = 1; control <= kControls; ++control) {
    sim::Go("control", [&, control] {
      for (int move = 0; move < 3; ++move) {
        ++begun;
        const auto done = cluster.TryMove(ShardOf(KeyOf(move)),
                                          ShardCluster::GidOf((control + move) % 3), control);
        returned += done.has_value();
        SleepUpTo(cluster, 400);
      }
      --working;
    });
  }
  for (int round = 0; round < 3; ++round) {
    SleepUpTo(cluster, 100);
    const int victim = cluster.controller().AwaitOneLeader();
    const int other = cluster.controller().After(victim);
    cluster.controller().Crash(victim);
    const bool no_majority = cluster.chance().Chance(1, 2, "no-majority");
    if (no_majority) cluster.controller().Crash(other);
    cluster.NewControl(1 + static_cast<int>(cluster.chance().Choose(kControls, "control")));
    SleepUpTo(cluster, 600);
    cluster.controller().RestartAndConnect(victim);
    if (no_majority) cluster.controller().RestartAndConnect(other);
  }
  for (int looks = 0; looks < 400 && working > 0; ++looks) SleepMillis(50);
  if (working > 0) {
    cluster.controller().Fail(Verdict::kLiveness,
                              "a Move has not returned after 20 s, though all of the controller's "
                              "servers are up and connected");
  }
  const int64_t made = cluster.Query().number - 1;
  if (made < returned || made > begun) {
    cluster.controller().Fail(
        Verdict::kLinearizability,
        absl::StrFormat(
            "%d Moves began, %d of them returned, and there are %d configurations more: "
            "each that has returned makes one, and each that has not at most one",
            begun, returned, made));
  }
  workers.Stop(absl::Seconds(60));
}

// ---- What does not move. ----

// The old owner of a shard is down, and calls to it hang for up to 7 s.
LAB_TEST(Shard4B, ServedMeanwhile,
         "what a group has is served at once while it waits for a shard") {
  constexpr int kOperations = 40;
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string lost = KeysOf(cluster, 0).back();
  const std::string kept = KeysOf(cluster, 1).back();
  SleepMillis(1000);
  cluster.network().SetLongDelays(true);
  cluster.CrashGroup(0);
  MoveKey(cluster, lost, 1);
  keys.Check(kept);
  const absl::Time began = sim::Now();
  for (int operation = 0; operation < kOperations; ++operation) {
    operation % 2 == 0 ? keys.Append(kept) : keys.Check(kept);
    SleepUpTo(cluster, 50);
  }
  const absl::Duration took = sim::Now() - began;
  if (took > absl::Seconds(12)) {
    cluster.group(1).Fail(
        Verdict::kBudget,
        absl::StrFormat(
            "%d operations on a shard that does not move took %s, while group 101 "
            "waited for another one of group 100, which is down; wanted less than 12 s. "
            "Does anything that serves clients wait for another group?",
            kOperations, absl::FormatDuration(took)));
  }
  cluster.network().SetLongDelays(false);
  cluster.RestartGroup(0);
  keys.Check();
}

// ---- What has moved. ----

// Leaders crash while large shards move. Then whatever the old owner has on its disks is small, on
// each of its servers.
LAB_TEST(Shard4B, DeletedEverywhere, "each server of the old owner deletes what has moved") {
  constexpr size_t kLarge = 20'000;
  constexpr int64_t kMost = 15'000;
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = 1});
  cluster.Join({0, 1});
  // In each group one shard stays, so that it has something to do.
  std::vector<std::string> large = KeysOf(cluster, 0);
  const std::vector<std::string> stays = {large.back(), KeysOf(cluster, 1).back()};
  large.resize(std::min(large.size() - 1, size_t{3}));
  std::vector<std::string> values;
  for (const std::string& key : large) {
    values.push_back(cluster.NewText(kLarge));
    cluster.Put(kMain, key, values.back());
  }
  const auto check = [&] {
    for (size_t i = 0; i < large.size(); ++i) cluster.CheckValue(kMain, large[i], values[i]);
  };
  for (int round = 0; round < 4; ++round) {
    const int old_owner = round % 2;
    for (const std::string& key : large) {
      MoveKey(cluster, key, 1 - old_owner);
      SleepUpTo(cluster, 400);
      const int group = cluster.chance().Chance(1, 3, "new-owner") ? 1 - old_owner : old_owner;
      const int leader = cluster.LeaderOf(group);
      if (leader < 0) continue;
      cluster.group(group).Crash(leader);
      SleepUpTo(cluster, 400);
      cluster.group(group).RestartAndConnect(leader);
    }
    check();
    const auto largest = [&] {
      int64_t most = 0;
      for (int server = 0; server < 3; ++server) {
        most = std::max(most, cluster.StoredBytes(old_owner, server));
      }
      return most;
    };
    const absl::Time end = sim::Now() + absl::Seconds(12);
    for (; largest() > kMost && sim::Now() < end; SleepMillis(300)) {
      cluster.Put(kMain, stays[static_cast<size_t>(old_owner)], cluster.NewText());
    }
    if (largest() <= kMost) continue;
    cluster.group(old_owner).Fail(
        Verdict::kBudget,
        absl::StrFormat("servers have up to %d bytes on their disks, 12 s after %d shards of %d "
                        "bytes have moved away; wanted less than %d. A shard is deleted on all "
                        "servers of its old owner; that goes through the log, as all that changes "
                        "the state",
                        largest(), large.size(), kLarge, kMost));
  }
  check();
}

}  // namespace
}  // namespace tests
