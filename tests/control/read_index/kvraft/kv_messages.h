// Part of Raftlab, under the MIT License (see LICENSE).
//
// The protocol of clerks and servers: reads, writes, and the question who leads.

#ifndef RAFTLAB_KVRAFT_KV_MESSAGES_H_
#define RAFTLAB_KVRAFT_KV_MESSAGES_H_

#include <cstdint>
#include <string>

#include <boost/describe.hpp>

namespace kvraft {

enum class Outcome : uint8_t {
  kDone,
  kUnknown,  // not done by this server, as far as it can tell: ask again
};

// "KvServer.Read"
struct ReadArgs {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(ReadArgs, (), (key))

struct ReadReply {
  Outcome outcome = Outcome::kUnknown;
  std::string value = {};
};
BOOST_DESCRIBE_STRUCT(ReadReply, (), (outcome, value))

// "KvServer.Write"
struct WriteArgs {
  bool append = false;  // else the old value goes
  std::string key;
  std::string value;
  uint64_t session = 0;  // the clerk's
  int64_t number = 0;    // of the write in its session: 1, 2, 3, ...
};
BOOST_DESCRIBE_STRUCT(WriteArgs, (), (append, key, value, session, number))

struct WriteReply {
  Outcome outcome = Outcome::kUnknown;
};
BOOST_DESCRIBE_STRUCT(WriteReply, (), (outcome))

// "KvServer.Standing"
struct StandingArgs {
  bool unused = false;
};
BOOST_DESCRIBE_STRUCT(StandingArgs, (), (unused))

// What the server believes. Two may say that they lead, in different terms; the older one is wrong.
struct StandingReply {
  int64_t term = 0;
  bool leads = false;
};
BOOST_DESCRIBE_STRUCT(StandingReply, (), (term, leads))

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_KV_MESSAGES_H_
