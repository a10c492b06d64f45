// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/shard_cluster.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "labgob/labgob.h"

namespace tests {
namespace {

using shardkv::ControlArgs;
using shardkv::ControlKind;
using shardkv::ProgramConfig;
using shardkv::Role;
using sim::Verdict;

// With the controller's servers up and connected, what one call of its clerk may take.
constexpr absl::Duration kLongestControl = absl::Seconds(20);

int MachinesOf(const ShardCluster::Options& options) {
  return 3 + options.groups * options.servers + options.controls + options.clients + 1;
}

const char* NameOf(ControlKind kind) {
  switch (kind) {
    case ControlKind::kJoin:
      return "Join";
    case ControlKind::kLeave:
      return "Leave";
    case ControlKind::kMove:
      return "Move";
    case ControlKind::kQuery:
      return "Query";
  }
  return "?";
}

}  // namespace

ShardCluster::ShardCluster(sim::World& world, const Options& options)
    : KvClients(options.clients), options_(options), machines_(world, MachinesOf(options)) {
  ProgramConfig config{.role = Role::kController, .shards = options.shards};
  config.peers.resize(kControllers);
  std::iota(config.peers.begin(), config.peers.end(), 0);
  config.controllers = config.peers;
  controller_ =
      std::make_unique<Cluster>(machines_, 0,
                                Cluster::Options{.name = "the controller",
                                                 .servers = kControllers,
                                                 .reliable = options.reliable,
                                                 .service_config = labgob::Encode(config)});
  config.role = Role::kGroup;
  config.max_raft_state = options.max_raft_state;
  for (int group = 0; group < options.groups; ++group) {
    config.peers = NodesOf(group);
    config.gid = GidOf(group);
    auto events = [this, first = FirstNodeOf(group)](int server, const std::string& event,
                                                     const std::string& bytes) {
      HandleEvent(first + server, event, bytes);
    };
    groups_.push_back(
        std::make_unique<Cluster>(machines_, FirstNodeOf(group),
                                  Cluster::Options{.name = absl::StrCat("group ", config.gid),
                                                   .servers = options.servers,
                                                   .reliable = options.reliable,
                                                   .service_config = labgob::Encode(config),
                                                   .service_event = std::move(events)}));
  }
  for (int control = 0; control < options.controls; ++control) BootControl(ControlNode(control));
  machines_.SetWatch(
      [this](const labrpc::Call& call, bool arrived) { HandleMessage(call, arrived); });
  BeginHistory();
}

ShardCluster::~ShardCluster() {
  Audit();
  EndHistory();
}

std::vector<int> ShardCluster::NodesOf(int group) const {
  std::vector<int> nodes(static_cast<size_t>(options_.servers));
  std::iota(nodes.begin(), nodes.end(), FirstNodeOf(group));
  return nodes;
}

std::vector<int> ShardCluster::ShuffledControllers() {
  std::vector<int> nodes(kControllers);
  std::iota(nodes.begin(), nodes.end(), 0);
  for (size_t i = nodes.size(); i > 1; --i) {
    std::swap(nodes[i - 1], nodes[chance().Choose(i, "clerk-order")]);
  }
  return nodes;
}

std::string ShardCluster::ClerkConfig() {
  return labgob::Encode(ProgramConfig{
      .role = Role::kShardClerk, .shards = options_.shards, .controllers = ShuffledControllers()});
}

std::vector<Cluster::Fault> ShardCluster::AllFaults() {
  std::vector<Cluster::Fault> all;
  const auto add = [&all](const Cluster& cluster, const std::string& name) {
    for (Cluster::Fault fault : cluster.faults()) {
      fault.name = absl::StrCat(name, " ", fault.name);
      all.push_back(std::move(fault));
    }
  };
  add(*controller_, "controller");
  for (int group = 0; group < groups(); ++group) {
    add(this->group(group), absl::StrCat("group ", GidOf(group)));
  }
  return all;
}

void ShardCluster::Fail(Verdict verdict, std::string message) {
  sim::Fail(verdict, std::move(message));
}

// ---- The controller. ----

void ShardCluster::BootControl(sim::NodeId node) {
  const ProgramConfig clerk{
      .role = Role::kCtrlClerk, .shards = options_.shards, .controllers = ShuffledControllers()};
  controller_->world().Boot(node, kControllers, labgob::Encode(clerk));
}

Config ShardCluster::Control(int control, const ControlArgs& args) {
  if (args.kind != ControlKind::kQuery) owners_.ChangeBegins(controller_->world().now());
  Config config = AskClerk(ControlNode(control), args);
  if (args.kind == ControlKind::kQuery) configs_.Published(config);
  return config;
}

Config ShardCluster::AskClerk(sim::NodeId node, const ControlArgs& args) {
  sim::World& world = controller_->world();
  world.trace().Record(world.now(), node, sim::Topic::kCmnd,
                       {static_cast<int64_t>(args.kind), args.number}, "", [&args] {
                         const auto text = labgob::Describe(labgob::Encode(args));
                         return absl::StrCat(NameOf(args.kind), " ", text.ok() ? *text : "");
                       });
  const auto answer = network().Ask(node, "Judge.Control", labgob::Encode(args), kLongestControl);
  if (!answer.has_value()) {
    controller_->Fail(
        Verdict::kLiveness,
        absl::StrFormat("a %s has not returned after %s, though a majority of the controller's "
                        "servers is up and connected",
                        NameOf(args.kind), absl::FormatDuration(kLongestControl)));
  }
  auto reply = labgob::Decode<shardkv::ControlReply>(*answer);
  if (!reply.ok()) {
    Fail(
        Verdict::kContract,
        absl::StrFormat("a clerk of the controller reports in bytes that cannot be read (%s); only "
                        "the given shardkv/program.cc may report to the tests",
                        reply.status().message()));
  }
  if (args.kind == ControlKind::kQuery && std::ssize(reply->config.shards) != options_.shards) {
    controller_->Fail(
        Verdict::kContract,
        absl::StrFormat("a Query returned a configuration of %d shards; there are %d, in each "
                        "configuration, also if they are nobody's. Write the clerk first "
                        "(shardkv/ctrl_clerk.cc), then the service (shardkv/ctrl_server.cc)",
                        reply->config.shards.size(), options_.shards));
  }
  return std::move(reply->config);
}

void ShardCluster::Join(const std::vector<int>& groups, int control) {
  shardkv::Groups joining;
  for (const int group : groups) joining[GidOf(group)] = NodesOf(group);
  JoinGids(joining, control);
}

void ShardCluster::Leave(const std::vector<int>& groups, int control) {
  std::vector<Gid> gids;
  for (const int group : groups) gids.push_back(GidOf(group));
  LeaveGids(gids, control);
}

void ShardCluster::JoinGids(const shardkv::Groups& groups, int control) {
  ControlArgs args;
  args.kind = ControlKind::kJoin;
  args.groups = groups;
  Control(control, args);
}

void ShardCluster::LeaveGids(const std::vector<Gid>& gids, int control) {
  ControlArgs args;
  args.kind = ControlKind::kLeave;
  args.gids = gids;
  Control(control, args);
}

void ShardCluster::Move(int64_t shard, Gid gid, int control) {
  ControlArgs args;
  args.kind = ControlKind::kMove;
  args.shard = shard;
  args.gid = gid;
  Control(control, args);
}

Config ShardCluster::Query(int64_t number, int control) {
  ControlArgs args;
  args.kind = ControlKind::kQuery;
  args.number = number;
  return Control(control, args);
}

// ---- What the oracles see. ----

Gid ShardCluster::GidOfNode(sim::NodeId node) const {
  for (int group = 0; group < groups(); ++group) {
    if (node >= FirstNodeOf(group) && node < FirstNodeOf(group + 1)) return GidOf(group);
  }
  return shardkv::kNobody;
}

void ShardCluster::HandleEvent(sim::NodeId node, const std::string& event,
                               const std::string& bytes) {
  sim::World& world = controller_->world();
  if (event == "boot") configs_.Booted(node, !world.disk(node).snapshot.empty());
  if (event == "apply") {
    const auto msg = labgob::Decode<raft::ApplyMsg>(bytes);
    if (msg.ok() && msg->kind == raft::ApplyMsg::Kind::kSnapshot) configs_.LoadedSnapshot(node);
  }
  if (event != "adopt") return;
  const auto config = labgob::Decode<Config>(bytes);
  if (!config.ok()) {
    Fail(Verdict::kContract,
         absl::StrFormat("n%d reports a configuration in bytes that cannot be read (%s); only the "
                         "given shardkv/config.cc may report to the tests",
                         node, config.status().message()));
  }
  world.trace().Record(world.now(), node, sim::Topic::kAply, {config->number}, bytes,
                       [&] { return absl::StrCat("adopts ", Shown(*config)); });
  configs_.Adopted(node, *config);
}

void ShardCluster::HandleMessage(const labrpc::Call& call, bool arrived) {
  const int client = call.from - NodeOf(0);
  if (client < 0 || client >= clients()) return;
  const Gid gid = GidOfNode(call.to);
  if (gid != shardkv::kNobody) owners_.Sees(client, gid, call, arrived);
}

void ShardCluster::Returns(int client, const std::string& key) {
  owners_.Returns(client, key, controller_->world().now());
}

void ShardCluster::Audit() {
  network().Hold({});
  controller_->HealAll();
  BootControl(AuditorNode());
  const auto query = [this](int64_t number) {
    ControlArgs args;
    args.number = number;
    return AskClerk(AuditorNode(), args);
  };
  const Config newest = query(-1);
  if (newest.number > owners_.changes()) {
    Fail(Verdict::kLinearizability,
         absl::StrFormat("the newest configuration is %d, and %d changes were asked for: a call "
                         "that is asked for again is to be carried out once; %s",
                         newest.number, owners_.changes(), Shown(newest)));
  }
  std::vector<Config> configs;
  for (int64_t number = 0; number <= newest.number; ++number) configs.push_back(query(number));
  configs_.CheckAll(configs);
  if (auto wrong = owners_.FindWrongOwner(configs)) Fail(Verdict::kSafety, *std::move(wrong));
}

// ---- Faults and claims. ----

void ShardCluster::CrashGroup(int number) {
  Cluster& servers = group(number);
  for (int server = 0; server < servers.size(); ++server) servers.Crash(server);
}

void ShardCluster::RestartGroup(int number) {
  Cluster& servers = group(number);
  for (int server = 0; server < servers.size(); ++server) servers.RestartAndConnect(server);
}

void ShardCluster::CheckLogSizes() {
  const int64_t limit = options_.max_raft_state;
  for (int number = 0; number < groups(); ++number) {
    Cluster& servers = group(number);
    if (limit > 0 && servers.LogSize() > 8 * limit) {
      servers.Fail(Verdict::kBudget,
                   absl::StrFormat("a server's Raft has saved %d bytes; with a limit of %d the log "
                                   "is to be compacted before it has %d",
                                   servers.LogSize(), limit, 8 * limit));
    }
    for (int server = 0; limit == 0 && server < servers.size(); ++server) {
      const size_t size = servers.world().disk(servers.NodeOf(server)).snapshot.size();
      if (size == 0) continue;
      servers.Fail(
          Verdict::kBudget,
          absl::StrFormat("n%d has a snapshot of %d bytes, though it was told to make none", server,
                          size));
    }
  }
}

int64_t ShardCluster::StoredBytes() {
  int64_t bytes = 0;
  for (int number = 0; number < groups(); ++number) {
    for (const int node : NodesOf(number)) {
      const sim::Disk& disk = controller_->world().disk(node);
      bytes += static_cast<int64_t>(disk.state.size() + disk.snapshot.size());
    }
  }
  return bytes;
}

}  // namespace tests
