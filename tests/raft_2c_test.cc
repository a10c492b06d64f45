// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2C: persistence, and networks that misbehave. Figure 2, "Persistent state"; section 5.4.2.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/registry.h"
#include "tests/swarm.h"

namespace tests {
namespace {

using sim::Verdict;

LAB_TEST(Raft2C, Persist1, "servers that restart, all or one, go on where they were") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("11", {.expected = 3, .retry = true});

  for (int server = 0; server < 3; ++server) cluster.Restart(server);
  for (int server = 0; server < 3; ++server) cluster.Connect(server);
  cluster.AwaitAgreement("12", {.expected = 3, .retry = true});

  const int leader1 = cluster.AwaitOneLeader();
  cluster.RestartAndConnect(leader1);
  cluster.AwaitAgreement("13", {.expected = 3, .retry = true});

  const int leader2 = cluster.AwaitOneLeader();
  cluster.Disconnect(leader2);
  const int64_t index = cluster.AwaitAgreement("14", {.expected = 2, .retry = true});
  cluster.RestartAndConnect(leader2);
  cluster.AwaitApplied(index, 3);  // it catches up before it is needed

  const int follower = cluster.After(cluster.AwaitOneLeader());
  cluster.Disconnect(follower);
  cluster.AwaitAgreement("15", {.expected = 2, .retry = true});
  cluster.RestartAndConnect(follower);
  cluster.AwaitAgreement("16", {.expected = 3, .retry = true});
}

LAB_TEST(Raft2C, Persist2,
         "majorities that take turns, through restarts, keep what was agreed on") {
  Cluster cluster(world, {.servers = 5});
  int command = 10;
  const auto next = [&command] { return absl::StrCat(++command); };
  for (int round = 0; round < 5; ++round) {
    cluster.AwaitAgreement(next(), {.expected = 5, .retry = true});

    const int leader = cluster.AwaitOneLeader();
    const auto other = [&](int steps) { return cluster.After(leader, steps); };
    cluster.Disconnect(other(1));
    cluster.Disconnect(other(2));
    cluster.AwaitAgreement(next(), {.expected = 3, .retry = true});

    cluster.Disconnect(leader);
    cluster.Disconnect(other(3));
    cluster.Disconnect(other(4));
    cluster.RestartAndConnect(other(1));
    cluster.RestartAndConnect(other(2));
    SleepMillis(1000);
    cluster.RestartAndConnect(other(3));
    cluster.AwaitAgreement(next(), {.expected = 3, .retry = true});

    cluster.Connect(other(4));
    cluster.Connect(leader);
  }
  cluster.AwaitAgreement("1000", {.expected = 5, .retry = true});
}

LAB_TEST(Raft2C, Persist3,
         "a leader and a follower crash, and the third server has the older log") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitAgreement("101", {.expected = 3, .retry = true});

  const int leader = cluster.AwaitOneLeader();
  cluster.Disconnect(cluster.After(leader, 2));
  cluster.AwaitAgreement("102", {.expected = 2, .retry = true});

  cluster.Crash(leader);
  cluster.Crash(cluster.After(leader));
  cluster.Connect(cluster.After(leader, 2));
  cluster.RestartAndConnect(leader);
  cluster.AwaitAgreement("103", {.expected = 2, .retry = true});

  cluster.RestartAndConnect(cluster.After(leader));
  cluster.AwaitAgreement("104", {.expected = 3, .retry = true});
}

// MIT's pauses: one in ten is long enough for an election or a commit.
void PauseForFigure8(Cluster& cluster) {
  const bool is_long = cluster.chance().Chance(100, 1000, "long-pause");
  const uint64_t most = is_long ? 500 : 13;
  SleepMillis(static_cast<int64_t>(cluster.chance().Choose(most, "pause")));
}

LAB_TEST(Raft2C, Figure8, "leaders that crash in the middle of replication never undo a commit") {
  Cluster cluster(world, {.servers = 5});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 1, .retry = true});

  int running = 5;
  for (int round = 0; round < 1000; ++round) {
    int leader = -1;
    for (int server = 0; server < cluster.size(); ++server) {
      const auto reply = cluster.Start(server, cluster.NewCommand());
      if (reply.has_value() && reply->is_leader) leader = server;
    }
    PauseForFigure8(cluster);
    if (leader != -1) {
      cluster.Crash(leader);
      --running;
    }
    if (running < 3) {
      const auto server = static_cast<int>(cluster.chance().Choose(5, "restart"));
      if (!cluster.up(server)) {
        cluster.RestartAndConnect(server);
        ++running;
      }
    }
  }
  for (int server = 0; server < cluster.size(); ++server) {
    if (!cluster.up(server)) cluster.RestartAndConnect(server);
  }
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
  cluster.AwaitProgressOfMajority();
}

LAB_TEST(Raft2C, UnreliableAgree,
         "many commands at a time are agreed on though messages are lost") {
  Cluster cluster(world, {.servers = 5, .reliable = false});
  int running = 0;
  sim::WaitQueue ended;
  for (int round = 1; round < 50; ++round) {
    for (int client = 0; client < 4; ++client) {
      ++running;
      sim::Go(absl::StrFormat("client %d", client), [&cluster, &running, &ended, round, client] {
        cluster.AwaitAgreement(absl::StrCat(100 * round + client), {.expected = 1, .retry = true});
        --running;
        ended.WakeAll();
      });
    }
    cluster.AwaitAgreement(absl::StrCat("round ", round), {.expected = 1, .retry = true});
  }
  cluster.network().SetReliable(true);
  while (running > 0) ended.Wait(sim::WaitKind::kJudge, {__FILE__, __LINE__});
  cluster.AwaitAgreement("100", {.expected = 5, .retry = true});
}

