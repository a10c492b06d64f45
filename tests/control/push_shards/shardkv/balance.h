// Part of Raftlab, under the MIT License (see LICENSE).
//
// Levels the groups' numbers of shards.

#ifndef RAFTLAB_SHARDKV_BALANCE_H_
#define RAFTLAB_SHARDKV_BALANCE_H_

#include "shardkv/config.h"

namespace shardkv {

// As water finds its level: shards without a group go, one by one, to whichever group has the
// fewest; then, as long as some group has two more than another, one shard flows from the fullest
// to the emptiest. The result depends on the argument alone.
//
// That moves no shard too many. Whoever gets one has the fewest then, so at most one more than the
// fewest after, and never gives one away again. And each that flows leaves a group that is above
// the level or enters one that is below it.
void Level(Config& config);

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_BALANCE_H_
