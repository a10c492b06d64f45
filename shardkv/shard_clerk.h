// Part of Raftlab, under the MIT License (see LICENSE).
//
// The client library of the sharded key/value service: it knows from the controller which group has
// a key, and asks again until it has an answer. To whoever calls it, an operation happens once, at
// one moment between call and return, wherever the shard goes meanwhile.

#ifndef RAFTLAB_SHARDKV_SHARD_CLERK_H_
#define RAFTLAB_SHARDKV_SHARD_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "labrpc/labrpc.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_clerk.h"
#include "shardkv/shard_messages.h"

namespace shardkv {

// One fiber at a time uses a clerk.
class ShardClerk {
 public:
  // The controller's servers, in any order.
  explicit ShardClerk(std::vector<labrpc::ClientEnd> controllers);
  ShardClerk(const ShardClerk&) = delete;
  ShardClerk& operator=(const ShardClerk&) = delete;

  // Each returns when the operation has been carried out, however long that takes.
  std::string Get(const std::string& key);
  void Put(const std::string& key, const std::string& value);
  void Append(const std::string& key, const std::string& value);

 private:
  std::string Call(KeyArgs args);
#if LAB_SOLUTION
  // Asks the servers of the group that has the shard, as far as this clerk knows; nothing if none
  // of them can answer.
  std::optional<std::string> AskGroup(const KeyArgs& args);
#endif

  CtrlClerk controller_;
#if LAB_SOLUTION
  const int64_t client_id_;
  int64_t last_sequence_ = 0;
  Config config_;
  std::map<Gid, size_t> leaders_;  // who of the group has answered last
#endif
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_CLERK_H_
