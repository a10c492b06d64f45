// Part of Raftlab, under the MIT License (see LICENSE).
//
// What clerks and key/value servers say to each other. You may change all of it, and add what your
// protocol needs: the tests read only what the clerk returns. A struct's description must list
// every field: a forgotten one does not compile.

#ifndef RAFTLAB_KVRAFT_KV_MESSAGES_H_
#define RAFTLAB_KVRAFT_KV_MESSAGES_H_

#include <cstdint>
#include <string>

#include <boost/describe.hpp>

namespace kvraft {

// Outcomes of the protocol. Of kWrongLeader the clerk knows nothing: the operation may still be
// carried out, now or later.
enum class Error : uint8_t {
  kOk,
  kWrongLeader,  // ask another server
};

struct GetArgs {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(GetArgs, (), (key))

struct GetReply {
  Error error = Error::kWrongLeader;
  std::string value = {};  // empty if the key was never written
};
BOOST_DESCRIBE_STRUCT(GetReply, (), (error, value))

enum class WriteKind : uint8_t {
  kPut,     // the value replaces what the key holds
  kAppend,  // the value goes behind it
};

struct PutAppendArgs {
  WriteKind kind = WriteKind::kPut;
  std::string key;
  std::string value;
#if LAB_SOLUTION
  // Which operation this is, however often it is sent: a clerk numbers its writes 1, 2, 3, ...
  // (dissertation, section 6.3).
  int64_t client_id = 0;
  int64_t sequence = 0;
#endif
};
#if LAB_SOLUTION
BOOST_DESCRIBE_STRUCT(PutAppendArgs, (), (kind, key, value, client_id, sequence))
#else
BOOST_DESCRIBE_STRUCT(PutAppendArgs, (), (kind, key, value))
#endif

struct PutAppendReply {
  Error error = Error::kWrongLeader;
};
BOOST_DESCRIBE_STRUCT(PutAppendReply, (), (error))

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_KV_MESSAGES_H_
