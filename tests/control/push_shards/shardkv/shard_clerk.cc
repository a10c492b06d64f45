// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_clerk.h"

#include <utility>

#include "sim/sim.h"

namespace shardkv {

ShardClerk::ShardClerk(std::vector<labrpc::ClientEnd> controllers)
    : controller_(std::move(controllers)), name_(sim::Random()()) {}

std::string ShardClerk::Get(const std::string& key) {
  return Insist({.client = name_, .wish = Wish::kRead, .key = key});
}

void ShardClerk::Put(const std::string& key, const std::string& value) {
  Insist({.client = name_, .serial = ++changes_, .wish = Wish::kWrite, .key = key, .text = value});
}

void ShardClerk::Append(const std::string& key, const std::string& value) {
  Insist({.client = name_, .serial = ++changes_, .wish = Wish::kExtend, .key = key, .text = value});
}

std::string ShardClerk::Insist(const KeyRequest& request) {
  while (true) {
    if (std::optional<std::string> text = TryOwner(request)) return *std::move(text);
    map_ = controller_.Query(-1);
    if (std::optional<std::string> text = TryOwner(request)) return *std::move(text);
    sim::SleepFor(sim::Random::Duration(absl::Milliseconds(20), absl::Milliseconds(60)));
  }
}

std::optional<std::string> ShardClerk::TryOwner(const KeyRequest& request) {
  if (map_.shards.empty()) return std::nullopt;
  const auto owner = map_.groups.find(map_.shards[ShardOf(request.key, map_.shards.size())]);
  if (owner == map_.groups.end()) return std::nullopt;
  const auto& [gid, servers] = *owner;
  size_t& contact = contact_[gid];
  for (size_t asked = 0; asked < servers.size(); ++asked) {
    const labrpc::ClientEnd server(servers[contact % servers.size()]);
    auto response = server.Call<KeyResponse>("ShardServer.Ask", request);
    if (response.has_value() && response->verdict == Verdict::kGranted) {
      return std::move(response->text);
    }
    ++contact;  // also if it says that the shard is elsewhere: it may be the one that is behind
    if (response.has_value() && response->verdict == Verdict::kNotHere) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace shardkv
