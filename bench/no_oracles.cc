// Part of Raftlab, under the MIT License (see LICENSE).
//
// In the place of tests/message_oracles.cc for oracles.sh, which measures what that costs: the same
// tests, with no eye on the messages.

#include "tests/message_oracles.h"

namespace tests {

MessageOracles::MessageOracles(sim::World& world, int servers)
    : world_(world),
      reader_(world),
      saves_(servers),
      terms_(world, saves_, servers),
      elections_(world, reader_, saves_, servers),
      commits_(reader_, saves_, servers),
      promises_(reader_, elections_, logs_, saves_, servers) {}
void MessageOracles::Left(const labrpc::Call&) {}
void MessageOracles::Arrived(const labrpc::Call&) {}
void MessageOracles::Applied(sim::NodeId, const raft::ApplyMsg&) {}
void MessageOracles::TookCommand(sim::NodeId, int64_t, int64_t, Moment) {}
void MessageOracles::CheckElected(int64_t, sim::NodeId) {}

}  // namespace tests
