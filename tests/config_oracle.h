// Part of Raftlab, under the MIT License (see LICENSE).
//
// The rules of configurations: what the controller publishes under a number stays, each is balanced
// and moves no shard that need not, and every server follows them one by one.

#ifndef RAFTLAB_TESTS_CONFIG_ORACLE_H_
#define RAFTLAB_TESTS_CONFIG_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shardkv/config.h"
#include "sim/border.h"

namespace tests {

// "configuration 3: groups 100 101, shards at 100 100 101"
std::string Shown(const shardkv::Config& config);

// What is wrong with it, if every shard is to be at a group that there is, and no group is to have
// two more than another.
std::optional<std::string> FindImbalance(const shardkv::Config& config);
// What is wrong with `after`, if a Join or a Leave made it of `before`: an imbalance, or that more
// shards moved than had to.
std::optional<std::string> FindWrongMoves(const shardkv::Config& before,
                                          const shardkv::Config& after);

class ConfigOracle {
 public:
  // Each fails the run if a rule is broken.

  // What a Query returned.
  void Published(const shardkv::Config& config);
  // A server of a group boots, with a snapshot or without one; it goes on from a snapshot that it
  // was sent; it adopts a configuration, as far as it reports that (shardkv::ReportAdopted).
  void Booted(sim::NodeId server, bool has_snapshot);
  void LoadedSnapshot(sim::NodeId server) { servers_[server].goes_on_anywhere = true; }
  void Adopted(sim::NodeId server, const shardkv::Config& config);
  // All that there are, by number, when the run ends.
  void CheckAll(const std::vector<shardkv::Config>& configs);

 private:
  struct Server {
    int64_t last = 0;
    bool goes_on_anywhere = false;  // a snapshot says where, and only the student can read that
  };
  struct Known {
    shardkv::Config config;
    std::string from;  // "a Query", "n4"
  };
  void Compare(const shardkv::Config& config, const std::string& from);

  std::map<int64_t, Known> known_;  // by number
  std::map<sim::NodeId, Server> servers_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_CONFIG_ORACLE_H_
