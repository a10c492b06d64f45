// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/server.h"

#include <optional>
#include <utility>
#include <vector>

#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "raft/raft.h"
#include "sim/check.h"

namespace raft {
namespace {

// A server lives until its machine loses power, so it is never deleted.
class Server {
 public:
  Server(const sim::BootImage& image, const ServerConfig& config)
      : config_(config),
        persister_(image.state, image.snapshot, absl::Microseconds(config.slowest_save_micros)),
        raft_(Peers(image.servers), image.node, &persister_, &apply_channel_) {
    labrpc::Service judge("Judge");
    judge.Handle<StartArgs>("Start", [this](const StartArgs& args) {
      const Raft::StartResult result = raft_.Start(args.command);
      return StartReply{.is_leader = result.is_leader, .index = result.index, .term = result.term};
    });
    judge.Handle<GetStateArgs>("GetState", [this](const GetStateArgs&) {
      const Raft::State state = raft_.GetState();
      return GetStateReply{.term = state.term, .is_leader = state.is_leader};
    });
    judge.Handle<SnapshotArgs>("Snapshot", [this](const SnapshotArgs& args) {
      snapshot_ = args;
      snapshot_came_.WakeAll();
      return SnapshotReply{};
    });
    labrpc::Serve(judge);
  }

  // Snapshots as a service would: between two receives, which tell the judge what is applied.
  void ReceiveApplied() {
    while (std::optional<ApplyMsg> applied = apply_channel_.Receive()) {
      const bool snapshot_due = config_.snapshot_interval > 0 &&
                                applied->kind != ApplyMsg::Kind::kSnapshot &&
                                (applied->index + 1) % config_.snapshot_interval == 0;
      if (!snapshot_due) continue;
      while (!snapshot_.has_value()) {
        snapshot_came_.Wait(sim::WaitKind::kJudge, {__FILE__, __LINE__});
      }
      SnapshotArgs snapshot = *std::exchange(snapshot_, std::nullopt);
      raft_.Snapshot(snapshot.index, std::move(snapshot.snapshot));
    }
  }

 private:
  static std::vector<labrpc::ClientEnd> Peers(int servers) {
    std::vector<labrpc::ClientEnd> peers;
    for (int server = 0; server < servers; ++server) peers.emplace_back(server);
    return peers;
  }

  const ServerConfig config_;
  Persister persister_;
  ApplyChannel apply_channel_;
  std::optional<SnapshotArgs> snapshot_;
  sim::WaitQueue snapshot_came_;
  Raft raft_;
};

}  // namespace

void RunServer(const sim::BootImage& image) {
  absl::StatusOr<ServerConfig> config = labgob::Decode<ServerConfig>(image.config);
  SIM_CHECK(config.ok(), "the boot image has no configuration");
  auto* server = new Server(image, *config);
  sim::Go("service", [server] { server->ReceiveApplied(); });
}

}  // namespace raft

// How the node host finds the program in the shared object that it is built into
// (sim/node_process.h).
extern "C" __attribute__((visibility("default"))) void raftlab_program(
    const sim::BootImage& image) {
  raft::RunServer(image);
}
