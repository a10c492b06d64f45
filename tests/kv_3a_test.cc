// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 3A: a fault-tolerant key/value service, without snapshots. The tests are MIT's, and at the
// end of each the whole history must be linearizable.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "linearizability/kv_model.h"
#include "tests/kv_cluster.h"
#include "tests/kv_workload.h"
#include "tests/registry.h"

namespace tests {
namespace {

LAB_TEST(Kv3A, Basic, "one client reads what it wrote") { RunKvWorkload(world, {.clients = 1}); }

LAB_TEST(Kv3A, Speed, "an operation takes far less than a heartbeat") { RunKvSpeed(world, 0); }

LAB_TEST(Kv3A, Concurrent, "many clients at once") { RunKvWorkload(world, {.clients = 5}); }

LAB_TEST(Kv3A, Unreliable, "many clients on a network that loses messages") {
  RunKvWorkload(world, {.clients = 5, .unreliable = true});
}

// Where each client's appends have gone to: all there, once, and in the order in which it made
// them. The history says so too, but this says it more clearly.
LAB_TEST(Kv3A, UnreliableOneKey, "appends of many clients to one key are done once each") {
  constexpr int kClients = 5;
  constexpr int kAppends = 10;
  KvCluster cluster(world, {.servers = 3, .clients = kClients + 1, .reliable = false});
  cluster.Put(0, "k", cluster.NewText());
  std::vector<std::vector<std::string>> texts(kClients);
  int working = kClients;
  for (int client = 0; client < kClients; ++client) {
    for (int i = 0; i < kAppends; ++i)
      texts[static_cast<size_t>(client)].push_back(cluster.NewText());
    sim::Go(absl::StrCat("client ", client), [&, client] {
      for (const std::string& text : texts[static_cast<size_t>(client)]) {
        cluster.Append(client, "k", text);
      }
      --working;
    });
  }
  while (working > 0) SleepMillis(5);
  const std::string value = cluster.Get(kClients, "k");
  for (int client = 0; client < kClients; ++client) {
    size_t last = 0;
    for (const std::string& text : texts[static_cast<size_t>(client)]) {
      const size_t at = value.find(text);
      if (at != value.npos && at >= last && value.find(text, at + 1) == value.npos) {
        last = at;
        continue;
      }
      cluster.servers().Fail(
          sim::Verdict::kLinearizability,
          absl::StrFormat("client %d's Append(\"k\", \"%s\") is %s in the value %s", client, text,
                          at == value.npos ? "missing"
                          : at < last      ? "before one that it made earlier"
                                           : "twice",
                          linearizability::Quoted(value)));
    }
  }
}

LAB_TEST(Kv3A, OnePartition, "the majority goes on, the minority waits until it is healed") {
  KvCluster cluster(world, {.servers = 5, .clients = 3});
  constexpr int kMinor = 1, kOtherMinor = 2;
  const std::string a = cluster.NewText(), b = cluster.NewText(), c = cluster.NewText(),
                    d = cluster.NewText();
  cluster.Put(0, "1", a);
  std::vector<int> majority;
  const std::vector<int> minority = cluster.CutOffLeader(&majority);
  cluster.ConnectClient(0, majority);
  cluster.ConnectClient(kMinor, minority);
  cluster.ConnectClient(kOtherMinor, minority);

  // Progress in the majority.
  cluster.Put(0, "1", b);
  cluster.CheckValue(0, "1", b);

  // None in the minority.
  const auto put = cluster.Begin(kMinor, OperationKind::kPut, "1", c);
  const auto get = cluster.Begin(kOtherMinor, OperationKind::kGet, "1");
  SleepMillis(1000);
  for (const auto& pending : {put, get}) {
    if (!pending->done) continue;
    cluster.servers().Fail(
        sim::Verdict::kSafety,
        absl::StrFormat("a %s returned, though its servers are a minority: an operation is done "
                        "when its entry is committed, and a read must know that it is not stale "
                        "(section 8)",
                        pending == put ? "Put" : "Get"));
  }
  cluster.CheckValue(0, "1", b);
  cluster.Put(0, "1", d);
  cluster.CheckValue(0, "1", d);

  // Completion once it is healed.
  cluster.servers().HealAll();
  for (int client = 0; client < 3; ++client) cluster.ConnectClientToAll(client);
  SleepMillis(1000);
  cluster.AwaitDone(*put, absl::Seconds(3), "all servers are connected again");
  cluster.AwaitDone(*get, absl::Seconds(3), "all servers are connected again");
  if (cluster.Get(0, "1") == d) {
    cluster.servers().Fail(
        sim::Verdict::kLinearizability,
        absl::StrFormat(
            "client %d's Put(\"1\", \"%s\") returned, but the value is still \"%s\": it "
            "could not be committed before the servers were healed, so it had to come "
            "last. Its entry was lost, and another one at the same index is no answer: "
            "an entry is named by index and term",
            kMinor, c, d));
  }
  cluster.CheckValue(0, "1", c);
}

LAB_TEST(Kv3A, ManyPartitionsOneClient, "one client while the servers are split again and again") {
  RunKvWorkload(world, {.clients = 1, .partitions = true});
}

LAB_TEST(Kv3A, ManyPartitionsManyClients, "many clients while the servers are split") {
  RunKvWorkload(world, {.clients = 5, .partitions = true});
}

LAB_TEST(Kv3A, PersistOneClient, "one client; all servers crash and come back") {
  RunKvWorkload(world, {.clients = 1, .crashes = true});
}

LAB_TEST(Kv3A, PersistConcurrent, "many clients; all servers crash and come back") {
  RunKvWorkload(world, {.clients = 5, .crashes = true});
}

LAB_TEST(Kv3A, PersistConcurrentUnreliable, "crashes, and a network that loses messages") {
  RunKvWorkload(world, {.clients = 5, .unreliable = true, .crashes = true});
}

LAB_TEST(Kv3A, PersistPartition, "crashes and partitions") {
  RunKvWorkload(world, {.clients = 5, .crashes = true, .partitions = true});
}

LAB_TEST(Kv3A, PersistPartitionUnreliable, "crashes, partitions, and lost messages") {
  RunKvWorkload(world, {.clients = 5, .unreliable = true, .crashes = true, .partitions = true});
}

LAB_TEST(Kv3A, PersistPartitionUnreliableLinearizable, "all of it, on keys that clients share") {
  RunKvWorkload(world, {.clients = 15,
                        .servers = 7,
                        .unreliable = true,
                        .crashes = true,
                        .partitions = true,
                        .shared_keys = true});
}

LAB_TEST(Kv3A, Swarm, "operations under weather that each seed draws anew") {
  RunKvSwarm(world, 0);
}

}  // namespace
}  // namespace tests
