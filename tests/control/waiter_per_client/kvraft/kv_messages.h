// Part of Raftlab, under the MIT License (see LICENSE).
//
// One kind of message for everything that a client may want. The log holds it as it is.

#ifndef RAFTLAB_KVRAFT_KV_MESSAGES_H_
#define RAFTLAB_KVRAFT_KV_MESSAGES_H_

#include <cstdint>
#include <string>

#include <boost/describe.hpp>

namespace kvraft {

enum class Action : uint8_t { kRead, kReplace, kExtend };

struct Request {
  // These two name it: the same ones are the same request, sent again.
  int64_t client = 0;
  int64_t number = 0;  // the client's first is 1, and it begins none before the last is settled
  Action action = Action::kRead;
  std::string key = {};
  std::string text = {};
};
BOOST_DESCRIBE_STRUCT(Request, (), (client, number, action, key, text))

struct Answer {
  bool settled = false;   // else: ask again, here or elsewhere
  std::string text = {};  // what was read
};
BOOST_DESCRIBE_STRUCT(Answer, (), (settled, text))

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_KV_MESSAGES_H_
