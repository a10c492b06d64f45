// Part of Raftlab, under the MIT License (see LICENSE).
//
// The state machine of a replica group: the shards that it has, and where each of them stands
// between two configurations.
#if LAB_SOLUTION
//
//            the group gains it                            its data is in
//   kAbsent -------------------> kAwaited ------------------------------> kUnconfirmed
//      ^                                                                        |
//      |  the new owner has it                        the old owner has deleted |
//      |                          the group loses it           it, and said so  v
//   kLeaving <------------------------------------------------------------- kServing
//
// A shard that no group has had before is kServing at once. A shard that is nobody's for a while
// stays where it was, unserved, and the next owner gets it from there.
//
// The next configuration is adopted when all shards are kAbsent or kServing, and one after the
// other. So all that is under way belongs to the change to the current configuration, whose number
// every message and every command of a move bears: what comes late, from an earlier one, does
// nothing.
//
// While some shards move, the others are served (kServing, kUnconfirmed); and each that arrives is
// served at once. A shard is deleted where it was (kLeaving) when the new owner has it in its log.
// It waits for nobody else: a group that needs no shard of a dead group goes on.
#endif

#ifndef RAFTLAB_SHARDKV_SHARD_STATE_H_
#define RAFTLAB_SHARDKV_SHARD_STATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "shardkv/config.h"
#include "shardkv/replica.h"
#include "shardkv/shard_messages.h"

namespace shardkv {

#if LAB_SOLUTION
enum class Phase : uint8_t {
  kAbsent,       // not here
  kServing,      // this group's, or nobody's and this group had it last
  kAwaited,      // this group's now, and its data still with the old owner
  kUnconfirmed,  // this group's and served, but the old owner has not deleted it yet
  kLeaving,      // another group's now, kept until that has it
};

struct Shard {
  Phase phase = Phase::kAbsent;
  ShardData data = {};
  // The group that has it, or had it last before it was nobody's; and that one's servers.
  Gid owner = kNobody;
  std::vector<int> servers = {};
  // The servers of the owner before, of a shard that is under way.
  std::vector<int> source = {};

  bool is_settled() const { return phase == Phase::kServing || phase == Phase::kAbsent; }
};
BOOST_DESCRIBE_STRUCT(Shard, (), (phase, data, owner, servers, source))

// A log entry. The result of all but kKey is empty.
struct ShardCommand {
  enum class Kind : uint8_t {
    kNothing,  // an entry of a new leader's term
    kKey,      // `key`; the result is a KeyReply
    kAdopt,    // the next configuration, `config`
    kInstall,  // the data of an awaited shard: `move` and `data`
    kDrop,     // the new owner has the shard: `move`
    kConfirm,  // the old owner has deleted the shard: `move`
  };
  Kind kind = Kind::kNothing;
  KeyArgs key = {};
  Config config = {};
  MoveArgs move = {};
  ShardData data = {};
};
BOOST_DESCRIBE_STRUCT(ShardCommand, (), (kind, key, config, move, data))

class ShardState : public StateMachine {
 public:
  ShardState(Gid gid, size_t shards);

  std::string Apply(const std::string& command) override;
  std::string Save() const override;
  void Load(const std::string& snapshot) override;

  // The number of the configuration that it is at.
  int64_t number() const { return state_.config.number; }
  const Shard& shard(int64_t shard) const { return state_.shards.at(static_cast<size_t>(shard)); }
  // Nothing is under way.
  bool IsSettled() const;
  // The shard is this group's, and its data is here.
  bool IsServed(size_t shard) const;

 private:
  struct State {
    Config config;
    std::vector<Shard> shards;
    BOOST_DESCRIBE_CLASS(State, (), (config, shards), (), ())
  };

  KeyReply ApplyKey(const KeyArgs& args);
  void Adopt(const Config& config);
  // The shard of a move that is under way in that phase; null if it is old news.
  Shard* Find(const MoveArgs& move, Phase phase);

  const Gid gid_;
  State state_;
};
#endif

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_STATE_H_
