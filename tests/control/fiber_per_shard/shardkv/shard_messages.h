// Part of Raftlab, under the MIT License (see LICENSE).
//
// Clerks to servers, and the fibers of one group to another group.

#ifndef RAFTLAB_SHARDKV_SHARD_MESSAGES_H_
#define RAFTLAB_SHARDKV_SHARD_MESSAGES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "shardkv/replica.h"

namespace shardkv {

// --- Clerks. ---

enum class Action : uint8_t { kGet, kPut, kAppend };

struct DoArgs {
  Caller caller = {};
  Action action = Action::kGet;
  std::string key = {};
  std::string value = {};  // of kPut and kAppend
};
BOOST_DESCRIBE_STRUCT(DoArgs, (), (caller, action, key, value))

enum class Outcome : uint8_t { kUnknown, kElsewhere, kDone };

struct DoReply {
  Outcome outcome = Outcome::kUnknown;
  std::string value = {};  // of kGet
};
BOOST_DESCRIBE_STRUCT(DoReply, (), (outcome, value))

// --- Groups. ---

// A shard changes hands at a configuration.
struct Handover {
  int64_t shard = 0;
  int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Handover, (), (shard, number))

struct Belongings {
  std::map<std::string, std::string> values;
  std::map<uint64_t, int64_t> last_write;  // by caller: the serial
};
BOOST_DESCRIBE_STRUCT(Belongings, (), (values, last_write))

// "ShardServer.Fetch", of the old owner.
struct FetchReply {
  std::optional<Belongings> belongings = {};  // none: not given away yet, or gone
};
BOOST_DESCRIBE_STRUCT(FetchReply, (), (belongings))

// "ShardServer.HasArrived", of the new owner.
struct ArrivedReply {
  bool yes = false;  // for ever; no may become yes
};
BOOST_DESCRIBE_STRUCT(ArrivedReply, (), (yes))

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_MESSAGES_H_
