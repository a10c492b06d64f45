// Part of Raftlab, under the MIT License (see LICENSE).
//
// The client library of the shard controller. As of lab 3's clerk: what it is asked for happens
// once, at one moment between call and return.

#ifndef RAFTLAB_SHARDKV_CTRL_CLERK_H_
#define RAFTLAB_SHARDKV_CTRL_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "labrpc/labrpc.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_messages.h"

namespace shardkv {

// One fiber at a time uses a clerk.
class CtrlClerk {
 public:
  // The controller's servers, in any order.
  explicit CtrlClerk(std::vector<labrpc::ClientEnd> servers);
  CtrlClerk(const CtrlClerk&) = delete;
  CtrlClerk& operator=(const CtrlClerk&) = delete;

  // Each returns when it is done, however long that takes. All but Query make a new configuration.

  // New groups come; every group then has as many shards as every other, or one more.
  void Join(const Groups& groups);
  // Groups go; their shards are given to the others.
  void Leave(const std::vector<Gid>& gids);
  // One shard goes to a group, whatever that does to the balance. The next Join or Leave balances
  // anew.
  void Move(int64_t shard, Gid gid);
  // The configuration of this number; -1, or a number that there is not yet: the newest.
  Config Query(int64_t number);

 private:
  Config Call(CtrlArgs args);

  const std::vector<labrpc::ClientEnd> servers_;
#if LAB_SOLUTION
  const int64_t client_id_;
  int64_t last_sequence_ = 0;
  size_t leader_ = 0;  // who has answered last
#endif
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_CLERK_H_
