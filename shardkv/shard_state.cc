// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_state.h"

#include <algorithm>
#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"

namespace shardkv {

#if LAB_SOLUTION
ShardState::ShardState(Gid gid, size_t shards) : gid_(gid) {
  state_.config.shards.assign(shards, kNobody);
  state_.shards.resize(shards);
}

std::string ShardState::Apply(const std::string& bytes) {
  absl::StatusOr<ShardCommand> command = labgob::Decode<ShardCommand>(bytes);
  SIM_REQUIRE(command.ok(), "an entry of the log is no command");
  const MoveArgs& move = command->move;
  switch (command->kind) {
    case ShardCommand::Kind::kNothing:
      break;
    case ShardCommand::Kind::kKey:
      return labgob::Encode(ApplyKey(command->key));
    case ShardCommand::Kind::kAdopt:
      Adopt(command->config);
      break;
    case ShardCommand::Kind::kInstall:
      if (Shard* shard = Find(move, Phase::kAwaited)) {
        shard->phase = Phase::kUnconfirmed;
        shard->data = std::move(command->data);
      }
      break;
    case ShardCommand::Kind::kDrop:
      if (Shard* shard = Find(move, Phase::kLeaving)) {
        shard->phase = Phase::kAbsent;
        shard->data = {};
      }
      break;
    case ShardCommand::Kind::kConfirm:
      if (Shard* shard = Find(move, Phase::kUnconfirmed)) shard->phase = Phase::kServing;
      break;
  }
  return "";
}

KeyReply ShardState::ApplyKey(const KeyArgs& args) {
  const size_t shard = ShardOf(args.key, state_.shards.size());
  if (!IsServed(shard)) return {.error = ShardError::kWrongGroup};
  ShardData& data = state_.shards[shard].data;
  if (args.operation == KeyOperation::kGet) {
    const auto it = data.values.find(args.key);
    return {.error = ShardError::kOk, .value = it != data.values.end() ? it->second : ""};
  }
  int64_t& last = data.last_sequence[args.client_id];
  if (args.sequence > last) {  // if not, a clerk that had no answer has asked again
    last = args.sequence;
    std::string& value = data.values[args.key];
    if (args.operation == KeyOperation::kPut) value.clear();
    value += args.value;
  }
  return {.error = ShardError::kOk};
}

void ShardState::Adopt(const Config& config) {
  if (config.number != state_.config.number + 1 || !IsSettled()) return;
  state_.config = config;
  ReportAdopted(config);
  for (size_t i = 0; i < state_.shards.size(); ++i) {
    Shard& shard = state_.shards[i];
    const Gid before = shard.owner;
    const Gid now = config.shards[i];
    const auto group = config.groups.find(now);
    if (now == before || group == config.groups.end()) continue;  // nobody's is no group
    if (now == gid_) shard.phase = before == kNobody ? Phase::kServing : Phase::kAwaited;
    if (before == gid_) shard.phase = Phase::kLeaving;
    shard.owner = now;
    shard.source = std::exchange(shard.servers, group->second);
  }
}

Shard* ShardState::Find(const MoveArgs& move, Phase phase) {
  Shard& shard = state_.shards.at(static_cast<size_t>(move.shard));
  return move.number == state_.config.number && shard.phase == phase ? &shard : nullptr;
}

bool ShardState::IsSettled() const {
  return std::ranges::all_of(state_.shards, &Shard::is_settled);
}

bool ShardState::IsServed(size_t shard) const {
  const Phase phase = state_.shards[shard].phase;
  return state_.config.shards[shard] == gid_ &&
         (phase == Phase::kServing || phase == Phase::kUnconfirmed);
}

std::string ShardState::Save() const { return labgob::Encode(state_); }

void ShardState::Load(const std::string& snapshot) {
  absl::StatusOr<State> state = labgob::Decode<State>(snapshot);
  SIM_REQUIRE(state.ok(), "the snapshot is none of this service's");
  state_ = *std::move(state);
}
#endif

}  // namespace shardkv
