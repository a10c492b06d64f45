// Part of Raftlab, under the MIT License (see LICENSE).
//
// A server of a replica group that serves some of the shards. What the group's servers agree on is
// in shard_state.h; here is what its leader does about it: it asks the controller for the next
// configuration, fetches shards from their old owners, and tells those when to delete them. All
// three only propose commands. Whoever leads next goes on from the same state, and what is proposed
// twice does nothing the second time.

#ifndef RAFTLAB_SHARDKV_SHARD_SERVER_H_
#define RAFTLAB_SHARDKV_SHARD_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
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
  // A server of the group `gid`, on its Raft. There are so many shards; the controller's servers
  // are `controllers`. Has Raft compact its log when the state that Raft saves has grown to
  // `max_raft_state` bytes; 0: never. All pointers outlive it. It must return at once.
  ShardServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
              int64_t max_raft_state, Gid gid, size_t shards,
              std::vector<labrpc::ClientEnd> controllers);
  ShardServer(const ShardServer&) = delete;
  ShardServer& operator=(const ShardServer&) = delete;

  // What clerks call.
  KeyReply Do(const KeyArgs& args);
#if LAB_SOLUTION

  // What the new owner of a shard calls.
  PullReply Pull(const MoveArgs& args);
  DropReply Drop(const MoveArgs& args);
#endif

 private:
#if LAB_SOLUTION
  // The leader's fibers; both look now and then, for ever.
  void FollowConfigs();
  void MoveShards();

  // Takes one step with a shard that is under way: fetches it, or has it deleted where it was.
  void MoveOne(int64_t shard);
  void Fetch(const MoveArgs& move, const std::vector<int>& source);
  void HaveDeleted(const MoveArgs& move, const std::vector<int>& source);
  bool Propose(const ShardCommand& command);

  raft::Raft* const raft_;
  CtrlClerk controller_;
  ShardState state_ ABSL_GUARDED_BY(replica_.mu);
  Replica replica_;
  std::vector<bool> moving_;  // by shard: a fiber is at it
#endif
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_SERVER_H_
