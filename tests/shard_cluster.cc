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
constexpr absl::Duration kLongerThanAnyRun = absl::Seconds(1000);

constexpr KvClients::Words kWords = {
    .clerk = "shardkv/shard_clerk.cc",
    .server = "shardkv/shard_server.cc",
    .program = "shardkv/program.cc",
    .if_late =
        "Which group has the key's shard, and is its data there? Does whoever leads a group "
        "take up each move that is not done, and does the clerk ask the controller again "
        "when a group refuses, or nobody in it answers?"};

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

ControlArgs MoveArgs(int64_t shard, Gid gid) {
  ControlArgs args;
  args.kind = ControlKind::kMove;
  args.shard = shard;
  args.gid = gid;
  return args;
}

}  // namespace

int ShardCluster::SizeOf(const Options& options, int group) {
  const auto index = static_cast<size_t>(group);
  return index < options.sizes.size() ? options.sizes[index] : 3;
}

int ShardCluster::MachinesOf(const Options& options) {
  int count = kControllers + options.controls + options.clients + 1;
  for (int group = 0; group < options.groups; ++group) count += SizeOf(options, group);
  return options.misled > 0 ? count + 1 + kControllers : count;
}

ShardCluster::ShardCluster(sim::World& world, const Options& options)
    : KvClients(options.clients, kWords), options_(options), machines_(world, MachinesOf(options)) {
  controller_ = MakeController("the controller", 0);
  ProgramConfig config{.role = Role::kGroup,
                       .shards = options.shards,
                       .max_raft_state = options.max_raft_state,
                       .slowest_save_micros = absl::ToInt64Microseconds(options.slowest_save)};
  config.controllers.resize(kControllers);
  std::iota(config.controllers.begin(), config.controllers.end(), 0);
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
                                                   .servers = SizeOf(options, group),
                                                   .reliable = options.reliable,
                                                   .service_config = labgob::Encode(config),
                                                   .service_event = std::move(events)}));
  }
  if (IsMisled()) other_controller_ = MakeController("the other controller", OtherController());
  for (int control = 0; control < options.controls + IsMisled(); ++control) {
    BootControl(ControlNode(control));
  }
  machines_.SetWatch(
      [this](const labrpc::Call& call, bool arrived) { HandleMessage(call, arrived); });
  BeginHistory();
}

ShardCluster::~ShardCluster() {
  Audit();
  EndHistory();
}

std::unique_ptr<Cluster> ShardCluster::MakeController(const std::string& name, sim::NodeId first) {
  ProgramConfig config{.role = Role::kController, .shards = options_.shards};
  config.peers.resize(kControllers);
  std::iota(config.peers.begin(), config.peers.end(), first);
  config.controllers = config.peers;
  return std::make_unique<Cluster>(machines_, first,
                                   Cluster::Options{.name = name,
                                                    .servers = kControllers,
                                                    .reliable = options_.reliable,
                                                    .service_config = labgob::Encode(config)});
}

void ShardCluster::BootControl(sim::NodeId node) {
  const sim::NodeId first =
      IsMisled() && node == ControlNode(MisledControl()) ? OtherController() : 0;
  const ProgramConfig clerk{.role = Role::kCtrlClerk,
                            .shards = options_.shards,
                            .controllers = ShuffledControllers(first)};
  machines_.world().Boot(node, kControllers, labgob::Encode(clerk));
}

sim::NodeId ShardCluster::FirstNodeOf(int group) const {
  sim::NodeId node = kControllers;
  for (int before = 0; before < group; ++before) node += SizeOf(options_, before);
  return node;
}

int ShardCluster::GroupOf(sim::NodeId node) const {
  for (int group = 0; group < groups(); ++group) {
    if (node >= FirstNodeOf(group) && node < FirstNodeOf(group + 1)) return group;
  }
  return -1;
}

std::vector<int> ShardCluster::NodesOf(int group) const {
  std::vector<int> nodes(static_cast<size_t>(SizeOf(options_, group)));
  std::iota(nodes.begin(), nodes.end(), FirstNodeOf(group));
  return nodes;
}

std::vector<int> ShardCluster::ShuffledControllers(sim::NodeId first) {
  std::vector<int> nodes(kControllers);
  std::iota(nodes.begin(), nodes.end(), first);
  for (size_t i = nodes.size(); i > 1; --i) {
    std::swap(nodes[i - 1], nodes[chance().Choose(i, "clerk-order")]);
  }
  return nodes;
}

