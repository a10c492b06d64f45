// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 3A: situations that chance rarely makes. Some decide about every message between the servers
// (directed.h); what clerks and servers say to each other always arrives.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/directed.h"
#include "tests/kv_cluster.h"
#include "tests/registry.h"

namespace tests {
namespace {

using labrpc::Call;

// Between a clerk and a server.
Director::Exception DeliverClerks(const KvCluster& cluster) {
  const int first_client = cluster.NodeOf(0);
  return [first_client](const Call& call) -> std::optional<Fate> {
    if (call.from >= first_client) return Fate::kDeliver;
    return std::nullopt;
  };
}

// A schedule that begins anew may have left operations open, and a clerk has one at a time.
void RenewClerks(KvCluster& cluster) {
  for (int client = 0; client < cluster.clients(); ++client) {
    cluster.NewClerk(client);
    cluster.ConnectClientToAll(client);
  }
}

LAB_TEST(Kv3A, SingleServer, "a cluster of one answers at once") {
  constexpr int kAppends = 50;
  KvCluster cluster(world, {.servers = 1, .clients = 2});
  cluster.Get(0, "k");
  const absl::Time began = sim::Now();
  std::string wanted;
  for (int i = 0; i < kAppends; ++i) {
    wanted += cluster.NewText();
    cluster.Append(0, "k", wanted.substr(wanted.rfind('x')));
  }
  cluster.CheckValue(1, "k", wanted);
  const absl::Duration each = (sim::Now() - began) / kAppends;
  if (each < absl::Milliseconds(20)) return;
  cluster.servers().Fail(
      sim::Verdict::kBudget,
      absl::StrFormat(
          "an operation takes %.1f ms in the mean on a single server, which commits it at "
          "once; wanted less than 20. Does a request begin to wait for its entry only "
          "after that may have been carried out?",
          absl::ToDoubleMilliseconds(each)));
}

// A copy of an old request comes when newer ones of the same client have been carried out.
LAB_TEST(Kv3A, LateDuplicates, "a late copy of an older write is not carried out again") {
  KvCluster cluster(world, {.servers = 3, .clients = 2});
  cluster.network().SetDuplication(1000);
  std::string wanted;
  for (int i = 0; i < 20; ++i) {
    const std::string text = cluster.NewText();
    cluster.Append(0, "k", text);
    wanted += text;
    SleepMillis(static_cast<int64_t>(cluster.chance().Choose(200, "pause")));
  }
  SleepMillis(1500);  // the last copies are there
  cluster.CheckValue(1, "k", wanted);
}

// One operation, and nothing after it that would move the servers on.
LAB_TEST(Kv3A, LastOperationReturns, "an operation needs no later one to return") {
  KvCluster cluster(world, {.servers = 3, .clients = 4});
  std::vector<std::shared_ptr<const KvCluster::Pending>> pending;
  for (int round = 0; round < 3; ++round) {
    pending.clear();
    for (int client = 0; client < 3; ++client) {
      pending.push_back(cluster.Begin(client, OperationKind::kAppend, "k", cluster.NewText()));
    }
    SleepMillis(static_cast<int64_t>(cluster.chance().Choose(3, "crash-at")));
    const int leader = cluster.servers().AwaitOneLeader();
    cluster.servers().RestartAndConnect(leader);
    for (const auto& operation : pending) {
      cluster.AwaitDone(*operation, absl::Seconds(10), "all servers are up and connected");
    }
    cluster.Get(3, "k");
  }
}

// Section 8: a new leader does not know yet which of its entries are committed, and a read must see
// them.
LAB_TEST(Kv3A, ReadAfterLeaderChange, "a new leader's first read sees all that was committed") {
  KvCluster cluster(world, {.servers = 3, .clients = 2});
  Cluster& servers = cluster.servers();
  Director director(servers);
  director.Retry([&] {
    RenewClerks(cluster);
    cluster.Append(0, "k", cluster.NewText());
    const int leader = servers.AwaitOneLeader();
    const int keeper = servers.After(leader);
    const int other = servers.After(leader, 2);
    SleepMillis(300);  // everybody knows what is committed
    const int64_t before = servers.last_committed();
    // The keeper gets the next entry, and never learns that it is committed.
    const auto clerks = DeliverClerks(cluster);
    director.Follow(leader, {keeper}, [=](const Call& call) -> std::optional<Fate> {
      if (call.from == leader && IsRequest(call, kAppendEntries) &&
          ReadAppendRequest(call).leader_commit > before) {
        return Fate::kLose;
      }
      return clerks(call);
    });
    const std::string last = cluster.NewText();
    const auto append = cluster.Begin(0, OperationKind::kAppend, "k", last);
    if (!director.TryAwait([&] { return append->done; }, absl::Seconds(3))) return false;

    // The keeper is elected, which the other's log cannot be. The leader is away, so nobody else
    // can tell it.
    servers.Crash(leader);
    const auto get = cluster.Begin(1, OperationKind::kGet, "k");
    director.Elect(keeper, {other}, clerks);
    const bool done = director.TryAwait([&] { return get->done; }, absl::Seconds(10));
    servers.RestartAndConnect(leader);
    director.Heal();
    if (!done) cluster.AwaitDone(*get, absl::Seconds(10), "all servers are up and connected");
    if (get->value.ends_with(last)) return true;
    cluster.CheckHistory();
    return false;
  });
}

// An entry of a deposed leader may still be committed, after another one has carried on. So that
// entry proves nothing to a read that came after it.
LAB_TEST(Kv3A, ReadBehindAnOldEntry, "an older entry of a deposed leader lets it answer no read") {
  KvCluster cluster(world, {.servers = 3, .clients = 3});
  Cluster& servers = cluster.servers();
  Director director(servers);
  director.Retry([&] {
    RenewClerks(cluster);
    cluster.Put(0, "k", cluster.NewText());
    const int old_leader = servers.AwaitOneLeader();
    const int leader = servers.After(old_leader);
    const int other = servers.After(old_leader, 2);
    cluster.ConnectClient(0, {old_leader});
    cluster.ConnectClient(1, {leader, other});
    cluster.ConnectClient(2, {old_leader});
    const auto clerks = DeliverClerks(cluster);
    // Both others get the old leader's entry, and it does not learn of that yet.
    director.Follow(old_leader, {leader, other}, [=](const Call& call) -> std::optional<Fate> {
      if (call.from == old_leader && IsReply(call, kAppendEntries)) return Fate::kHold;
      return clerks(call);
    });
    const std::string old_text = cluster.NewText();
    const auto append = cluster.Begin(0, OperationKind::kAppend, "k", old_text);
    const auto acknowledged = [&] {
      return director.FindHeld([&](const Call& call) {
        return call.to == leader && IsReply(call, kAppendEntries) &&
               !ReadAppendRequest(call).entries.empty() && ReadAppendReply(call).success;
      });
    };
    if (!director.TryAwait([&] { return acknowledged().has_value(); }, absl::Seconds(2))) {
      return false;
    }
    const Call held = *acknowledged();
    // The others go on without it.
    director.Elect(leader, {other}, clerks);
    const auto newer = cluster.Begin(1, OperationKind::kAppend, "k", cluster.NewText());
    if (!director.TryAwait([&] { return newer->done; }, absl::Seconds(3))) return false;
    // Now a read at the old leader, and then the proof that its old entry is committed.
    const auto get = cluster.Begin(2, OperationKind::kGet, "k");
    SleepMillis(20);
    director.Deliver(held);
    SleepMillis(200);
    for (int client = 0; client < 3; ++client) cluster.ConnectClientToAll(client);
    director.Heal();
    cluster.AwaitDone(*append, absl::Seconds(10), "all servers are connected again");
    cluster.AwaitDone(*get, absl::Seconds(10), "all servers are connected again");
    cluster.CheckHistory();
    return true;
  });
}

// The Students' Guide calls it re-appearing indices: a leader's entry is replaced by another
// leader's, at the same index, and the request that waits there must not take that for its own.
LAB_TEST(Kv3A, IndexComesAgain, "a request is answered by its own entry only") {
  KvCluster cluster(world, {.servers = 3, .clients = 2});
  Cluster& servers = cluster.servers();
  Director director(servers);
  director.Retry([&] {
    RenewClerks(cluster);
    const std::string first = cluster.NewText();
    cluster.Put(0, "k", first);
    const int old_leader = servers.AwaitOneLeader();
    const int leader = servers.After(old_leader);
    const int other = servers.After(old_leader, 2);
    const auto clerks = DeliverClerks(cluster);
    // The old leader takes client 0's entry, which nobody gets.
    cluster.ConnectClient(0, {old_leader});
    director.Follow(old_leader, {}, clerks);
    const std::string lost = cluster.NewText();
    const auto put = cluster.Begin(0, OperationKind::kPut, "k", lost);
    SleepMillis(20);
    // Meanwhile client 1's entry is committed at the same index.
    cluster.ConnectClient(1, {leader, other});
    director.Elect(leader, {other}, clerks);
    const std::string kept = cluster.NewText();
    const auto other_put = cluster.Begin(1, OperationKind::kPut, "j", kept);
    if (!director.TryAwait([&] { return other_put->done; }, absl::Seconds(3))) return false;
    if (put->done) {
      servers.Fail(
          sim::Verdict::kSafety,
          absl::StrFormat("client 0's Put(\"k\", \"%s\") returned, though no server but the "
                          "one that took it has the entry: done is what is committed "
                          "(section 8)",
                          lost));
    }
    // The old leader hears of it, and can still reach nobody but client 0.
    director.Follow(leader, {other, old_leader}, clerks);
    SleepMillis(400);
    const bool answered = put->done;
    cluster.ConnectClientToAll(0);
    cluster.ConnectClientToAll(1);
    director.Heal();
    if (answered) {
      const std::string value = cluster.Get(1, "k");
      if (value != lost) {
        servers.Fail(
            sim::Verdict::kLinearizability,
            absl::StrFormat(
                "client 0's Put(\"k\", \"%s\") returned, but the value is \"%s\": its entry "
                "was replaced by another leader's at the same index, and that was taken "
                "for it. An entry is named by index and term",
                lost, value));
      }
    }
    cluster.AwaitDone(*put, absl::Seconds(10), "all servers are connected again");
    cluster.CheckValue(1, "k", lost);
    return true;
  });
}

}  // namespace
}  // namespace tests
