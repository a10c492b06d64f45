// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2A: leader election. Section 5.2.

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/registry.h"
#include "tests/swarm.h"

namespace tests {
namespace {

LAB_TEST(Raft2A, InitialElection,
         "one leader is elected, and nobody deposes it while nothing fails") {
  Cluster cluster(world, {.servers = 3});
  cluster.AwaitOneLeader();

  SleepMillis(50);  // let followers learn of the election
  const int64_t term = cluster.CheckTerms();
  if (term < 1) {
    cluster.Fail(sim::Verdict::kSafety,
                 "there is a leader in term 0; an election begins with a new term (section 5.2)");
  }
  SleepMillis(2000);
  const int64_t later = cluster.CheckTerms();
  if (later != term) {
    world.Warn(sim::kJudge,
               "the term changed though nothing failed: are heartbeats often enough, and "
               "election timeouts long enough?");
  }
  cluster.AwaitOneLeader();
}

LAB_TEST(Raft2A, LeaderStays, "while nothing fails the same leader stays, in the same term") {
  Cluster cluster(world, {.servers = 5});
  cluster.AwaitOneLeader();
  SleepMillis(1000);  // a candidate of the first election may have come too late
  const int leader = cluster.AwaitOneLeader();
  const int64_t term = cluster.CheckTerms();
  for (int second = 1; second <= 20; ++second) {
    SleepMillis(1000);
    const int64_t now = cluster.CheckTerms();
    if (now == term) continue;
    cluster.Fail(sim::Verdict::kLiveness,
                 absl::StrFormat("n%d led term %d, nothing failed, and %d s later the servers are "
                                 "in term %d. Heartbeats must come several times in the shortest "
                                 "election timeout, and whoever hears one must reset its timer "
                                 "(section 5.6: broadcast time << election timeout)",
                                 leader, term, second, now));
  }
}

LAB_TEST(Raft2A, ReElection,
         "a new leader follows a lost one, and without a majority there is none") {
  Cluster cluster(world, {.servers = 3});
  const int leader1 = cluster.AwaitOneLeader();

  cluster.Disconnect(leader1);
  cluster.AwaitOneLeader();
  cluster.Connect(leader1);  // its return must not disturb the new leader
  const int leader2 = cluster.AwaitOneLeader();

  cluster.Disconnect(leader2);
  cluster.Disconnect(cluster.After(leader2));
  SleepMillis(2000);
  cluster.CheckNoLeader();

  cluster.Connect(cluster.After(leader2));
  cluster.AwaitOneLeader();
  cluster.Connect(leader2);
  cluster.AwaitOneLeader();
}

LAB_TEST(Raft2A, ManyElections,
         "there is a leader again whichever minority of seven servers is lost") {
  Cluster cluster(world, {.servers = 7});
  cluster.AwaitOneLeader();
  for (int round = 0; round < 9; ++round) {
    const int lost[] = {static_cast<int>(cluster.chance().Choose(7, "lost")),
                        static_cast<int>(cluster.chance().Choose(7, "lost")),
                        static_cast<int>(cluster.chance().Choose(7, "lost"))};
    for (const int server : lost) cluster.Disconnect(server);
    cluster.AwaitOneLeader();
    for (const int server : lost) cluster.Connect(server);
  }
  cluster.AwaitOneLeader();
}

LAB_TEST(Raft2A, SingleServer,
         "a cluster of one elects its only server, whose own vote is enough") {
  Cluster cluster(world, {.servers = 1});
  cluster.AwaitOneLeader();
}

LAB_TEST(Raft2A, AnySize, "clusters of one to seven servers, by seed, elect and re-elect") {
  const int servers = 1 + static_cast<int>(world.options().seed % 7);
  Cluster cluster(world, {.servers = servers});
  const int leader = cluster.AwaitOneLeader();
  if (servers == 1) return;

  cluster.Disconnect(leader);
  if (servers == 2) {  // the other one is no majority
    SleepMillis(2000);
    cluster.CheckNoLeader();
  } else {
    cluster.AwaitOneLeader();
  }
  cluster.Connect(leader);
  cluster.AwaitOneLeader();
}

LAB_TEST(Raft2A, Swarm, "elections go on under weather that each seed draws anew") {
  RunSwarm(world, {.commands = false});
}

}  // namespace
}  // namespace tests
