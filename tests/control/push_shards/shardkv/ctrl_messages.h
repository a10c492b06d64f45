// Part of Raftlab, under the MIT License (see LICENSE).
//
// The controller's protocol: one request, in which one of four wishes is set.

#ifndef RAFTLAB_SHARDKV_CTRL_MESSAGES_H_
#define RAFTLAB_SHARDKV_CTRL_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/describe.hpp>

#include "shardkv/config.h"

namespace shardkv {

struct CtrlRequest {
  // Who asks, and which of its changes this is, from 1 on. A lookup has none: 0.
  uint64_t client = 0;
  int64_t serial = 0;
  // The wish.
  std::optional<Groups> join = {};
  std::optional<std::vector<Gid>> leave = {};
  std::optional<std::pair<int64_t, Gid>> assign = {};  // a shard and its group
  std::optional<int64_t> look_up = {};                 // a number; -1: the newest
};
BOOST_DESCRIBE_STRUCT(CtrlRequest, (), (client, serial, join, leave, assign, look_up))

// Empty: nobody knows whether it was done.
struct CtrlResponse {
  std::optional<Config> config = {};  // what was looked up, or what the newest is
};
BOOST_DESCRIBE_STRUCT(CtrlResponse, (), (config))

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_MESSAGES_H_
