// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2D: Raft's state and the service's snapshot belong together, at whichever moment the power
// goes. Section 7, Figure 13.

#include "tests/cluster.h"
#include "tests/crash_sweep.h"
#include "tests/registry.h"

namespace tests {
namespace {

using enum Cluster::CrashPoint;

LAB_TEST(Raft2D, CrashSweepSnapshot,
         "a server may crash right after any message and any save around Snapshot()") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  CrashSweep sweep(cluster);
  const auto before = [&] {
    sweep.Elect();
    sweep.CutOff2();
    sweep.Commit(7);
    sweep.Await(absl::Milliseconds(150), [] { return false; });  // until n1 has applied them too
  };
  const auto scenario = [&] {
    sweep.Commit(4);  // the ninth entry is the one with a snapshot
    sweep.Await(absl::Milliseconds(150), [] { return false; });
  };
  std::vector<CrashSweep::Part> parts;
  for (const int victim : {0, 1}) {
    for (const Cluster::CrashPoint point : {kMessage, kSave}) {
      parts.push_back({.about = victim == 0 ? "leader's Snapshot()" : "follower's Snapshot()",
                       .victim = victim,
                       .point = point,
                       .before = before,
                       .scenario = scenario});
    }
  }
  sweep.Run(parts);
}

LAB_TEST(Raft2D, CrashSweepInstall,
         "a server may crash right after any message and any save around InstallSnapshot") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  CrashSweep sweep(cluster);
  int64_t last = 0;
  const auto before = [&] {
    sweep.Elect();
    sweep.CutOff2();
    sweep.Commit(13);
    sweep.Await(absl::Milliseconds(150), [] { return false; });
    last = cluster.last_committed();
  };
  const auto scenario = [&] {
    cluster.Connect(2);
    sweep.Await(absl::Seconds(2), [&] { return cluster.CountApplied(last) == 3; });
    sweep.Commit(1);
  };
  sweep.Run({
      {.about = "follower's InstallSnapshot",
       .victim = 2,
       .point = kMessage,
       .before = before,
       .scenario = scenario,
       .most = 10},
      {.about = "follower's InstallSnapshot",
       .victim = 2,
       .point = kSave,
       .before = before,
       .scenario = scenario,
       .most = 10},
      {.about = "leader's InstallSnapshot",
       .victim = 0,
       .point = kMessage,
       .before = before,
       .scenario = scenario,
       .most = 10},
  });
}

}  // namespace
}  // namespace tests