LAB_TEST(Raft2C, Figure8Unreliable, "the same on a network that loses, delays and reorders") {
  Cluster cluster(world, {.servers = 5, .reliable = false});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 1, .retry = true});

  int connected = 5;
  for (int round = 0; round < 1000; ++round) {
    if (round == 200) cluster.network().SetLongReordering(true);
    int leader = -1;
    for (int server = 0; server < cluster.size(); ++server) {
      const auto reply = cluster.Start(server, cluster.NewCommand());
      if (reply.has_value() && reply->is_leader && cluster.connected(server)) leader = server;
    }
    PauseForFigure8(cluster);
    if (leader != -1 && cluster.chance().Chance(1, 2, "cut-leader")) {
      cluster.Disconnect(leader);
      --connected;
    }
    if (connected < 3) {
      const auto server = static_cast<int>(cluster.chance().Choose(5, "connect"));
      if (!cluster.connected(server)) {
        cluster.Connect(server);
        ++connected;
      }
    }
  }
  for (int server = 0; server < cluster.size(); ++server) {
    if (!cluster.connected(server)) cluster.Connect(server);
  }
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
  cluster.AwaitProgressOfMajority();
}

// A client that gives commands to whoever takes them, and remembers those that it saw committed.
void RunChurnClient(Cluster& cluster, int id, const bool& stop,
                    std::vector<std::string>& committed) {
  while (!stop) {
    const std::string command = cluster.NewCommand();
    std::optional<int64_t> index;
    for (int server = 0; server < cluster.size(); ++server) {
      const auto reply = cluster.Start(server, command);
      if (reply.has_value() && reply->is_leader) index = reply->index;
    }
    if (!index.has_value()) {
      SleepMillis(79 + id * 17);
      continue;
    }
    for (const int64_t pause : {10, 20, 50, 100, 200}) {
      std::string applied;
      if (cluster.CountApplied(*index, &applied) > 0) {
        if (applied == command) committed.push_back(command);
        break;
      }
      SleepMillis(pause);
    }
  }
}

// Servers come and go while clients work; in the end every command that a client saw committed is
// in every log.
void Churn(Cluster& cluster) {
  constexpr int kClients = 3;
  bool stop = false;
  int running = kClients;
  sim::WaitQueue ended;
  std::vector<std::string> committed;
  for (int id = 0; id < kClients; ++id) {
    sim::Go(absl::StrCat("client ", id), [&, id] {
      RunChurnClient(cluster, id, stop, committed);
      --running;
      ended.WakeAll();
    });
  }
  sim::Choices& chance = cluster.chance();
  const auto any = [&chance] { return static_cast<int>(chance.Choose(5, "server")); };
  for (int round = 0; round < 20; ++round) {
    if (chance.Chance(200, 1000, "churn-cut")) cluster.Disconnect(any());
    if (chance.Chance(500, 1000, "churn-connect")) {
      const int server = any();
      if (!cluster.up(server)) cluster.Restart(server);
      cluster.Connect(server);
    }
    if (chance.Chance(200, 1000, "churn-crash")) cluster.Crash(any());
    // Shorter than an election takes now and then, so that some leaders live and some do not.
    SleepMillis(700);
  }
  SleepMillis(1000);
  cluster.network().SetReliable(true);
  for (int server = 0; server < cluster.size(); ++server) {
    if (!cluster.up(server)) cluster.Restart(server);
    cluster.Connect(server);
  }
  stop = true;
  while (running > 0) ended.Wait(sim::WaitKind::kJudge, {__FILE__, __LINE__});
  SleepMillis(1000);

  const int64_t last = cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 5, .retry = true});
  std::set<std::string> log;
  for (int64_t index = 1; index <= last; ++index) {
    if (const auto command = cluster.AwaitApplied(index, 5)) log.insert(*command);
  }
  for (const std::string& command : committed) {
    if (log.count(command) > 0) continue;
    cluster.Fail(
        Verdict::kSafety,
        absl::StrFormat("\"%s\" was committed, and a client saw it; now it is in no log. Leader "
                        "Completeness (Figure 3): a committed entry is in the logs of all later "
                        "leaders",
                        command));
  }
  cluster.AwaitProgressOfMajority();
}

LAB_TEST(Raft2C, ReliableChurn, "no committed command is lost while servers come and go") {
  Cluster cluster(world, {.servers = 5});
  Churn(cluster);
}

LAB_TEST(Raft2C, UnreliableChurn, "the same on a network that loses messages") {
  Cluster cluster(world, {.servers = 5, .reliable = false});
  Churn(cluster);
}

LAB_TEST(Raft2C, Swarm, "the same with crashes and slow disks") {
  RunSwarm(world, {.climate = {.crashes = true, .slow_disks = true}});
}

}  // namespace
}  // namespace tests
