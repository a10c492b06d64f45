// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_clerk.h"

#include <limits>
#include <utility>

#include "sim/sim.h"

namespace shardkv {

#if LAB_SOLUTION
namespace {

// Between two looks at the configuration.
constexpr absl::Duration kConfigPause = absl::Milliseconds(50);

}  // namespace

ShardClerk::ShardClerk(std::vector<labrpc::ClientEnd> controllers)
    : controller_(std::move(controllers)),
      client_id_(sim::Random::Int(1, std::numeric_limits<int64_t>::max())) {}
#else
ShardClerk::ShardClerk(std::vector<labrpc::ClientEnd> controllers)
    : controller_(std::move(controllers)) {
  // Your code here (4B).
}
#endif

std::string ShardClerk::Get(const std::string& key) {
  KeyArgs args;
  args.operation = KeyOperation::kGet;
  args.key = key;
  return Call(std::move(args));
}

void ShardClerk::Put(const std::string& key, const std::string& value) {
  KeyArgs args;
  args.operation = KeyOperation::kPut;
  args.key = key;
  args.value = value;
  Call(std::move(args));
}

void ShardClerk::Append(const std::string& key, const std::string& value) {
  KeyArgs args;
  args.operation = KeyOperation::kAppend;
  args.key = key;
  args.value = value;
  Call(std::move(args));
}

std::string ShardClerk::Call(KeyArgs args) {
#if LAB_SOLUTION
  if (args.operation != KeyOperation::kGet) {
    args.client_id = client_id_;
    args.sequence = ++last_sequence_;
  }
  while (true) {
    if (std::optional<std::string> value = AskGroup(args)) return *std::move(value);
    sim::SleepFor(kConfigPause);
    config_ = controller_.Query(-1);
  }
#else
  // Your code here (4B).
  return "";
#endif
}

#if LAB_SOLUTION
std::optional<std::string> ShardClerk::AskGroup(const KeyArgs& args) {
  if (config_.shards.empty()) return std::nullopt;  // it has not asked the controller yet
  const Gid gid = config_.shards[ShardOf(args.key, config_.shards.size())];
  const auto group = config_.groups.find(gid);
  if (group == config_.groups.end()) return std::nullopt;
  const std::vector<int>& servers = group->second;
  size_t& leader = leaders_[gid];
  for (size_t tries = 0; tries < servers.size(); ++tries) {
    auto reply =
        labrpc::ClientEnd(servers[leader % servers.size()]).Call<KeyReply>("ShardServer.Do", args);
    if (reply.has_value() && reply->error == ShardError::kOk) return std::move(reply->value);
    if (reply.has_value() && reply->error == ShardError::kWrongGroup) return std::nullopt;
    ++leader;
  }
  return std::nullopt;
}
#endif

}  // namespace shardkv
