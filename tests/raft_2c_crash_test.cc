// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2C: what is promised is on the disk before, at whichever moment the power goes. Figure 2,
// "Persistent state" (updated on stable storage before responding to RPCs).

#include "tests/cluster.h"
#include "tests/crash_sweep.h"
#include "tests/registry.h"

namespace tests {
namespace {

using enum Cluster::CrashPoint;

// A leader is elected, and commits some commands with n1 alone: then a majority that lacks them is
// n2 and a server that has forgotten them.
void ElectAndCommit(CrashSweep& sweep) {
  sweep.Elect();
  sweep.CutOff2();
  sweep.Commit(3);
  sweep.Await(absl::Milliseconds(250), [] { return false; });  // heartbeats
}

LAB_TEST(Raft2C, CrashSweepLeader,
         "a leader may crash right after any message and any save: nothing is forgotten") {
  Cluster cluster(world, {.servers = 3});
  CrashSweep sweep(cluster);
  const auto scenario = [&] { ElectAndCommit(sweep); };
  sweep.Run({
      {.about = "leader's messages", .victim = 0, .point = kMessage, .scenario = scenario},
      {.about = "leader's saves", .victim = 0, .point = kSave, .scenario = scenario},
  });
}

LAB_TEST(Raft2C, CrashSweepFollower,
         "a follower may crash right after any message and any save: nothing is forgotten") {
  Cluster cluster(world, {.servers = 3});
  CrashSweep sweep(cluster);
  const auto scenario = [&] { ElectAndCommit(sweep); };
  sweep.Run({
      {.about = "follower's messages", .victim = 1, .point = kMessage, .scenario = scenario},
      {.about = "follower's saves", .victim = 1, .point = kSave, .scenario = scenario},
  });
}

LAB_TEST(Raft2C, CrashSweepNewTerm,
         "a server may crash in the middle of a step into a new term: it forgets no term or vote") {
  Cluster cluster(world, {.servers = 3});
  CrashSweep sweep(cluster);
  // n2 has not heard of the leader, nor of its entries, for so long that it is terms ahead.
  const auto before = [&] {
    sweep.Elect();
    sweep.CutOff2();
    sweep.Commit(1);
    SleepMillis(2500);
  };
  const auto scenario = [&] {
    cluster.Connect(2);
    sweep.Await(absl::Milliseconds(1000), [] { return false; });
  };
  // n2 knows of no term yet: after the crash it may ask for votes in one that n1 has voted in.
  // There are no entries, or n1 would refuse it for its log.
  const auto first_term = [&] {
    sweep.CutOff2();
    sweep.Elect({1});
    SleepMillis(50);
  };
  const auto second_term = [&] {
    cluster.Pause(1);
    cluster.RestartAndConnect(0);
    sweep.Elect({1});
    sweep.Await(absl::Milliseconds(100), [] { return false; });
  };
  sweep.Run({
      {.about = "voter's saves",
       .victim = 1,
       .point = kSave,
       .before = first_term,
       .scenario = second_term,
       .most = 3},
      {.about = "leader's messages",
       .victim = 0,
       .point = kMessage,
       .before = before,
       .scenario = scenario,
       .most = 5},
      {.about = "follower's messages",
       .victim = 1,
       .point = kMessage,
       .before = before,
       .scenario = scenario,
       .most = 5},
  });
}

}  // namespace
}  // namespace tests
