// Part of Raftlab, under the MIT License (see LICENSE).
//
// The client library of the key/value service: it finds the leader, and asks again until it has an
// answer. To whoever calls it, an operation happens once, at one moment between call and return
// (section 8 of the Raft paper).

#ifndef RAFTLAB_KVRAFT_CLERK_H_
#define RAFTLAB_KVRAFT_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kvraft/kv_messages.h"
#include "labrpc/labrpc.h"

namespace kvraft {

// One fiber at a time uses a clerk.
class Clerk {
 public:
  // The servers come in no order: each clerk has its own, so a number means nothing to others.
  explicit Clerk(std::vector<labrpc::ClientEnd> servers);
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;

  // Each returns when the operation has been carried out, however long that takes.

  // The key's value; empty if it was never written.
  std::string Get(const std::string& key);
  void Put(const std::string& key, const std::string& value);
  // Behind what the key holds; behind nothing if it was never written.
  void Append(const std::string& key, const std::string& value);

 private:
  // Writes, and waits until it is done.
  void Write(WriteKind kind, const std::string& key, const std::string& value);
#if LAB_SOLUTION
  // Calls one server after the other until one says that it is done.
  template <class Reply, class Args>
  Reply CallLeader(std::string_view method, const Args& args);
#endif

  const std::vector<labrpc::ClientEnd> servers_;
#if LAB_SOLUTION
  const int64_t client_id_;    // nobody else has it
  int64_t last_sequence_ = 0;  // of a write
  size_t leader_ = 0;          // who has answered last
#endif
};

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_CLERK_H_
