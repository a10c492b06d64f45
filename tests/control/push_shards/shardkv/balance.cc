// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/balance.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace shardkv {

void Level(Config& config) {
  if (config.groups.empty()) {
    std::ranges::fill(config.shards, kNobody);
    return;
  }
  std::map<Gid, int> load;
  for (const auto& [gid, servers] : config.groups) load[gid] = 0;
  for (const Gid gid : config.shards) {
    if (load.contains(gid)) ++load[gid];
  }
  // Both take the first by number among equals, so that all servers take the same.
  const auto lighter = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto emptiest = [&] { return std::ranges::min_element(load, lighter); };
  const auto fullest = [&] { return std::ranges::max_element(load, lighter); };

  for (Gid& owner : config.shards) {
    if (load.contains(owner)) continue;
    const auto taker = emptiest();
    owner = taker->first;
    ++taker->second;
  }
  while (true) {
    const auto giver = fullest();
    const auto taker = emptiest();
    if (giver->second - taker->second < 2) return;
    *std::ranges::find(config.shards, giver->first) = taker->first;
    --giver->second;
    ++taker->second;
  }
}

}  // namespace shardkv