void ShardCluster::BootClerk(int client) {
  const bool is_misled = client >= options_.clients - options_.misled;
  const ProgramConfig clerk{.role = Role::kShardClerk,
                            .shards = options_.shards,
                            .controllers = ShuffledControllers(is_misled ? OtherController() : 0)};
  world().Boot(NodeOf(client), kControllers, labgob::Encode(clerk));
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

std::vector<std::string> ShardCluster::DescribeServers() {
  std::vector<std::string> lines;
  const auto add = [&lines](const Cluster& servers, const std::string& name) {
    for (const std::string& line : servers.DescribeServers()) {
      lines.push_back(absl::StrCat(name, ", ", line));
    }
  };
  add(*controller_, "the controller");
  for (int number = 0; number < groups(); ++number) {
    add(group(number), absl::StrCat("group ", GidOf(number)));
  }
  return lines;
}

// ---- The controller. ----

std::optional<Config> ShardCluster::AskClerk(sim::NodeId node, const ControlArgs& args,
                                             absl::Duration limit) {
  sim::World& world = controller_->world();
  world.trace().Record(world.now(), node, sim::Topic::kCmnd,
                       {static_cast<int64_t>(args.kind), args.number}, "", [&args] {
                         const auto text = labgob::Describe(labgob::Encode(args));
                         return absl::StrCat(NameOf(args.kind), " ", text.ok() ? *text : "");
                       });
  const auto answer = network().Ask(node, "Judge.Control", labgob::Encode(args), limit);
  if (!answer.has_value()) return std::nullopt;
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

std::optional<Config> ShardCluster::Control(int control, const ControlArgs& args,
                                            absl::Duration limit) {
  if (control == MisledControl()) return AskClerk(ControlNode(control), args, limit);
  const bool is_query = args.kind == ControlKind::kQuery;
  if (!is_query) owners_.ChangeBegins(controller_->world().now());
  std::optional<Config> config = AskClerk(ControlNode(control), args, limit);
  if (is_query && config.has_value()) {
    CheckNumber(*config);
    configs_.Published(*config);
  }
  return config;
}

void ShardCluster::CheckNumber(const Config& config) {
  if (config.number >= 0 && config.number <= owners_.changes()) return;
  Fail(Verdict::kLinearizability,
       absl::StrFormat("a Query returned configuration %d, and %d changes were asked for: a call "
                       "that is asked for again is to be carried out once; %s",
                       config.number, owners_.changes(), Shown(config)));
}

std::optional<Config> ShardCluster::Control(int control, const ControlArgs& args) {
  return Control(control, args, kLongerThanAnyRun);
}

Config ShardCluster::ControlNow(int control, const ControlArgs& args) {
  std::optional<Config> config = Control(control, args, kLongestControl);
  if (!config.has_value()) FailForLateness(args.kind);
  return *std::move(config);
}

Config ShardCluster::AskClerkNow(sim::NodeId node, const ControlArgs& args) {
  std::optional<Config> config = AskClerk(node, args, kLongestControl);
  if (!config.has_value()) FailForLateness(args.kind);
  return *std::move(config);
}

void ShardCluster::FailForLateness(ControlKind kind) {
  controller_->Fail(
      Verdict::kLiveness,
      absl::StrFormat("a %s has not returned after %s, though a majority of the controller's "
                      "servers is up and connected",
                      NameOf(kind), absl::FormatDuration(kLongestControl)));
}

void ShardCluster::NewControl(int control) {
  machines_.world().Crash(ControlNode(control));
  network().NodeCrashed(ControlNode(control));
  BootControl(ControlNode(control));
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
  ControlNow(control, args);
}

void ShardCluster::LeaveGids(const std::vector<Gid>& gids, int control) {
  ControlArgs args;
  args.kind = ControlKind::kLeave;
  args.gids = gids;
  ControlNow(control, args);
}

void ShardCluster::Move(int64_t shard, Gid gid, int control) {
  ControlNow(control, MoveArgs(shard, gid));
}

std::optional<Config> ShardCluster::TryMove(int64_t shard, Gid gid, int control) {
  return Control(control, MoveArgs(shard, gid));
}

Config ShardCluster::Query(int64_t number, int control) {
  ControlArgs args;
  args.kind = ControlKind::kQuery;
  args.number = number;
  return ControlNow(control, args);
}

// ---- What the oracles see. ----

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
  const int group = GroupOf(call.to);
  if (group >= 0) owners_.Sees(client, GidOf(group), call, arrived);
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
    return AskClerkNow(AuditorNode(), args);
  };
  const Config newest = query(-1);
  CheckNumber(newest);
  std::vector<Config> configs;
  for (int64_t number = 0; number <= newest.number; ++number) configs.push_back(query(number));
  configs_.CheckAll(configs);
  if (auto wrong = owners_.FindWrongOwner(configs)) Fail(Verdict::kSafety, *std::move(wrong));
}

}  // namespace tests
