// Part of Raftlab, under the MIT License (see LICENSE).
//
// Who serves which keys. Keys are split into shards; each shard belongs to one replica group. The
// shard controller numbers its configurations 0, 1, 2, ...; number 0 has no groups.

#ifndef RAFTLAB_SHARDKV_CONFIG_H_
#define RAFTLAB_SHARDKV_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

namespace shardkv {

using Gid = int64_t;  // names a replica group; from 1 on
inline constexpr Gid kNobody = 0;

// The servers of each group, by the number under which labrpc::ClientEnd reaches them.
using Groups = std::map<Gid, std::vector<int>>;

struct Config {
  int64_t number = 0;
  std::vector<Gid> shards;  // by shard: its group, or kNobody
  Groups groups;

  bool operator==(const Config&) const = default;
};
BOOST_DESCRIBE_STRUCT(Config, (), (number, shards, groups))

// The shard that a key belongs to: by its first byte, so that tests can choose. Everybody must
// compute it in this way.
inline size_t ShardOf(std::string_view key, size_t shards) {
  return key.empty() ? 0 : static_cast<uint8_t>(key[0]) % shards;
}

// A server of a group calls it when it carries out the entry of its log by which it adopts the
// configuration. It shows in the log of a run, and the tests check that all servers adopt the same
// ones in the same order. Without it they cannot, and your solution is none the worse.
void ReportAdopted(const Config& config);

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CONFIG_H_
