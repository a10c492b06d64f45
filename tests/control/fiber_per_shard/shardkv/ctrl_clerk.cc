// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/ctrl_clerk.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/sim.h"

namespace shardkv {
namespace {

constexpr absl::Duration kFirstRest = absl::Milliseconds(4);
constexpr absl::Duration kLongestRest = absl::Milliseconds(60);

}  // namespace

CtrlClerk::CtrlClerk(std::vector<labrpc::ClientEnd> servers)
    : servers_(std::move(servers)), me_(Caller::New()) {}

void CtrlClerk::Join(const Groups& groups) {
  Repeat<ChangeReply>("CtrlServer.Change", ChangeArgs{.coming = groups});
}

void CtrlClerk::Leave(const std::vector<Gid>& gids) {
  Repeat<ChangeReply>("CtrlServer.Change", ChangeArgs{.going = gids});
}

void CtrlClerk::Move(int64_t shard, Gid gid) {
  Repeat<ChangeReply>("CtrlServer.Change", ChangeArgs{.moved = {{shard, gid}}});
}

Config CtrlClerk::Query(int64_t number) {
  return Repeat<LookupReply>("CtrlServer.Lookup", LookupArgs{.number = number}).config;
}

template <class Reply, class Args>
Reply CtrlClerk::Repeat(std::string_view method, Args args) {
  ++me_.serial;
  args.caller = me_;
  for (absl::Duration rest = kFirstRest;; rest = std::min(2 * rest, kLongestRest)) {
    for (size_t i = 0; i < servers_.size(); ++i) {
      const size_t server = (leader_ + i) % servers_.size();
      std::optional<Reply> reply = servers_[server].template Call<Reply>(method, args);
      if (!reply.has_value() || !reply->ok) continue;
      leader_ = server;
      return *std::move(reply);
    }
    sim::SleepFor(rest);
  }
}

}  // namespace shardkv
