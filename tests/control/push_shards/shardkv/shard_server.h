// Part of Raftlab, under the MIT License (see LICENSE).
//
// A server of a group. Shards are pushed: whoever had a shard sends it to its new owner, again and
// again, until it gets a receipt, and only then throws it away.
//
//   old owner                                     new owner
//   journal: take up n, shard is outgoing         journal: take up n, shard is expected
//   "ShardServer.Receive" with the parcel   --->  journal: unpack
//   journal: discard                        <---  receipt
//
// The new owner knows of the parcel's coming from configuration n, and waits. It has nothing to ask
// for and nobody to thank, so no third message is needed: when a receipt is lost, the parcel comes
// once more, is old, and gets another.
//
// Fibers: "take up" follows the controller; "ship" starts a fiber for each group that is to get
// something, unless one is under way. They act on a leader only.

#ifndef RAFTLAB_SHARDKV_SHARD_SERVER_H_
#define RAFTLAB_SHARDKV_SHARD_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
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
  // See the skeleton: the pointers stay valid, 0 bytes means no snapshots.
  ShardServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
              int64_t max_raft_state, Gid gid, size_t shards,
              std::vector<labrpc::ClientEnd> controllers);
  ShardServer(const ShardServer&) = delete;
  ShardServer& operator=(const ShardServer&) = delete;

  // The RPC of clerks.
  KeyResponse Ask(const KeyRequest& request);
  // The RPC of other groups. Any server may say that a parcel is old; only a leader can take one.
  Receipt Receive(const Parcel& parcel);

 private:
  // A GroupEntry into the journal; its result.
  std::optional<std::string> Enter(const GroupEntry& entry);

  // The two fibers.
  void FollowController();
  void Ship();
  // One parcel after the other to one group, as long as that takes them.
  void ShipTo(const Depot::Shipment& shipment);
  // Offers the parcel to each server; true if one gave a receipt.
  bool Deliver(const Parcel& parcel, const std::vector<int>& servers);

  CtrlClerk controller_;  // the first fiber's
  Depot depot_;           // under the journal's mutex
  Journal journal_;
  std::set<Gid> under_way_ ABSL_GUARDED_BY(journal_.mu);  // a fiber is shipping to them
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_SERVER_H_
