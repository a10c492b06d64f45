// Part of Raftlab, under the MIT License (see LICENSE).
//
// Gets, Puts and Appends wherever the key is.

#ifndef RAFTLAB_SHARDKV_SHARD_CLERK_H_
#define RAFTLAB_SHARDKV_SHARD_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "labrpc/labrpc.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_clerk.h"
#include "shardkv/shard_messages.h"

namespace shardkv {

// One call at a time.
class ShardClerk {
 public:
  explicit ShardClerk(std::vector<labrpc::ClientEnd> controllers);
  ShardClerk(const ShardClerk&) = delete;
  ShardClerk& operator=(const ShardClerk&) = delete;

  std::string Get(const std::string& key);
  void Put(const std::string& key, const std::string& value);
  void Append(const std::string& key, const std::string& value);

 private:
  std::string Do(Action action, const std::string& key, const std::string& value);
  // The servers to ask, the last one that has helped first; none if nobody has the shard.
  std::vector<int> ServersFor(const std::string& key) const;

  CtrlClerk controller_;
  Caller me_;
  Config config_;
  std::map<size_t, int> helper_;  // by shard: the server that has served it last
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_CLERK_H_
