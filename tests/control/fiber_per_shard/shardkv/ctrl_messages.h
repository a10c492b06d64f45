// Part of Raftlab, under the MIT License (see LICENSE).
//
// What is said to the controller: changes and lookups, each an RPC of its own.

#ifndef RAFTLAB_SHARDKV_CTRL_MESSAGES_H_
#define RAFTLAB_SHARDKV_CTRL_MESSAGES_H_

#include <cstdint>
#include <map>
#include <vector>

#include <boost/describe.hpp>

#include "shardkv/config.h"
#include "shardkv/replica.h"

namespace shardkv {

// All of it at once: groups that come and go, and shards that are moved by hand.
struct ChangeArgs {
  Caller caller = {};
  Groups coming = {};
  std::vector<Gid> going = {};
  std::map<int64_t, Gid> moved = {};
};
BOOST_DESCRIBE_STRUCT(ChangeArgs, (), (caller, coming, going, moved))

struct ChangeReply {
  bool ok = false;  // else: unknown
};
BOOST_DESCRIBE_STRUCT(ChangeReply, (), (ok))

struct LookupArgs {
  Caller caller = {};
  int64_t number = -1;  // -1: the newest
};
BOOST_DESCRIBE_STRUCT(LookupArgs, (), (caller, number))

struct LookupReply {
  bool ok = false;
  Config config = {};
};
BOOST_DESCRIBE_STRUCT(LookupReply, (), (ok, config))

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_MESSAGES_H_
