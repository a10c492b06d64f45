// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: messages between groups that come late, or again. What belongs to an earlier change of
// the configuration, or to a move that is over, does nothing.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/group_mail.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"
#include "tests/wire.h"

namespace tests {
namespace {

using labrpc::Call;

// A shard that goes to and fro is at each place again and again, and each time all that the groups
// ever asked each other arrives once more.
LAB_TEST(Shard4B, ComesBack, "nothing that comes again harms a shard that has come back") {
  constexpr int kRounds = 8;
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  GroupMail mail(cluster);
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string key = KeyOf(0);
  const Meanwhile copies([&] {
    SleepUpTo(cluster, 25);
    mail.DeliverCopies(25);
  });
  int group = OwnerOf(cluster, key);
  for (int round = 0; round < kRounds; ++round) {
    keys.Append(key);
    group = 1 - group;
    // While the groups cannot reach each other, the shard is at neither of them.
    const bool is_slow = cluster.chance().Chance(1, 2, "slow-move");
    if (is_slow) cluster.SetLinks(0, 1, false);
    MoveKey(cluster, key, group);
    if (is_slow) SleepUpTo(cluster, 300);
    cluster.SetLinks(0, 1, true);
    keys.Check(key);
    keys.Append(key);
    SleepUpTo(cluster, 100);
    keys.Check(key);
  }
  keys.Check();
}

// A leader asks the other group for something, is deposed while it waits, and leads again when the
// answer or the request comes. Meanwhile another leader has done it, and clients have written.
LAB_TEST(Shard4B, LateAnswer,
         "a leader that leads again does not finish what another one has done") {
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  GroupMail mail(cluster);
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string key = KeyOf(0);
  const int group = OwnerOf(cluster, key);
  SleepMillis(500);

  const Call::State what = cluster.chance().Chance(1, 2, "request") ? Call::State::kRequestSent
                                                                    : Call::State::kReplySent;
  std::optional<int> caller;
  mail.Hold([&](const Call& call) {
    if (call.state != what || (caller.has_value() && *caller != call.from)) return false;
    caller = call.from;
    return true;
  });
  MoveKey(cluster, key, 1 - group);
  for (int looks = 0; looks < 500 && !caller.has_value(); ++looks) SleepMillis(10);
  if (!caller.has_value()) Skip("in 5 s neither group asked the other for anything");

  const int old_group = cluster.GroupOf(*caller);
  Cluster& servers = cluster.group(old_group);
  const int old_leader = *caller - servers.NodeOf(0);
  servers.Partition({old_leader});
  cluster.SetOutsideLinks(old_group, old_leader, false);
  const absl::Time end = sim::Now() + absl::Seconds(10);
  while (cluster.LeaderOf(old_group) == old_leader && sim::Now() < end) SleepMillis(50);
  SleepMillis(1500);  // long enough for the move
  keys.Check(key);
  keys.Append(key);
  servers.Partition({});
  cluster.SetOutsideLinks(old_group, old_leader, true);
  SleepMillis(400);
  for (int tries = 0; tries < 8; ++tries) {
    const int leader = cluster.AwaitLeaderOf(old_group);
    if (leader == old_leader) break;
    servers.Crash(leader);
    cluster.AwaitLeaderOf(old_group);
    servers.RestartAndConnect(leader);
  }
  const std::string text = cluster.NewText();
  const auto append = cluster.Begin(kMain, OperationKind::kAppend, key, text);
  SleepMillis(300);
  mail.StopHolding();
  mail.Deliver();
  cluster.AwaitDone(*append, absl::Seconds(20), "all servers are up and connected");
  keys.Appended(key, text);
  SleepMillis(300);
  keys.Check();
  MoveKey(cluster, key, group);
  keys.CheckAndAppend();
  keys.Check();
}

// Whoever asks during a change loses power, and its questions arrive some changes later. Clients
// are idle all the time.
LAB_TEST(Shard4B, LateQuestions, "what a group asked before it lost power may come much later") {
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  GroupMail mail(cluster);
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  const std::string key = KeyOf(0);
  const int owner = OwnerOf(cluster, key);
  SleepMillis(500);
  mail.Hold([](const Call&) { return true; });
  MoveKey(cluster, key, 1 - owner);
  for (int looks = 0; looks < 500 && mail.held().empty(); ++looks) SleepMillis(10);
  if (mail.held().empty()) Skip("in 5 s neither group asked the other for anything");
  const int asking = cluster.GroupOf(mail.held().front().from);
  SleepUpTo(cluster, 300);
  cluster.CrashGroup(asking);
  mail.StopHolding();
  cluster.RestartGroup(asking);

  for (int round = 0; round < 4; ++round) {
    SleepMillis(1000);
    MoveKey(cluster, key, round % 2 == 0 ? owner : 1 - owner);
    SleepUpTo(cluster, 500);
    mail.Deliver(50);
  }
  mail.Deliver();
  SleepMillis(300);
  keys.CheckAndAppend();
  keys.Check();
}

// Half of what the groups say to each other is late, each message by another time, while shards
// move; so it comes in any order, and some of it after the next change.
LAB_TEST(Shard4B, LateAnyway, "messages between groups come late and in any order") {
  ShardCluster cluster(world, {.groups = 2, .max_raft_state = SomeLimit(world)});
  GroupMail mail(cluster);
  cluster.Join({0, 1});
  Keys keys(cluster, kKeys);
  mail.Hold([&](const Call&) { return cluster.chance().Chance(1, 2, "late"); });
  auto late = std::make_unique<Meanwhile>([&] {
    SleepUpTo(cluster, 400);
    mail.Deliver(25);
    mail.DeliverCopies(10);
  });
  for (int round = 0; round < 6; ++round) {
    const std::string key = KeyOf(static_cast<int>(cluster.chance().Choose(3, "which")));
    MoveKey(cluster, key, static_cast<int>(cluster.chance().Choose(2, "where")));
    SleepUpTo(cluster, 1000);
    if (cluster.chance().Chance(1, 3, "crash")) {
      Cluster& servers = cluster.group(static_cast<int>(cluster.chance().Choose(2, "group")));
      servers.RestartAndConnect(static_cast<int>(cluster.chance().Choose(3, "server")));
    }
  }
  mail.StopHolding();
  SleepMillis(1000);
  late.reset();
  mail.Deliver();
  keys.CheckAndAppend();
  keys.Check();
}

}  // namespace
}  // namespace tests
