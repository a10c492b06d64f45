// Part of Raftlab, under the MIT License (see LICENSE).
//
// The client library. A clerk that knows no leader asks all servers at once how they stand, and
// believes the one that claims to lead the highest term. It stays with that one until an operation
// fails there.

#ifndef RAFTLAB_KVRAFT_CLERK_H_
#define RAFTLAB_KVRAFT_CLERK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kvraft/kv_messages.h"
#include "labrpc/labrpc.h"

namespace kvraft {

// For one fiber at a time.
class Clerk {
 public:
  explicit Clerk(std::vector<labrpc::ClientEnd> servers);
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;

  // These return when the operation is done, and not before.

  std::string Get(const std::string& key);
  void Put(const std::string& key, const std::string& value);
  void Append(const std::string& key, const std::string& value);

 private:
  void SendWrite(bool append, const std::string& key, const std::string& value);
  // Asks the leader until it has done what is asked.
  template <class Reply, class Args>
  Reply Insist(std::string_view method, const Args& args);
  // Who leads, if one of the servers says so soon.
  std::optional<size_t> FindLeader() const;

  const std::vector<labrpc::ClientEnd> servers_;
  const uint64_t session_;
  int64_t writes_ = 0;  // begun
  std::optional<size_t> leader_;
};

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_CLERK_H_
