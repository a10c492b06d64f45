// Part of Raftlab, under the MIT License (see LICENSE).
//
// Deals the shards out to the groups.

#ifndef RAFTLAB_SHARDKV_BALANCE_H_
#define RAFTLAB_SHARDKV_BALANCE_H_

#include <vector>

#include "shardkv/config.h"

namespace shardkv {

// The new owners of the shards, by shard, if `groups` are all that there are: as even as can be,
// and with as many shards as can be where they were. Depends on the arguments alone.
std::vector<Gid> Deal(const std::vector<Gid>& owners, const Groups& groups);

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_BALANCE_H_
