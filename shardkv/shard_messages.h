// Part of Raftlab, under the MIT License (see LICENSE).
//
// What clerks and servers of the sharded key/value service say to each other, and the groups among
// themselves. You may change all of it: the tests read only what the clerk returns.

#ifndef RAFTLAB_SHARDKV_SHARD_MESSAGES_H_
#define RAFTLAB_SHARDKV_SHARD_MESSAGES_H_

#include <cstdint>
#include <map>
#include <string>

#include <boost/describe.hpp>

namespace shardkv {

enum class ShardError : uint8_t {
  kOk,
  kWrongLeader,  // ask another server of the group
  kWrongGroup,   // the key's shard is not served here, or not yet
};

enum class KeyOperation : uint8_t { kGet, kPut, kAppend };

struct KeyArgs {
  KeyOperation operation = KeyOperation::kGet;
  std::string key;
  std::string value;  // of kPut and kAppend
#if LAB_SOLUTION
  // Of a write: which one it is, however often and of whichever group it is asked for.
  int64_t client_id = 0;
  int64_t sequence = 0;
#endif
};
#if LAB_SOLUTION
BOOST_DESCRIBE_STRUCT(KeyArgs, (), (operation, key, value, client_id, sequence))
#else
BOOST_DESCRIBE_STRUCT(KeyArgs, (), (operation, key, value))
#endif

struct KeyReply {
  ShardError error = ShardError::kWrongLeader;
  std::string value = {};  // of kGet
};
BOOST_DESCRIBE_STRUCT(KeyReply, (), (error, value))
#if LAB_SOLUTION

// A shard's keys, and what finds duplicates among its writes: the two move together.
struct ShardData {
  std::map<std::string, std::string> values;
  std::map<int64_t, int64_t> last_sequence;  // by client: its last write to this shard
};
BOOST_DESCRIBE_STRUCT(ShardData, (), (values, last_sequence))

// Which move: of this shard, with the change to this configuration.
struct MoveArgs {
  int64_t number = 0;
  int64_t shard = 0;
};
BOOST_DESCRIBE_STRUCT(MoveArgs, (), (number, shard))

// From the new owner to the old one: give me the shard.
struct PullReply {
  bool ready = false;
  ShardData data;
};
BOOST_DESCRIBE_STRUCT(PullReply, (), (ready, data))

// From the new owner to the old one: I have it for good, delete yours.
struct DropReply {
  bool done = false;
};
BOOST_DESCRIBE_STRUCT(DropReply, (), (done))
#endif

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_MESSAGES_H_
