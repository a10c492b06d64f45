// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 2D: log compaction. Section 7. The service snapshots at every tenth index.

#include <string>

#include "absl/strings/str_format.h"
#include "tests/cluster.h"
#include "tests/registry.h"
#include "tests/swarm.h"

namespace tests {
namespace {

using sim::Verdict;

// A log that is compacted every ten entries is never longer than this many bytes.
constexpr int64_t kLongestLog = 2000;

enum class Fault { kNone, kDisconnect, kCrash };

void CheckLogSize(Cluster& cluster) {
  if (cluster.LogSize() < kLongestLog) return;
  cluster.Fail(
      Verdict::kBudget,
      absl::StrFormat("a server's persisted Raft state has %d bytes, though the service snapshots "
                      "every 10 entries; wanted less than %d. Snapshot() drops the log up to its "
                      "index, and saves what is left",
                      cluster.LogSize(), kLongestLog));
}

// A follower may just miss what its leader drops.
void CheckInstalls(Cluster& cluster) {
  const int64_t allowed = cluster.last_committed() / 3;
  if (cluster.installs() <= allowed) return;
  cluster.Fail(Verdict::kBudget,
               absl::StrFormat(
                   "%d InstallSnapshots were sent for %d entries, though nothing failed and no "
                   "follower was away; wanted at most %d. A snapshot is for a follower that lacks "
                   "an entry which the leader's log no longer has (section 7)",
                   cluster.installs(), cluster.last_committed(), allowed));
}

// Again and again one server is away while the others go on far enough to drop what it lacks.
void SnapshotAndInstall(sim::World& world, Fault fault, bool reliable) {
  Cluster cluster(world, {.servers = 3, .reliable = reliable, .snapshots = true});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  int leader = cluster.AwaitOneLeader();

  for (int round = 0; round < 30; ++round) {
    int victim = cluster.After(leader);
    int sender = leader;
    if (round % 3 == 1) std::swap(victim, sender);

    if (fault == Fault::kDisconnect) cluster.Disconnect(victim);
    if (fault == Fault::kCrash) cluster.Crash(victim);
    if (fault != Fault::kNone) {
      cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 2, .retry = true});
    }
    // Enough for a snapshot now and then, and not always.
    const uint64_t commands = 5 + cluster.chance().Choose(10, "commands");
    for (uint64_t i = 0; i < commands; ++i) cluster.Start(sender, cluster.NewCommand());
    cluster.AwaitAgreement(cluster.NewCommand(),
                           {.expected = fault == Fault::kNone ? 3 : 2, .retry = true});
    CheckLogSize(cluster);

    if (fault == Fault::kDisconnect) cluster.Connect(victim);
    if (fault == Fault::kCrash) cluster.RestartAndConnect(victim);
    if (fault != Fault::kNone) {
      // The victim may need an InstallSnapshot to catch up.
      cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
      leader = cluster.AwaitOneLeader();
    }
  }
  if (fault == Fault::kNone) CheckInstalls(cluster);
}

LAB_TEST(Raft2D, SnapshotBasic, "logs stay short while nothing fails") {
  SnapshotAndInstall(world, Fault::kNone, true);
}

LAB_TEST(Raft2D, SnapshotInstall, "a follower that was cut off catches up by a snapshot") {
  SnapshotAndInstall(world, Fault::kDisconnect, true);
}

LAB_TEST(Raft2D, SnapshotInstallUnreliable, "the same on a network that loses messages") {
  SnapshotAndInstall(world, Fault::kDisconnect, false);
}

LAB_TEST(Raft2D, SnapshotInstallCrash, "a follower that crashed catches up by a snapshot") {
  SnapshotAndInstall(world, Fault::kCrash, true);
}

LAB_TEST(Raft2D, SnapshotInstallUnCrash, "the same on a network that loses messages") {
  SnapshotAndInstall(world, Fault::kCrash, false);
}

void RestartAll(Cluster& cluster) {
  for (int server = 0; server < cluster.size(); ++server) cluster.Crash(server);
  for (int server = 0; server < cluster.size(); ++server) cluster.RestartAndConnect(server);
}

LAB_TEST(Raft2D, SnapshotAllCrash, "all servers crash, and go on from their snapshots") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  for (int round = 0; round < 5; ++round) {
    const uint64_t commands = 5 + cluster.chance().Choose(10, "commands");
    for (uint64_t i = 0; i < commands; ++i) {
      cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    }
    const int64_t before =
        cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    RestartAll(cluster);
    const int64_t after =
        cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
    if (after <= before) {
      cluster.Fail(
          Verdict::kSafety,
          absl::StrFormat("index %d was agreed on, all servers crashed, and the next command got "
                          "index %d",
                          before, after));
    }
  }
}

LAB_TEST(Raft2D, SnapshotInit, "a snapshot that was there at boot survives the next crash") {
  Cluster cluster(world, {.servers = 3, .snapshots = true});
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  // Enough for a snapshot.
  for (int i = 0; i < 11; ++i) {
    cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  }
  RestartAll(cluster);
  // One command: something is saved, but no snapshot is made.
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
  RestartAll(cluster);
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = 3, .retry = true});
}

LAB_TEST(Raft2D, Swarm, "snapshots under weather that each seed draws anew") {
  RunSwarm(world, {.snapshots = true, .climate = {.crashes = true, .slow_disks = true}});
}

}  // namespace
}  // namespace tests
