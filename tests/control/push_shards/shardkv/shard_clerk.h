// Part of Raftlab, under the MIT License (see LICENSE).
//
// The client of the groups.

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

// For one fiber at a time.
class ShardClerk {
 public:
  explicit ShardClerk(std::vector<labrpc::ClientEnd> controllers);
  ShardClerk(const ShardClerk&) = delete;
  ShardClerk& operator=(const ShardClerk&) = delete;

  std::string Get(const std::string& key);
  void Put(const std::string& key, const std::string& value);
  void Append(const std::string& key, const std::string& value);

 private:
  // Asks until the request is granted; what was read.
  std::string Insist(const KeyRequest& request);
  // Asks the group that the map names, each server at most once.
  std::optional<std::string> TryOwner(const KeyRequest& request);

  CtrlClerk controller_;
  const uint64_t name_;
  int64_t changes_ = 0;
  Config map_;                     // as of the last look; number 0 has no shards at first
  std::map<Gid, size_t> contact_;  // by group: whom to ask
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_CLERK_H_
