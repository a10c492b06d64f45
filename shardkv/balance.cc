// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/balance.h"

#include <algorithm>

namespace shardkv {

#if LAB_SOLUTION
void Balance(Config* config) {
  std::map<Gid, std::vector<size_t>> owned;
  for (const auto& [gid, servers] : config->groups) owned[gid] = {};
  std::vector<size_t> free;
  for (size_t shard = 0; shard < config->shards.size(); ++shard) {
    const auto owner = owned.find(config->shards[shard]);
    (owner != owned.end() ? owner->second : free).push_back(shard);
  }
  if (owned.empty()) return config->shards.assign(config->shards.size(), kNobody);

  // Whoever has most keeps most: the groups that may have one more are the largest ones, and among
  // equals the first by number.
  std::vector<Gid> by_size;
  for (const auto& [gid, shards] : owned) by_size.push_back(gid);
  std::ranges::stable_sort(by_size,
                           [&](Gid a, Gid b) { return owned[a].size() > owned[b].size(); });
  const size_t least = config->shards.size() / by_size.size();
  const size_t with_one_more = config->shards.size() % by_size.size();
  const auto share = [&](size_t rank) { return least + (rank < with_one_more ? 1 : 0); };
  for (size_t rank = 0; rank < by_size.size(); ++rank) {
    std::vector<size_t>& shards = owned[by_size[rank]];
    while (shards.size() > share(rank)) {
      free.push_back(shards.back());
      shards.pop_back();
    }
  }
  for (size_t rank = 0; rank < by_size.size(); ++rank) {
    for (size_t have = owned[by_size[rank]].size(); have < share(rank); ++have) {
      config->shards[free.back()] = by_size[rank];
      free.pop_back();
    }
  }
}
#endif

}  // namespace shardkv
