// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/balance.h"

#include <cstddef>
#include <map>

namespace shardkv {

std::vector<Gid> Deal(const std::vector<Gid>& owners, const Groups& groups) {
  std::vector<Gid> dealt(owners.size(), kNobody);
  if (groups.empty()) return dealt;
  // Everybody gets `fair` shards, and `extras` groups one more.
  const size_t fair = owners.size() / groups.size();
  size_t extras = owners.size() % groups.size();
  std::map<Gid, size_t> hands;
  for (const auto& [gid, servers] : groups) hands[gid] = 0;
  const auto take = [&](Gid gid) {
    size_t& hand = hands[gid];
    if (hand > fair || (hand == fair && extras == 0)) return false;
    if (hand++ == fair) --extras;
    return true;
  };

  // An extra is worth one shard to whoever has more than a fair hand, so it may be anybody's.
  for (size_t shard = 0; shard < owners.size(); ++shard) {
    if (hands.contains(owners[shard]) && take(owners[shard])) dealt[shard] = owners[shard];
  }
  // What is left over goes first to those who lack a fair hand, then as extras.
  const auto next = [&] {
    for (const auto& [gid, hand] : hands) {
      if (hand < fair) return gid;
    }
    for (const auto& [gid, hand] : hands) {
      if (hand == fair) return gid;
    }
    return kNobody;  // cannot be: there are as many places as shards
  };
  for (Gid& owner : dealt) {
    if (owner != kNobody) continue;
    owner = next();
    take(owner);
  }
  return dealt;
}

}  // namespace shardkv
