// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/program.h"

#include <algorithm>
#include <utility>

#include "kvraft/program.h"
#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "raft/server.h"
#include "shardkv/ctrl_clerk.h"
#include "shardkv/ctrl_server.h"
#include "shardkv/shard_clerk.h"
#include "shardkv/shard_server.h"
#include "sim/check.h"

namespace shardkv {
namespace {

std::vector<labrpc::ClientEnd> Ends(const std::vector<int>& machines) {
  std::vector<labrpc::ClientEnd> ends;
  for (const int machine : machines) ends.emplace_back(machine);
  return ends;
}

// All of these live until their machine loses power, so they are never deleted.

class Replicated {
 public:
  Replicated(const sim::BootImage& image, const ProgramConfig& config)
      : persister(image.state, image.snapshot, absl::Microseconds(config.slowest_save_micros)),
        raft(Ends(config.peers), IndexOf(image.node, config.peers), &persister, &apply_channel) {
    labrpc::Service judge("Judge");
    judge.Handle<raft::GetStateArgs>("GetState", [this](const raft::GetStateArgs&) {
      const raft::Raft::State state = raft.GetState();
      return raft::GetStateReply{.term = state.term, .is_leader = state.is_leader};
    });
    labrpc::Serve(judge);
  }

  raft::Persister persister;
  raft::ApplyChannel apply_channel;
  raft::Raft raft;

 private:
  static int IndexOf(int node, const std::vector<int>& peers) {
    return static_cast<int>(std::ranges::find(peers, node) - peers.begin());
  }
};

struct Controller {
  Controller(const sim::BootImage& image, const ProgramConfig& config)
      : replicated(image, config),
        server(&replicated.raft, &replicated.persister, &replicated.apply_channel,
               static_cast<size_t>(config.shards)) {}
  Replicated replicated;
  CtrlServer server;
};

struct GroupServer {
  GroupServer(const sim::BootImage& image, const ProgramConfig& config)
      : replicated(image, config),
        server(&replicated.raft, &replicated.persister, &replicated.apply_channel,
               config.max_raft_state, config.gid, static_cast<size_t>(config.shards),
               Ends(config.controllers)) {}
  Replicated replicated;
  ShardServer server;
};

class CtrlClient {
 public:
  explicit CtrlClient(const ProgramConfig& config) : clerk_(Ends(config.controllers)) {
    labrpc::Service judge("Judge");
    judge.Handle<ControlArgs>("Control", [this](const ControlArgs& args) { return Control(args); });
    labrpc::Serve(judge);
  }

 private:
  ControlReply Control(const ControlArgs& args) {
    switch (args.kind) {
      case ControlKind::kJoin:
        clerk_.Join(args.groups);
        break;
      case ControlKind::kLeave:
        clerk_.Leave(args.gids);
        break;
      case ControlKind::kMove:
        clerk_.Move(args.shard, args.gid);
        break;
      case ControlKind::kQuery:
        return {.config = clerk_.Query(args.number)};
    }
    return {};
  }

  CtrlClerk clerk_;
};

class ShardClient {
 public:
  explicit ShardClient(const ProgramConfig& config) : clerk_(Ends(config.controllers)) {
    labrpc::Service judge("Judge");
    judge.Handle<kvraft::OperateArgs>(
        "Operate", [this](const kvraft::OperateArgs& args) { return Operate(args); });
    labrpc::Serve(judge);
  }

 private:
  kvraft::OperateReply Operate(const kvraft::OperateArgs& args) {
    switch (args.kind) {
      case kvraft::OperationKind::kGet:
        return {.value = clerk_.Get(args.key)};
      case kvraft::OperationKind::kPut:
        clerk_.Put(args.key, args.value);
        break;
      case kvraft::OperationKind::kAppend:
        clerk_.Append(args.key, args.value);
        break;
    }
    return {};
  }

  ShardClerk clerk_;
};

}  // namespace

void RunProgram(const sim::BootImage& image) {
  absl::StatusOr<ProgramConfig> config = labgob::Decode<ProgramConfig>(image.config);
  SIM_CHECK(config.ok(), "the boot image has no configuration");
  switch (config->role) {
    case Role::kController:
      new Controller(image, *config);
      break;
    case Role::kGroup:
      new GroupServer(image, *config);
      break;
    case Role::kCtrlClerk:
      new CtrlClient(*config);
      break;
    case Role::kShardClerk:
      new ShardClient(*config);
      break;
  }
}

}  // namespace shardkv

// How the node host finds the program in the shared object that it is built into
// (sim/node_process.h).
extern "C" __attribute__((visibility("default"))) void raftlab_program(
    const sim::BootImage& image) {
  shardkv::RunProgram(image);
}
