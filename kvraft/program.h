// Part of Raftlab, under the MIT License (see LICENSE).
//
// What boots on a machine in lab 3: on the first ones a server, which is a Raft and a KvServer on
// it; on the others a clerk. The judge speaks to them by the messages below; it never touches them.

#ifndef RAFTLAB_KVRAFT_PROGRAM_H_
#define RAFTLAB_KVRAFT_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "sim/border.h"

namespace kvraft {

// sim::BootImage::config.
struct ProgramConfig {
  // Of a server.
  int64_t max_raft_state = 0;       // bytes; 0: no snapshots
  int64_t slowest_save_micros = 0;  // how long a save may take
  // Of a clerk: the servers, in the order in which it knows them.
  std::vector<int> servers;
};
BOOST_DESCRIBE_STRUCT(ProgramConfig, (), (max_raft_state, slowest_save_micros, servers))

// The calls. A server has "Judge.GetState", as in lab 2 (raft/server.h).

// "Judge.Operate", of a clerk: answers when the operation has returned.
enum class OperationKind : uint8_t { kGet, kPut, kAppend };
struct OperateArgs {
  OperationKind kind = OperationKind::kGet;
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(OperateArgs, (), (kind, key, value))
struct OperateReply {
  std::string value;  // what Get returned
};
BOOST_DESCRIBE_STRUCT(OperateReply, (), (value))

// The machine's program.
void RunProgram(const sim::BootImage& image);

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_PROGRAM_H_
