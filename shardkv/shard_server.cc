// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_server.h"

#include <optional>
#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"
#include "sim/sim.h"

namespace shardkv {

#if LAB_SOLUTION
namespace {

constexpr absl::Duration kConfigInterval = absl::Milliseconds(80);
constexpr absl::Duration kMoveInterval = absl::Milliseconds(40);

}  // namespace

ShardServer::ShardServer(raft::Raft* raft, raft::Persister* persister,
                         raft::ApplyChannel* apply_channel, int64_t max_raft_state, Gid gid,
                         size_t shards, std::vector<labrpc::ClientEnd> controllers)
    : raft_(raft),
      controller_(std::move(controllers)),
      state_(gid, shards),
      replica_(raft, persister, apply_channel, max_raft_state, &state_),
      moving_(shards) {
#else
ShardServer::ShardServer(raft::Raft*, raft::Persister*, raft::ApplyChannel*, int64_t, Gid, size_t,
                         std::vector<labrpc::ClientEnd>) {
  // Your code here (4B).
#endif
  labrpc::Service service("ShardServer");
  service.Handle("Do", this, &ShardServer::Do);
#if LAB_SOLUTION
  service.Handle("Pull", this, &ShardServer::Pull);
  service.Handle("Drop", this, &ShardServer::Drop);
#endif
  labrpc::Serve(service);
#if LAB_SOLUTION
  sim::Go("configurations", [this] { FollowConfigs(); });
  sim::Go("moves", [this] { MoveShards(); });
#endif
}

KeyReply ShardServer::Do(const KeyArgs& args) {
#if LAB_SOLUTION
  // Whether the shard is served is decided where the command is carried out: it may be lost on the
  // way there.
  const std::optional<std::string> result =
      replica_.Execute(labgob::Encode(ShardCommand{.kind = ShardCommand::Kind::kKey, .key = args}));
  if (!result.has_value()) return {.error = ShardError::kWrongLeader};
  absl::StatusOr<KeyReply> reply = labgob::Decode<KeyReply>(*result);
  SIM_REQUIRE(reply.ok(), "an operation returned no reply");
  return *std::move(reply);
#else
  // Your code here (4B).
  return {};
#endif
}

#if LAB_SOLUTION
// A server that has adopted the configuration has the shard as it will be for ever, leader or not.
PullReply ShardServer::Pull(const MoveArgs& args) {
  sim::MutexLock lock(&replica_.mu);
  const bool ready =
      state_.number() == args.number && state_.shard(args.shard).phase == Phase::kLeaving;
  if (!ready) return {};
  return {.ready = true, .data = state_.shard(args.shard).data};
}

DropReply ShardServer::Drop(const MoveArgs& args) {
  {
    sim::MutexLock lock(&replica_.mu);
    const int64_t number = state_.number();
    if (number < args.number) return {};
    const bool is_gone = number > args.number || state_.shard(args.shard).phase != Phase::kLeaving;
    if (is_gone) return {.done = true};
  }
  return {.done = Propose({.kind = ShardCommand::Kind::kDrop, .move = args})};
}

bool ShardServer::Propose(const ShardCommand& command) {
  return replica_.Execute(labgob::Encode(command)).has_value();
}

void ShardServer::FollowConfigs() {
  for (;; sim::SleepFor(kConfigInterval)) {
    if (!raft_->GetState().is_leader) continue;
    // A new leader's earlier entries are committed with the first of its own term (section 8). If
    // no client sends one, it has to.
    if (!replica_.LeadsUpToDate()) {
      Propose({.kind = ShardCommand::Kind::kNothing});
      continue;
    }
    int64_t next = 0;
    {
      sim::MutexLock lock(&replica_.mu);
      if (!state_.IsSettled()) continue;
      next = state_.number() + 1;
    }
    const Config config = controller_.Query(next);
    if (config.number != next) continue;
    Propose({.kind = ShardCommand::Kind::kAdopt, .config = config});
  }
}

void ShardServer::MoveShards() {
  for (;; sim::SleepFor(kMoveInterval)) {
    if (!raft_->GetState().is_leader) continue;
    std::vector<int64_t> under_way;
    {
      sim::MutexLock lock(&replica_.mu);
      for (int64_t shard = 0; shard < std::ssize(moving_); ++shard) {
        const Phase phase = state_.shard(shard).phase;
        if (phase == Phase::kAwaited || phase == Phase::kUnconfirmed) under_way.push_back(shard);
      }
    }
    // Each on a fiber of its own: the owner of one may be down for long.
    for (const int64_t shard : under_way) {
      if (moving_[static_cast<size_t>(shard)]) continue;
      moving_[static_cast<size_t>(shard)] = true;
      sim::Go("move", [this, shard] {
        MoveOne(shard);
        moving_[static_cast<size_t>(shard)] = false;
      });
    }
  }
}

void ShardServer::MoveOne(int64_t shard) {
  MoveArgs move{.number = 0, .shard = shard};
  Phase phase;
  std::vector<int> from;
  {
    sim::MutexLock lock(&replica_.mu);
    move.number = state_.number();
    phase = state_.shard(shard).phase;
    from = state_.shard(shard).source;
  }
  if (phase == Phase::kAwaited) Fetch(move, from);
  if (phase == Phase::kUnconfirmed) HaveDeleted(move, from);
}

void ShardServer::Fetch(const MoveArgs& move, const std::vector<int>& source) {
  for (const int server : source) {
    auto reply = labrpc::ClientEnd(server).Call<PullReply>("ShardServer.Pull", move);
    if (!reply.has_value() || !reply->ready) continue;
    Propose({.kind = ShardCommand::Kind::kInstall, .move = move, .data = std::move(reply->data)});
    return;
  }
}

void ShardServer::HaveDeleted(const MoveArgs& move, const std::vector<int>& source) {
  for (const int server : source) {
    const auto reply = labrpc::ClientEnd(server).Call<DropReply>("ShardServer.Drop", move);
    if (!reply.has_value() || !reply->done) continue;
    Propose({.kind = ShardCommand::Kind::kConfirm, .move = move});
    return;
  }
}
#endif

}  // namespace shardkv
