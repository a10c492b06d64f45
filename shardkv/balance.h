// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which group gets which shards.

#ifndef RAFTLAB_SHARDKV_BALANCE_H_
#define RAFTLAB_SHARDKV_BALANCE_H_

#include "shardkv/config.h"

namespace shardkv {

#if LAB_SOLUTION
// Gives every shard to a group, as many to each as to any other, or one more; with no groups, to
// nobody. No shard moves that need not. It depends on nothing but the configuration, so every
// server comes to the same.
void Balance(Config* config);
#endif

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_BALANCE_H_
