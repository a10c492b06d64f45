// Part of Raftlab, under the MIT License (see LICENSE).
//
// The shard controller: a replicated list of configurations. A special case of lab 3's service,
// with another state machine.

#ifndef RAFTLAB_SHARDKV_CTRL_SERVER_H_
#define RAFTLAB_SHARDKV_CTRL_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_messages.h"
#include "shardkv/replica.h"

namespace shardkv {

#if LAB_SOLUTION
// The state machine.
class Configs : public StateMachine {
 public:
  explicit Configs(size_t shards);

  std::string Apply(const std::string& command) override;
  std::string Save() const override;
  void Load(const std::string& snapshot) override;

 private:
  struct State {
    std::vector<Config> configs;               // by number
    std::map<int64_t, int64_t> last_sequence;  // by client: its last change that was carried out
    BOOST_DESCRIBE_CLASS(State, (), (configs, last_sequence), (), ())
  };

  // The newest, changed as asked for. It has a number of its own even if nothing is different.
  Config Changed(const CtrlArgs& args) const;
  const Config& Find(int64_t number) const;

  State state_;
};
#endif

class CtrlServer {
 public:
  // One of the controller's servers, on its Raft; there are so many shards. All pointers outlive
  // it. It must return at once.
  CtrlServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
             size_t shards);
  CtrlServer(const CtrlServer&) = delete;
  CtrlServer& operator=(const CtrlServer&) = delete;

  // What clerks call.
  CtrlReply Do(const CtrlArgs& args);

 private:
#if LAB_SOLUTION
  Configs configs_;
  Replica replica_;
#endif
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_SERVER_H_
