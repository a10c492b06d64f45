// Part of Raftlab, under the MIT License (see LICENSE).
//
// One owner a shard: when a group has answered for a shard, the groups that had it before do not,
// unless a later configuration gives it back. What clerks and servers say to each other is the
// student's own; but whose reply a clerk has got last when its operation returns is who has carried
// it out.

#ifndef RAFTLAB_TESTS_OWNER_ORACLE_H_
#define RAFTLAB_TESTS_OWNER_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "labrpc/network.h"
#include "shardkv/config.h"
#include "sim/border.h"

namespace tests {

class OwnerOracle {
 public:
  // A change of the configuration is asked for: there may be one more from now on.
  void ChangeBegins(sim::Nanos at) { changes_.push_back(at); }
  int64_t changes() const { return std::ssize(changes_); }
  // A client's operation begins, and returns.
  void Begins(int client) { asking_[client] = {}; }
  void Returns(int client, const std::string& key, sim::Nanos at);
  // A message between a client and a server of a group, as it leaves or arrives.
  void Sees(int client, shardkv::Gid gid, const labrpc::Call& call, bool arrived);

  // With all configurations, by number: a sentence about an answer by who was not the owner.
  std::optional<std::string> FindWrongOwner(const std::vector<shardkv::Config>& configs) const;

 private:
  // What a client does for the operation that it is at.
  struct Asking {
    std::map<shardkv::Gid, sim::Nanos> since;  // when it first asked the group
    uint64_t last_call = 0;
    shardkv::Gid answer = shardkv::kNobody;  // of the last reply
    bool at_once = false;  // it asks several servers at once: who knows whom it believes
  };
  // The group has carried out the operation at some moment between the two times.
  struct Answer {
    int client = 0;
    std::string key = {};
    shardkv::Gid gid = shardkv::kNobody;
    sim::Nanos asked_at = 0;
    sim::Nanos returned_at = 0;
  };
  // Of the answers for one shard, in the order of `asked_at`.
  std::optional<std::string> FindWrongOwnerOf(size_t shard, const std::vector<Answer>& answers,
                                              const std::vector<shardkv::Config>& configs) const;

  std::vector<sim::Nanos> changes_;
  std::map<int, Asking> asking_;
  std::vector<Answer> answers_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_OWNER_ORACLE_H_
