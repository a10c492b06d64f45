// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/ctrl_clerk.h"

#include <limits>
#include <optional>
#include <utility>

#include "sim/sim.h"

namespace shardkv {

#if LAB_SOLUTION
namespace {

constexpr absl::Duration kElectionPause = absl::Milliseconds(50);

}  // namespace

CtrlClerk::CtrlClerk(std::vector<labrpc::ClientEnd> servers)
    : servers_(std::move(servers)),
      client_id_(sim::Random::Int(1, std::numeric_limits<int64_t>::max())) {}
#else
CtrlClerk::CtrlClerk(std::vector<labrpc::ClientEnd> servers) : servers_(std::move(servers)) {
  // Your code here (4A).
}
#endif

void CtrlClerk::Join(const Groups& groups) {
  CtrlArgs args;
  args.operation = CtrlOperation::kJoin;
  args.groups = groups;
  Call(std::move(args));
}

void CtrlClerk::Leave(const std::vector<Gid>& gids) {
  CtrlArgs args;
  args.operation = CtrlOperation::kLeave;
  args.gids = gids;
  Call(std::move(args));
}

void CtrlClerk::Move(int64_t shard, Gid gid) {
  CtrlArgs args;
  args.operation = CtrlOperation::kMove;
  args.shard = shard;
  args.gid = gid;
  Call(std::move(args));
}

Config CtrlClerk::Query(int64_t number) {
  CtrlArgs args;
  args.operation = CtrlOperation::kQuery;
  args.number = number;
  return Call(std::move(args));
}

Config CtrlClerk::Call(CtrlArgs args) {
#if LAB_SOLUTION
  if (args.operation != CtrlOperation::kQuery) {
    args.client_id = client_id_;
    args.sequence = ++last_sequence_;
  }
  for (size_t tries = 1;; ++tries) {
    std::optional<CtrlReply> reply = servers_[leader_].Call<CtrlReply>("CtrlServer.Do", args);
    if (reply.has_value() && reply->done) return std::move(reply->config);
    leader_ = (leader_ + 1) % servers_.size();
    if (tries % servers_.size() == 0) sim::SleepFor(kElectionPause);
  }
#else
  // Your code here (4A). A call looks like this:
  //   std::optional<CtrlReply> reply = servers_[i].Call<CtrlReply>("CtrlServer.Do", args);
  return {};
#endif
}

}  // namespace shardkv
