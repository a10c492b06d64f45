// Part of Raftlab, under the MIT License (see LICENSE).
//
// What clerks ask groups for, and what groups send each other.

#ifndef RAFTLAB_SHARDKV_SHARD_MESSAGES_H_
#define RAFTLAB_SHARDKV_SHARD_MESSAGES_H_

#include <cstdint>
#include <map>
#include <string>

#include <boost/describe.hpp>

namespace shardkv {

// ---- Clerks. ----

enum class Wish : uint8_t { kRead, kWrite, kExtend };

struct KeyRequest {
  uint64_t client = 0;
  int64_t serial = 0;  // of the client's changes, from 1 on; 0 for a read
  Wish wish = Wish::kRead;
  std::string key = {};
  std::string text = {};  // of kWrite and kExtend
};
BOOST_DESCRIBE_STRUCT(KeyRequest, (), (client, serial, wish, key, text))

enum class Verdict : uint8_t {
  kUnknown,  // this server cannot tell; another one may
  kNotHere,  // the shard is not served by this group now; nothing was done
  kGranted,
};

struct KeyResponse {
  Verdict verdict = Verdict::kUnknown;
  std::string text = {};  // of kRead
};
BOOST_DESCRIBE_STRUCT(KeyResponse, (), (verdict, text))

// ---- Groups. ----

// Names one move: of this shard, as this configuration wants it.
struct Label {
  int64_t config = 0;
  int64_t shard = 0;
};
BOOST_DESCRIBE_STRUCT(Label, (), (config, shard))

// All that belongs to a shard.
struct Contents {
  std::map<std::string, std::string> texts;  // by key
  std::map<uint64_t, int64_t> serials;       // by client: its last change in this shard
};
BOOST_DESCRIBE_STRUCT(Contents, (), (texts, serials))

// A shard on its way.
struct Parcel {
  Label label = {};
  Contents contents = {};
};
BOOST_DESCRIBE_STRUCT(Parcel, (), (label, contents))

struct Receipt {
  bool is_in_log = false;  // the new owner's; if not, send the parcel again
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (is_in_log))

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_MESSAGES_H_
