// Part of Raftlab, under the MIT License (see LICENSE).
//
// One run with its log, a line an event: time, server, topic, text.
//
//   raft_tests --replay Suite.Test --seed S [--strategy NAME] [--log TOPIC,...] [--node N]
//              [--from T] [--until T] [--tape FILE] [--record FILE] [--html FILE]
//              [--no-fork] [--check-determinism]
//
// --from and --until are in virtual seconds. --no-fork runs in this process, for a debugger.
// --check-determinism runs twice and shows the first event in which the two differ. --record writes
// every choice of the run to a file, --tape reads them from one instead of drawing from the seed.
// --html writes a picture of what the clients saw, in labs that have clients.

#ifndef RAFTLAB_TESTS_REPLAY_H_
#define RAFTLAB_TESTS_REPLAY_H_

#include <string>
#include <vector>

namespace tests {

// Returns the exit code: 0 passed, 1 failed, 2 the arguments are no good.
int Replay(const std::vector<std::string>& arguments);

}  // namespace tests

#endif  // RAFTLAB_TESTS_REPLAY_H_
