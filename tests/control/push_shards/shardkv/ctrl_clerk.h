// Part of Raftlab, under the MIT License (see LICENSE).
//
// Talks to the shard controller.

#ifndef RAFTLAB_SHARDKV_CTRL_CLERK_H_
#define RAFTLAB_SHARDKV_CTRL_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "labrpc/labrpc.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_messages.h"

namespace shardkv {

// For one fiber at a time.
class CtrlClerk {
 public:
  explicit CtrlClerk(std::vector<labrpc::ClientEnd> servers);
  CtrlClerk(const CtrlClerk&) = delete;
  CtrlClerk& operator=(const CtrlClerk&) = delete;

  void Join(const Groups& groups);
  void Leave(const std::vector<Gid>& gids);
  void Move(int64_t shard, Gid gid);
  Config Query(int64_t number);

 private:
  // A request that is carried out once, however often it is sent.
  void Change(CtrlRequest request);
  // Sends it to one server after the other until there is a response.
  Config Insist(const CtrlRequest& request);

  const std::vector<labrpc::ClientEnd> servers_;
  const uint64_t name_;
  int64_t changes_ = 0;
  size_t turn_ = 0;  // whom to ask
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_CLERK_H_
