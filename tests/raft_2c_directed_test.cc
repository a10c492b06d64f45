// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2C: restarts in the middle of schedules in which every message has its place.

#include "tests/cluster.h"
#include "tests/directed.h"
#include "tests/registry.h"

namespace tests {
namespace {

LAB_TEST(Raft2C, RemovedEntriesStayRemoved, "what a conflict removed is not back after a restart") {
  Cluster cluster(world, {.servers = 3});
  Director director(cluster);
  director.Retry([&] {
    const auto overwritten = director.OverwriteTail();
    if (!overwritten.has_value()) return false;
    director.LoseAll();  // its leader must not help it
    cluster.RestartAndConnect(overwritten->follower);
    director.CheckOverwritten(*overwritten,
                              "; then it restarted. The log is persistent state: save it after it "
                              "got shorter, too, before the reply leaves");
    director.Heal();
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    return true;
  });
}

}  // namespace
}  // namespace tests
