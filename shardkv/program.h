// Part of Raftlab, under the MIT License (see LICENSE).
//
// What boots on a machine in lab 4: a server of the controller or of a group, each on a Raft of its
// own, or a clerk of either. The judge speaks to them by the messages below; it never touches them.

#ifndef RAFTLAB_SHARDKV_PROGRAM_H_
#define RAFTLAB_SHARDKV_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "shardkv/config.h"
#include "sim/border.h"

namespace shardkv {

enum class Role : uint8_t { kController, kGroup, kCtrlClerk, kShardClerk };

// sim::BootImage::config.
struct ProgramConfig {
  Role role = Role::kController;
  int64_t shards = 10;
  std::vector<int> controllers =
      {};  // the machines of the controller, for a clerk in its own order
  // Of a server.
  std::vector<int> peers = {};      // the machines that its Raft runs on, its own too
  Gid gid = kNobody;                // of a group
  int64_t max_raft_state = 0;       // bytes; 0: no snapshots
  int64_t slowest_save_micros = 0;  // how long a save may take
};
BOOST_DESCRIBE_STRUCT(ProgramConfig, (),
                      (role, shards, controllers, peers, gid, max_raft_state, slowest_save_micros))

// The calls. A server has "Judge.GetState", as in lab 2 (raft/server.h). A clerk of the groups has
// "Judge.Operate", as in lab 3 (kvraft/program.h).

// "Judge.Control", of a clerk of the controller: answers when the call has returned.
enum class ControlKind : uint8_t { kJoin, kLeave, kMove, kQuery };
struct ControlArgs {
  ControlKind kind = ControlKind::kQuery;
  Groups groups;
  std::vector<Gid> gids;
  int64_t shard = 0;
  Gid gid = kNobody;
  int64_t number = -1;
};
BOOST_DESCRIBE_STRUCT(ControlArgs, (), (kind, groups, gids, shard, gid, number))
struct ControlReply {
  Config config;  // of kQuery
};
BOOST_DESCRIBE_STRUCT(ControlReply, (), (config))

// The machine's program.
void RunProgram(const sim::BootImage& image);

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_PROGRAM_H_
