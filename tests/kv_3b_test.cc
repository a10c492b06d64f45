// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 3B: the key/value service with snapshots. The tests are MIT's, and at the end of each the
// whole history must be linearizable.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kv_cluster.h"
#include "tests/kv_workload.h"
#include "tests/registry.h"

namespace tests {
namespace {

constexpr int64_t kMaxRaftState = 1000;

LAB_TEST(Kv3B, SnapshotRPC, "a server that was away gets a snapshot") {
  KvCluster cluster(world, {.servers = 3, .clients = 2, .max_raft_state = kMaxRaftState});
  Cluster& servers = cluster.servers();
  std::vector<std::string> texts;
  const auto put = [&](const std::string& key) {
    texts.push_back(cluster.NewText());
    cluster.Put(0, key, texts.back());
    return texts.back();
  };
  const std::string a = put("a");
  cluster.CheckValue(1, "a", a);

  // n2 is left behind.
  servers.Partition({0, 1});
  for (const int client : {0, 1}) cluster.ConnectClient(client, {0, 1});
  std::vector<std::string> numbers;
  for (int i = 0; i < 50; ++i) numbers.push_back(put(absl::StrCat(i)));
  SleepMillis(1000);
  const std::string b = put("b");
  cluster.CheckLogSizes();

  // Now it is one of the two that must go on, so it needs what it missed.
  servers.Partition({0, 2});
  for (const int client : {0, 1}) cluster.ConnectClient(client, {0, 2});
  const std::string c = put("c");
  const std::string d = put("d");
  cluster.CheckValue(1, "a", a);
  cluster.CheckValue(1, "b", b);
  cluster.CheckValue(1, "1", numbers[1]);
  cluster.CheckValue(1, "49", numbers[49]);

  servers.HealAll();
  for (const int client : {0, 1}) cluster.ConnectClientToAll(client);
  const std::string e = put("e");
  cluster.CheckValue(1, "c", c);
  cluster.CheckValue(1, "e", e);
  cluster.CheckValue(1, "1", numbers[1]);
  cluster.CheckValue(1, "d", d);
}

LAB_TEST(Kv3B, SnapshotSize, "a snapshot does not grow with the number of operations") {
  constexpr int64_t kLargestSnapshot = 500;
  KvCluster cluster(world, {.servers = 3, .clients = 2, .max_raft_state = kMaxRaftState});
  for (int i = 0; i < 400; ++i) {
    const std::string text = cluster.NewText();
    cluster.Put(0, "x", text);
    cluster.CheckValue(1, "x", text);
  }
  cluster.CheckLogSizes();
  cluster.CheckSnapshotSizes(kLargestSnapshot);
}

LAB_TEST(Kv3B, Speed, "snapshots do not make operations slow") { RunKvSpeed(world, kMaxRaftState); }

LAB_TEST(Kv3B, SnapshotRecover, "one client; all servers come back from their snapshots") {
  RunKvWorkload(world, {.clients = 1, .crashes = true, .max_raft_state = kMaxRaftState});
}

LAB_TEST(Kv3B, SnapshotRecoverManyClients, "twenty clients; all servers come back") {
  RunKvWorkload(world, {.clients = 20, .crashes = true, .max_raft_state = kMaxRaftState});
}

LAB_TEST(Kv3B, SnapshotUnreliable, "many clients on a network that loses messages") {
  RunKvWorkload(world, {.clients = 5, .unreliable = true, .max_raft_state = kMaxRaftState});
}

LAB_TEST(Kv3B, SnapshotUnreliableRecover, "lost messages, and all servers come back") {
  RunKvWorkload(
      world, {.clients = 5, .unreliable = true, .crashes = true, .max_raft_state = kMaxRaftState});
}

LAB_TEST(Kv3B, SnapshotUnreliableRecoverConcurrentPartition, "the same with partitions") {
  RunKvWorkload(world, {.clients = 5,
                        .unreliable = true,
                        .crashes = true,
                        .partitions = true,
                        .max_raft_state = kMaxRaftState});
}

LAB_TEST(Kv3B, SnapshotUnreliableRecoverConcurrentPartitionLinearizable,
         "all of it, on keys that clients share") {
  RunKvWorkload(world, {.clients = 15,
                        .servers = 7,
                        .unreliable = true,
                        .crashes = true,
                        .partitions = true,
                        .shared_keys = true,
                        .max_raft_state = kMaxRaftState});
}

LAB_TEST(Kv3B, Swarm, "snapshots under weather that each seed draws anew") {
  RunKvSwarm(world, kMaxRaftState);
}

}  // namespace
}  // namespace tests
