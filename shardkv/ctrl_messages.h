// Part of Raftlab, under the MIT License (see LICENSE).
//
// What clerks and servers of the shard controller say to each other. You may change all of it: the
// tests read only what the clerk returns.

#ifndef RAFTLAB_SHARDKV_CTRL_MESSAGES_H_
#define RAFTLAB_SHARDKV_CTRL_MESSAGES_H_

#include <cstdint>
#include <vector>

#include <boost/describe.hpp>

#include "shardkv/config.h"

namespace shardkv {

enum class CtrlOperation : uint8_t {
  kJoin,   // `groups` come
  kLeave,  // the groups `gids` go
  kMove,   // `shard` goes to `gid`
  kQuery,  // the configuration `number`; -1, or one that there is not yet: the newest
};

struct CtrlArgs {
  CtrlOperation operation = CtrlOperation::kQuery;
  Groups groups;
  std::vector<Gid> gids;
  int64_t shard = 0;
  Gid gid = kNobody;
  int64_t number = -1;
#if LAB_SOLUTION
  int64_t client_id = 0;  // of all but kQuery
  int64_t sequence = 0;
#endif
};
#if LAB_SOLUTION
BOOST_DESCRIBE_STRUCT(CtrlArgs, (),
                      (operation, groups, gids, shard, gid, number, client_id, sequence))
#else
BOOST_DESCRIBE_STRUCT(CtrlArgs, (), (operation, groups, gids, shard, gid, number))
#endif

struct CtrlReply {
  bool done = false;  // if not, ask another server
  Config config;      // of kQuery
};
BOOST_DESCRIBE_STRUCT(CtrlReply, (), (done, config))

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_MESSAGES_H_
