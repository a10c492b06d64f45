// Part of Raftlab, under the MIT License (see LICENSE).
//
// The controller's client.

#ifndef RAFTLAB_SHARDKV_CTRL_CLERK_H_
#define RAFTLAB_SHARDKV_CTRL_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "labrpc/labrpc.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_messages.h"

namespace shardkv {

// One call at a time.
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
  // Names the call and repeats it, at one server after the other, until the reply is `ok`.
  template <class Reply, class Args>
  Reply Repeat(std::string_view method, Args args);

  const std::vector<labrpc::ClientEnd> servers_;
  Caller me_;
  size_t leader_ = 0;
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_CLERK_H_
