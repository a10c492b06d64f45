// Part of Raftlab, under the MIT License (see LICENSE).
//
// The client's side: sends one request after the other to whichever server settles it.

#ifndef RAFTLAB_KVRAFT_CLERK_H_
#define RAFTLAB_KVRAFT_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kvraft/kv_messages.h"
#include "labrpc/labrpc.h"

namespace kvraft {

// Not for several fibers at once: a client has one request at a time.
class Clerk {
 public:
  explicit Clerk(std::vector<labrpc::ClientEnd> servers);
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;

  std::string Get(const std::string& key);
  void Put(const std::string& key, const std::string& value);
  void Append(const std::string& key, const std::string& value);

 private:
  // Names the request, and sends it until it is settled. What was read.
  std::string Settle(Request request);

  const std::vector<labrpc::ClientEnd> servers_;
  const int64_t name_;
  int64_t settled_ = 0;  // so many requests
  size_t favourite_ = 0;
};

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_CLERK_H_
