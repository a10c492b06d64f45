// Part of Raftlab, under the MIT License (see LICENSE).
//
// A server of a group, with a fiber for each shard: its keeper. On a leader the keeper does what
// its cell's stage asks for (shard_state.h), and knows nothing of the other shards:
//
//   kComing   fetches the belongings from the old owner's servers
//   kGoing    asks the new owner's servers whether they have them, and then deletes them here
//   others    looks in the known configurations for the next that matters, and steps there
//
// So the old owner finds out by itself when to delete, and the new one, once it has the belongings,
// is free to give them to the next: a shard may have gone two groups further before the first of
// them has cleaned up. A dead group stops the shards that are with it, and no others.
//
// One more fiber gets the configurations from the controller, and makes a new leader's first entry,
// without which it would not learn what was committed before it (section 8).

#ifndef RAFTLAB_SHARDKV_SHARD_SERVER_H_
#define RAFTLAB_SHARDKV_SHARD_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "labrpc/labrpc.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_clerk.h"
#include "shardkv/replica.h"
#include "shardkv/shard_messages.h"
#include "shardkv/shard_state.h"

namespace shardkv {

class ShardServer {
 public:
  // See the skeleton.
  ShardServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
              int64_t max_raft_state, Gid gid, size_t shards,
              std::vector<labrpc::ClientEnd> controllers);
  ShardServer(const ShardServer&) = delete;
  ShardServer& operator=(const ShardServer&) = delete;

  // --- RPCs. What a cell says is for ever, so any server may answer the last two. ---

  DoReply Do(const DoArgs& args);
  FetchReply Fetch(const Handover& handover);
  ArrivedReply HasArrived(const Handover& handover);

 private:
  // The fiber of the configurations.
  void LearnConfigs();
  // The keeper of one shard.
  void Keep(int64_t shard);
  void GoOn(int64_t shard);
  void FetchFrom(const std::vector<int>& partners, const Handover& handover);
  void DeleteIfArrived(const std::vector<int>& partners, const Handover& handover);
  // True if the command has been run.
  bool Propose(const CellCommand& command);

  CtrlClerk controller_;  // of the fiber of the configurations
  Caller me_ ABSL_GUARDED_BY(log_.mu);
  Cells cells_ ABSL_GUARDED_BY(log_.mu);
  std::vector<Config> configs_ ABSL_GUARDED_BY(log_.mu);  // those that are known, from 0 on
  CommandLog log_;
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_SERVER_H_
