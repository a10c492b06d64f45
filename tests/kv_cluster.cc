// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/kv_cluster.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"
#include "kvraft/program.h"
#include "labgob/labgob.h"

namespace tests {
namespace {

using sim::Verdict;

constexpr KvClients::Words kWords = {
    .clerk = "kvraft/clerk.cc",
    .server = "kvraft/kv_server.cc",
    .program = "kvraft/program.cc",
    .if_late =
        "Does the clerk try every server in turn, again and again, and does a server always "
        "answer: also when it loses its leadership, or another command takes the place in "
        "the log?"};

Cluster::Options ServersOf(const KvCluster::Options& options) {
  const kvraft::ProgramConfig config{
      .max_raft_state = options.max_raft_state,
      .slowest_save_micros = absl::ToInt64Microseconds(options.slowest_save),
      .servers = {},
  };
  return {.servers = options.servers,
          .reliable = options.reliable,
          .service_config = labgob::Encode(config),
          .clients = options.clients};
}

}  // namespace

KvCluster::KvCluster(sim::World& world, const Options& options)
    : KvClients(options.clients, kWords), options_(options), servers_(world, ServersOf(options)) {
  BeginHistory();
}

KvCluster::~KvCluster() { EndHistory(); }

// ---- Clients. ----

void KvCluster::BootClerk(int client) {
  kvraft::ProgramConfig config;
  config.servers.resize(static_cast<size_t>(servers_.size()));
  std::iota(config.servers.begin(), config.servers.end(), 0);
  for (size_t i = config.servers.size(); i > 1; --i) {
    std::swap(config.servers[i - 1], config.servers[chance().Choose(i, "clerk-order")]);
  }
  world().Boot(NodeOf(client), servers_.size(), labgob::Encode(config));
}

void KvCluster::ConnectClient(int client, const std::vector<int>& servers) {
  for (int server = 0; server < servers_.size(); ++server) {
    const bool up = std::ranges::find(servers, server) != servers.end();
    network().SetLink(NodeOf(client), server, up);
    network().SetLink(server, NodeOf(client), up);
  }
}

void KvCluster::ConnectClientToAll(int client) {
  std::vector<int> all(static_cast<size_t>(servers_.size()));
  std::iota(all.begin(), all.end(), 0);
  ConnectClient(client, all);
}

// ---- Faults. ----

void KvCluster::PartitionAtRandom() {
  std::vector<int> side;
  for (int server = 0; server < servers_.size(); ++server) {
    if (chance().Chance(1, 2, "side")) side.push_back(server);
  }
  servers_.Partition(side);
}

std::vector<int> KvCluster::CutOffLeader(std::vector<int>* majority) {
  const int leader = servers_.AwaitOneLeader();
  std::vector<int> minority;
  majority->clear();
  for (int step = 0; step < servers_.size(); ++step) {
    const bool with_leader = step < (servers_.size() - 1) / 2;
    (with_leader ? minority : *majority).push_back(servers_.After(leader, step));
  }
  servers_.Partition(minority);
  return minority;
}

// ---- Claims. ----

void KvCluster::CheckLogSizes() {
  if (options_.max_raft_state == 0) return CheckSnapshotSizes(0);
  const int64_t most = 8 * options_.max_raft_state;
  const int64_t size = servers_.LogSize();
  if (size <= most) return;
  servers_.Fail(
      Verdict::kBudget,
      absl::StrFormat("a server's Raft has saved %d bytes; with a limit of %d the log is to be "
                      "compacted before it has %d. Does the service call Raft::Snapshot() when "
                      "state_size() nears the limit?",
                      size, options_.max_raft_state, most));
}

void KvCluster::CheckSnapshotSizes(int64_t most) {
  for (int server = 0; server < servers_.size(); ++server) {
    const size_t size = servers_.world().disk(server).snapshot.size();
    if (static_cast<int64_t>(size) <= most) continue;
    servers_.Fail(
        Verdict::kBudget,
        options_.max_raft_state == 0
            ? absl::StrFormat("n%d has a snapshot of %d bytes, though it was told to make none",
                              server, size)
            : absl::StrFormat("n%d has a snapshot of %d bytes, more than %d: a snapshot holds the "
                              "table and what finds duplicates, and nothing that grows with the "
                              "number of operations",
                              server, size, most));
  }
}

}  // namespace tests
