// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/program.h"

#include <utility>

#include "kvraft/clerk.h"
#include "kvraft/kv_server.h"
#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "raft/server.h"
#include "sim/check.h"

namespace kvraft {
namespace {

std::vector<labrpc::ClientEnd> Ends(const std::vector<int>& servers) {
  std::vector<labrpc::ClientEnd> ends;
  for (const int server : servers) ends.emplace_back(server);
  return ends;
}

std::vector<labrpc::ClientEnd> AllEnds(int servers) {
  std::vector<labrpc::ClientEnd> ends;
  for (int server = 0; server < servers; ++server) ends.emplace_back(server);
  return ends;
}

// Both live until their machine loses power, so they are never deleted.

class Server {
 public:
  Server(const sim::BootImage& image, const ProgramConfig& config)
      : persister_(image.state, image.snapshot, absl::Microseconds(config.slowest_save_micros)),
        raft_(AllEnds(image.servers), image.node, &persister_, &apply_channel_),
        kv_server_(&raft_, &persister_, &apply_channel_, config.max_raft_state) {
    labrpc::Service judge("Judge");
    judge.Handle<raft::GetStateArgs>("GetState", [this](const raft::GetStateArgs&) {
      const raft::Raft::State state = raft_.GetState();
      return raft::GetStateReply{.term = state.term, .is_leader = state.is_leader};
    });
    labrpc::Serve(judge);
  }

 private:
  raft::Persister persister_;
  raft::ApplyChannel apply_channel_;
  raft::Raft raft_;
  KvServer kv_server_;
};

class Client {
 public:
  explicit Client(const ProgramConfig& config) : clerk_(Ends(config.servers)) {
    labrpc::Service judge("Judge");
    judge.Handle<OperateArgs>("Operate", [this](const OperateArgs& args) { return Operate(args); });
    labrpc::Serve(judge);
  }

 private:
  OperateReply Operate(const OperateArgs& args) {
    switch (args.kind) {
      case OperationKind::kGet:
        return {.value = clerk_.Get(args.key)};
      case OperationKind::kPut:
        clerk_.Put(args.key, args.value);
        return {};
      case OperationKind::kAppend:
        clerk_.Append(args.key, args.value);
        return {};
    }
    return {};
  }

  Clerk clerk_;
};

}  // namespace

void RunProgram(const sim::BootImage& image) {
  absl::StatusOr<ProgramConfig> config = labgob::Decode<ProgramConfig>(image.config);
  SIM_CHECK(config.ok(), "the boot image has no configuration");
  if (image.node < image.servers) {
    new Server(image, *config);
  } else {
    new Client(*config);
  }
}

}  // namespace kvraft

// How the node host finds the program in the shared object that it is built into
// (sim/node_process.h).
extern "C" __attribute__((visibility("default"))) void raftlab_program(
    const sim::BootImage& image) {
  kvraft::RunProgram(image);
}
