// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/ctrl_server.h"

#include <optional>
#include <utility>

#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "shardkv/balance.h"
#include "sim/check.h"

namespace shardkv {

#if LAB_SOLUTION
Configs::Configs(size_t shards) {
  state_.configs = {{.number = 0, .shards = std::vector<Gid>(shards, kNobody), .groups = {}}};
}

std::string Configs::Apply(const std::string& command) {
  const absl::StatusOr<CtrlArgs> args = labgob::Decode<CtrlArgs>(command);
  SIM_REQUIRE(args.ok(), "an entry of the log is no command");
  if (args->operation == CtrlOperation::kQuery) return labgob::Encode(Find(args->number));
  int64_t& last = state_.last_sequence[args->client_id];
  if (args->sequence > last) {  // if not, a clerk that had no answer has asked again
    last = args->sequence;
    state_.configs.push_back(Changed(*args));
  }
  return "";
}

Config Configs::Changed(const CtrlArgs& args) const {
  Config config = state_.configs.back();
  ++config.number;
  switch (args.operation) {
    case CtrlOperation::kJoin:
      for (const auto& [gid, servers] : args.groups) config.groups[gid] = servers;
      Balance(&config);
      break;
    case CtrlOperation::kLeave:
      for (const Gid gid : args.gids) config.groups.erase(gid);
      Balance(&config);
      break;
    case CtrlOperation::kMove:
      config.shards.at(static_cast<size_t>(args.shard)) = args.gid;
      break;
    case CtrlOperation::kQuery:
      break;
  }
  return config;
}

const Config& Configs::Find(int64_t number) const {
  const bool exists = number >= 0 && number < std::ssize(state_.configs);
  return exists ? state_.configs[static_cast<size_t>(number)] : state_.configs.back();
}

std::string Configs::Save() const { return labgob::Encode(state_); }

void Configs::Load(const std::string& snapshot) {
  absl::StatusOr<State> state = labgob::Decode<State>(snapshot);
  SIM_REQUIRE(state.ok(), "the snapshot is none of this service's");
  state_ = *std::move(state);
}

CtrlServer::CtrlServer(raft::Raft* raft, raft::Persister* persister,
                       raft::ApplyChannel* apply_channel, size_t shards)
    : configs_(shards), replica_(raft, persister, apply_channel, /*max_raft_state=*/0, &configs_) {
#else
CtrlServer::CtrlServer(raft::Raft*, raft::Persister*, raft::ApplyChannel*, size_t) {
  // Your code here (4A). What your KvServer of lab 3 does, with another state machine.
#endif
  labrpc::Service service("CtrlServer");
  service.Handle("Do", this, &CtrlServer::Do);
  labrpc::Serve(service);
}

CtrlReply CtrlServer::Do(const CtrlArgs& args) {
#if LAB_SOLUTION
  const std::optional<std::string> result = replica_.Execute(labgob::Encode(args));
  CtrlReply reply{.done = result.has_value(), .config = {}};
  if (reply.done && args.operation == CtrlOperation::kQuery) {
    absl::StatusOr<Config> config = labgob::Decode<Config>(*result);
    SIM_REQUIRE(config.ok(), "a Query returned no configuration");
    reply.config = *std::move(config);
  }
  return reply;
#else
  // Your code here (4A).
  return {};
#endif
}

}  // namespace shardkv
