// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_clerk.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/sim.h"

namespace shardkv {
namespace {

constexpr absl::Duration kRest = absl::Milliseconds(35);

}  // namespace

ShardClerk::ShardClerk(std::vector<labrpc::ClientEnd> controllers)
    : controller_(std::move(controllers)), me_(Caller::New()) {}

std::string ShardClerk::Get(const std::string& key) { return Do(Action::kGet, key, ""); }

void ShardClerk::Put(const std::string& key, const std::string& value) {
  Do(Action::kPut, key, value);
}

void ShardClerk::Append(const std::string& key, const std::string& value) {
  Do(Action::kAppend, key, value);
}

std::string ShardClerk::Do(Action action, const std::string& key, const std::string& value) {
  ++me_.serial;
  const DoArgs args{.caller = me_, .action = action, .key = key, .value = value};
  if (config_.shards.empty()) config_ = controller_.Query(-1);
  while (true) {
    for (const int server : ServersFor(key)) {
      auto reply = labrpc::ClientEnd(server).Call<DoReply>("ShardServer.Do", args);
      if (!reply.has_value() || reply->outcome == Outcome::kUnknown) continue;
      helper_[ShardOf(key, config_.shards.size())] = server;
      if (reply->outcome == Outcome::kDone) return std::move(reply->value);
      break;
    }
    sim::SleepFor(kRest);
    config_ = controller_.Query(-1);
  }
}

std::vector<int> ShardClerk::ServersFor(const std::string& key) const {
  const size_t shard = ShardOf(key, config_.shards.size());
  const auto group = config_.groups.find(config_.shards[shard]);
  if (group == config_.groups.end()) return {};
  std::vector<int> servers = group->second;
  const auto helper = helper_.find(shard);
  if (helper != helper_.end()) {
    const auto first = std::ranges::find(servers, helper->second);
    if (first != servers.end()) std::iter_swap(servers.begin(), first);
  }
  return servers;
}

}  // namespace shardkv
