// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4A: the shard controller. The tests are MIT's; unlike MIT's, those of minimal transfers look
// at the groups that there are.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/config_oracle.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"

namespace tests {
namespace {

using shardkv::Groups;
using shardkv::kNobody;
using sim::Verdict;

// Every shard is at a group that there is, and no group has two more than another.
void CheckBalance(ShardCluster& cluster, const Config& config) {
  if (auto wrong = FindImbalance(config)) cluster.Fail(Verdict::kContract, *std::move(wrong));
}

// From `before` to `after` by a Join or a Leave.
void CheckMoves(ShardCluster& cluster, const Config& before, const Config& after) {
  if (auto wrong = FindWrongMoves(before, after)) {
    cluster.Fail(Verdict::kContract, *std::move(wrong));
  }
}

void CheckGroups(ShardCluster& cluster, const Groups& wanted) {
  const Config config = cluster.Query();
  if (config.groups != wanted) {
    cluster.Fail(
        Verdict::kContract,
        absl::StrFormat("the newest configuration has not the groups that have joined and not "
                        "left, %s, with their servers; %s",
                        absl::StrJoin(wanted, " ",
                                      [](std::string* out, const auto& entry) {
                                        absl::StrAppend(out, entry.first);
                                      }),
                        Shown(config)));
  }
  CheckBalance(cluster, config);
}

void CheckSame(ShardCluster& cluster, const Config& wanted, const Config& got,
               std::string_view when) {
  if (got == wanted) return;
  cluster.Fail(Verdict::kLinearizability,
               absl::StrFormat("Query returned %s; wanted %s, as it was %s", Shown(got),
                               Shown(wanted), when));
}

const Groups kOne = {{1, {101, 102, 103}}};
const Groups kTwo = {{2, {201, 202, 203}}};
const Groups kBoth = {{1, {101, 102, 103}}, {2, {201, 202, 203}}};

constexpr ShardCluster::Options kController = {.groups = 0, .clients = 0};

LAB_TEST(Shard4A, Basic, "groups join and leave") {
  ShardCluster cluster(world, kController);
  CheckGroups(cluster, {});
  CheckSame(cluster, {.number = 0, .shards = std::vector<Gid>(10, kNobody), .groups = {}},
            cluster.Query(0), "at the beginning");
  cluster.JoinGids(kOne);
  CheckGroups(cluster, kOne);
  cluster.JoinGids(kTwo);
  CheckGroups(cluster, kBoth);
  cluster.LeaveGids({1});
  CheckGroups(cluster, kTwo);
  cluster.LeaveGids({2});
  CheckGroups(cluster, {});
  const Config last = cluster.Query();
  if (last.number != 4) {
    cluster.Fail(
        Verdict::kContract,
        absl::StrFormat("after two Joins and two Leaves the newest configuration is %d; each "
                        "makes one",
                        last.number));
  }
}

LAB_TEST(Shard4A, HistoricalQueries, "old configurations stay, whoever crashes") {
  ShardCluster cluster(world, kController);
  std::vector<Config> configs = {cluster.Query()};
  const auto remember = [&] { configs.push_back(cluster.Query()); };
  cluster.JoinGids(kOne);
  remember();
  cluster.JoinGids(kTwo);
  remember();
  cluster.Move(3, configs.back().shards[3] == 1 ? 2 : 1);
  remember();
  cluster.LeaveGids({1});
  remember();
  cluster.LeaveGids({2});
  remember();
  for (int server = 0; server < cluster.controller().size(); ++server) {
    cluster.controller().Crash(server);
    for (const Config& config : configs) {
      CheckSame(cluster, config, cluster.Query(config.number), "before");
    }
    CheckSame(cluster, configs.back(), cluster.Query(1000), "the newest one");
    cluster.controller().RestartAndConnect(server);
  }
}

LAB_TEST(Shard4A, Move, "a shard goes where it is told, and stays until the next Join or Leave") {
  ShardCluster cluster(world, kController);
  cluster.JoinGids({{503, {31, 32, 33}}});
  cluster.JoinGids({{504, {41, 42, 43}}});
  Config wanted = cluster.Query();
  for (int64_t shard = 0; shard < 10; ++shard) {
    const Config before = cluster.Query();
    Gid& owner = wanted.shards[static_cast<size_t>(shard)];
    owner = owner == 503 ? 504 : 503;
    cluster.Move(shard, owner);
    const Config after = cluster.Query();
    if (after.number <= before.number) {
      cluster.Fail(Verdict::kContract,
                   absl::StrFormat("a Move made no configuration of its own; %s", Shown(after)));
    }
  }
  const Config last = cluster.Query();
  wanted.number = last.number;
  CheckSame(cluster, wanted, last, "told by Move");
  cluster.LeaveGids({503});
  cluster.LeaveGids({504});
  CheckGroups(cluster, {});
}

// Ten clients at once, each with groups of its own.
void JoinAndLeaveAtOnce(ShardCluster& cluster, const std::function<void(int)>& client) {
  int working = 10;
  for (int i = 0; i < 10; ++i) {
    sim::Go(absl::StrCat("control ", i), [&, i] {
      client(i);
      --working;
    });
  }
  while (working > 0) SleepMillis(5);
  const Config last = cluster.Query();
  for (int64_t number = 1; number <= last.number; ++number) {
    CheckMoves(cluster, cluster.Query(number - 1), cluster.Query(number));
  }
}

LAB_TEST(Shard4A, ConcurrentLeaveJoin, "ten clients join and leave at once") {
  ShardCluster cluster(world, {.groups = 0, .clients = 0, .controls = 10});
  Groups wanted;
  for (int i = 0; i < 10; ++i) wanted[100 + 10 * i] = {i};
  JoinAndLeaveAtOnce(cluster, [&](int i) {
    const Gid gid = 100 + 10 * i;
    cluster.JoinGids({{gid + 1000, {i}}}, i);
    cluster.JoinGids({{gid, {i}}}, i);
    cluster.LeaveGids({gid + 1000}, i);
  });
  CheckGroups(cluster, wanted);
}

LAB_TEST(Shard4A, MinimalTransfers, "with each Join and Leave as few shards move as possible") {
  ShardCluster cluster(world, kController);
  Config before = cluster.Query();
  const auto check = [&] {
    const Config after = cluster.Query();
    CheckMoves(cluster, before, after);
    before = after;
  };
  for (Gid gid = 11; gid <= 25; ++gid) {
    cluster.JoinGids({{gid, {static_cast<int>(gid)}}});
    check();
  }
  for (Gid gid = 11; gid <= 25; ++gid) {
    cluster.LeaveGids({gid});
    check();
  }
}

LAB_TEST(Shard4A, Multi, "several groups join and leave at a time") {
  ShardCluster cluster(world, kController);
  cluster.JoinGids(kBoth);
  CheckGroups(cluster, kBoth);
  Groups three = kBoth;
  three[3] = {301, 302, 303};
  cluster.JoinGids({{3, three[3]}});
  CheckGroups(cluster, three);
  cluster.LeaveGids({1, 3});
  CheckGroups(cluster, kTwo);
  cluster.LeaveGids({2});
  CheckGroups(cluster, {});
}

LAB_TEST(Shard4A, ConcurrentMulti, "ten clients join and leave several groups at once") {
  ShardCluster cluster(world, {.groups = 0, .clients = 0, .controls = 10});
  Groups wanted;
  for (int i = 0; i < 10; ++i) wanted[1000 + i] = {i};
  JoinAndLeaveAtOnce(cluster, [&](int i) {
    const Gid gid = 1000 + i;
    cluster.JoinGids({{gid, {i}}, {gid + 1000, {i}}, {gid + 2000, {i}}}, i);
    cluster.LeaveGids({gid + 1000, gid + 2000}, i);
  });
  CheckGroups(cluster, wanted);
}

LAB_TEST(Shard4A, MinimalTransfersMulti, "the same with several groups at a time") {
  ShardCluster cluster(world, kController);
  Config before = cluster.Query();
  const auto check = [&] {
    const Config after = cluster.Query();
    CheckMoves(cluster, before, after);
    before = after;
  };
  for (int round = 0; round < 10; ++round) {
    Groups joining;
    std::vector<Gid> leaving;
    for (Gid gid = 1; gid <= 14; ++gid) {
      const bool is_there = before.groups.contains(gid);
      if (!cluster.chance().Chance(1, 3, "changes")) continue;
      if (is_there) leaving.push_back(gid);
      if (!is_there) joining[gid] = {static_cast<int>(gid)};
    }
    if (!joining.empty()) cluster.JoinGids(joining);
    check();
    if (!leaving.empty()) cluster.LeaveGids(leaving);
    check();
  }
}

LAB_TEST(Shard4A, SameConfigOnServers, "every server has the same configurations") {
  ShardCluster cluster(world, kController);
  Cluster& servers = cluster.controller();
  for (Gid gid = 1; gid <= 5; ++gid) cluster.JoinGids({{gid, {1}}, {gid + 100, {2}}});
  cluster.LeaveGids({2, 103});
  const Config wanted = cluster.Query();
  for (int round = 0; round < 3; ++round) {
    const int leader = servers.AwaitOneLeader();
    servers.Crash(leader);
    CheckSame(cluster, wanted, cluster.Query(), "before the leader crashed");
    servers.RestartAndConnect(leader);
  }
}

LAB_TEST(Shard4A, Unreliable, "each call makes one configuration, also if messages are lost") {
  ShardCluster cluster(world, {.groups = 0, .clients = 0, .reliable = false});
  constexpr int kCalls = 15;
  for (Gid gid = 1; gid <= kCalls; ++gid) cluster.JoinGids({{gid, {1}}});
  for (Gid gid = 1; gid <= kCalls; ++gid) cluster.LeaveGids({gid});
  const Config last = cluster.Query();
  if (last.number == 2 * kCalls) return;
  cluster.Fail(
      Verdict::kLinearizability,
      absl::StrFormat("%d Joins and %d Leaves made %d configurations: a call that is asked "
                      "for again is to be carried out once",
                      kCalls, kCalls, last.number));
}

LAB_TEST(Shard4A, StaleLeader, "a deposed leader answers no Query") {
  ShardCluster cluster(world, {.groups = 0, .clients = 0, .controls = 2});
  Cluster& servers = cluster.controller();
  cluster.JoinGids(kOne);
  const int old_leader = servers.AwaitOneLeader();
  servers.Partition({old_leader});
  cluster.JoinGids(kTwo);
  const Config wanted = cluster.Query();
  for (int i = 0; i < 10; ++i) {
    CheckSame(cluster, wanted, cluster.Query(-1, i % 2), "before");
  }
  servers.HealAll();
  CheckSame(cluster, wanted, cluster.Query(), "before");
}

}  // namespace
}  // namespace tests
