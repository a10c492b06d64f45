// Part of Raftlab, under the MIT License (see LICENSE).
//
// The controller. It keeps what each configuration changes, and builds the whole when it is asked.

#ifndef RAFTLAB_SHARDKV_CTRL_SERVER_H_
#define RAFTLAB_SHARDKV_CTRL_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "shardkv/config.h"
#include "shardkv/ctrl_messages.h"
#include "shardkv/replica.h"

namespace shardkv {

class History : public Machine {
 public:
  struct Command {
    std::optional<ChangeArgs> change = {};
    std::optional<LookupArgs> lookup = {};
    BOOST_DESCRIBE_CLASS(Command, (), (change, lookup), (), ())
  };

  explicit History(size_t shards);

  // To a ChangeReply or a LookupReply.
  std::string Run(const std::string& command) override;
  std::string ToBytes() const override;
  void FromBytes(const std::string& bytes) override;

 private:
  // From one configuration to the next.
  struct Difference {
    Groups new_groups;
    std::vector<Gid> lost_groups;
    std::map<int64_t, Gid> new_owners;  // by shard
    BOOST_DESCRIBE_CLASS(Difference, (), (new_groups, lost_groups, new_owners), (), ())
  };
  struct Record {
    size_t shards = 0;
    std::vector<Difference> differences;      // the one at i leads to configuration i+1
    std::map<uint64_t, int64_t> last_change;  // by caller: the serial
    BOOST_DESCRIBE_CLASS(Record, (), (shards, differences, last_change), (), ())
  };
  static constexpr size_t kBuiltAtMost = 6;

  void Change(const ChangeArgs& args);
  // From the nearest one that has been built before.
  const Config& Build(int64_t number);
  int64_t newest() const { return std::ssize(record_.differences); }

  Record record_;
  // Some configurations as a whole; the first one always. Only a shortcut: all of it can be built.
  std::map<int64_t, Config> built_;
};

class CtrlServer {
 public:
  // See the skeleton.
  CtrlServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
             size_t shards);
  CtrlServer(const CtrlServer&) = delete;
  CtrlServer& operator=(const CtrlServer&) = delete;

  // --- RPCs. ---

  ChangeReply Change(const ChangeArgs& args);
  LookupReply Lookup(const LookupArgs& args);

 private:
  History history_;
  CommandLog log_;
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_CTRL_SERVER_H_
