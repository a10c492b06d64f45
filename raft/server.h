// Part of Raftlab, under the MIT License (see LICENSE).
//
// What boots on a machine in lab 2: a Raft, and in the place of a service something that reports
// what is applied to the judge. The judge speaks to it by the messages below; it never touches the
// Raft.

#ifndef RAFTLAB_RAFT_SERVER_H_
#define RAFTLAB_RAFT_SERVER_H_

#include <cstdint>
#include <string>

#include <boost/describe.hpp>

#include "sim/border.h"

namespace raft {

// sim::BootImage::config.
struct ServerConfig {
  // After every entry whose index + 1 is a multiple of this, the service waits for the judge's
  // snapshot and hands it to Raft; 0: never.
  int64_t snapshot_interval = 0;
  int64_t slowest_save_micros = 0;  // how long a save may take
};
BOOST_DESCRIBE_STRUCT(ServerConfig, (), (snapshot_interval, slowest_save_micros))

// The event "apply" carries an ApplyMsg. The calls:

// "Judge.Start"
struct StartArgs {
  std::string command;
};
BOOST_DESCRIBE_STRUCT(StartArgs, (), (command))
struct StartReply {
  bool is_leader = false;
  int64_t index = 0;
  int64_t term = 0;
};
BOOST_DESCRIBE_STRUCT(StartReply, (), (is_leader, index, term))

// "Judge.GetState"
struct GetStateArgs {
  bool unused = false;
};
BOOST_DESCRIBE_STRUCT(GetStateArgs, (), (unused))
struct GetStateReply {
  int64_t term = 0;
  bool is_leader = false;
};
BOOST_DESCRIBE_STRUCT(GetStateReply, (), (term, is_leader))

// "Judge.Snapshot": what the service was waiting for.
struct SnapshotArgs {
  int64_t index = 0;
  std::string snapshot;
};
BOOST_DESCRIBE_STRUCT(SnapshotArgs, (), (index, snapshot))
struct SnapshotReply {
  bool unused = false;
};
BOOST_DESCRIBE_STRUCT(SnapshotReply, (), (unused))

// The machine's program.
void RunServer(const sim::BootImage& image);

}  // namespace raft

#endif  // RAFTLAB_RAFT_SERVER_H_
