// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/clerk.h"

#include <limits>
#include <optional>
#include <utility>

#include "sim/sim.h"

namespace kvraft {

#if LAB_SOLUTION
namespace {

// If no server leads, the next election takes about so long.
constexpr absl::Duration kElectionPause = absl::Milliseconds(50);

}  // namespace

Clerk::Clerk(std::vector<labrpc::ClientEnd> servers)
    : servers_(std::move(servers)),
      client_id_(sim::Random::Int(1, std::numeric_limits<int64_t>::max())) {}
#else
Clerk::Clerk(std::vector<labrpc::ClientEnd> servers) : servers_(std::move(servers)) {
  // Your code here (3A). Draw what must be unique with sim::Random.
}
#endif

std::string Clerk::Get(const std::string& key) {
#if LAB_SOLUTION
  return CallLeader<GetReply>("KvServer.Get", GetArgs{.key = key}).value;
#else
  // Your code here (3A). A call looks like this; no reply, or kWrongLeader, means: ask another.
  //   std::optional<GetReply> reply = servers_[i].Call<GetReply>("KvServer.Get", GetArgs{...});
  return "";
#endif
}

void Clerk::Put(const std::string& key, const std::string& value) {
  Write(WriteKind::kPut, key, value);
}

void Clerk::Append(const std::string& key, const std::string& value) {
  Write(WriteKind::kAppend, key, value);
}

void Clerk::Write(WriteKind kind, const std::string& key, const std::string& value) {
#if LAB_SOLUTION
  // Made once: however often it is sent, it is the same write.
  const PutAppendArgs args{.kind = kind,
                           .key = key,
                           .value = value,
                           .client_id = client_id_,
                           .sequence = ++last_sequence_};
  CallLeader<PutAppendReply>("KvServer.PutAppend", args);
#else
  // Your code here (3A).
#endif
}

#if LAB_SOLUTION
template <class Reply, class Args>
Reply Clerk::CallLeader(std::string_view method, const Args& args) {
  for (size_t tries = 1;; ++tries) {
    std::optional<Reply> reply = servers_[leader_].Call<Reply>(method, args);
    if (reply.has_value() && reply->error == Error::kOk) return *std::move(reply);
    leader_ = (leader_ + 1) % servers_.size();
    if (tries % servers_.size() == 0) sim::SleepFor(kElectionPause);
  }
}
#endif

}  // namespace kvraft
