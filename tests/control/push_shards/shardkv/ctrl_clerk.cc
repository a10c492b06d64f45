// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/ctrl_clerk.h"

#include <optional>
#include <utility>

#include "sim/sim.h"

namespace shardkv {

CtrlClerk::CtrlClerk(std::vector<labrpc::ClientEnd> servers)
    : servers_(std::move(servers)), name_(sim::Random()()) {}

void CtrlClerk::Join(const Groups& groups) { Change({.join = groups}); }

void CtrlClerk::Leave(const std::vector<Gid>& gids) { Change({.leave = gids}); }

void CtrlClerk::Move(int64_t shard, Gid gid) { Change({.assign = std::pair(shard, gid)}); }

Config CtrlClerk::Query(int64_t number) { return Insist({.look_up = number}); }

void CtrlClerk::Change(CtrlRequest request) {
  request.client = name_;
  request.serial = ++changes_;
  Insist(request);
}

Config CtrlClerk::Insist(const CtrlRequest& request) {
  while (true) {
    auto response = servers_[turn_].Call<CtrlResponse>("CtrlServer.Handle", request);
    if (response.has_value() && response->config.has_value()) return *std::move(response->config);
    turn_ = (turn_ + 1) % servers_.size();
    sim::SleepFor(sim::Random::Duration(absl::Milliseconds(5), absl::Milliseconds(25)));
  }
}

}  // namespace shardkv
