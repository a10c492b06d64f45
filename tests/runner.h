// Part of Raftlab, under the MIT License (see LICENSE).
//
// A test program: all tests of a lab, each (test, seed) in a child process. It works three ways.
//
//   raft_tests [GoogleTest's flags] [--seeds N | --seed S] [--strategy NAME]
//       as a GoogleTest program, for ctest and editors; seeds 1 to N (default 1).
//   raft_tests --list | --worker --jobs J
//       for ./lab: see worker.h.
//   raft_tests --replay Suite.Test --seed S ...
//       one run with its log: see replay.h.

#ifndef RAFTLAB_TESTS_RUNNER_H_
#define RAFTLAB_TESTS_RUNNER_H_

#include <string>

#include "sim/run.h"
#include "tests/registry.h"

namespace tests {

// A test's run, as sim/run.h wants it.
sim::RunBody BodyOf(const LabTest& test);

// `./lab replay Raft2A.InitialElection --seed 17`, with what differs from the defaults.
std::string ReplayCommand(const LabTest& test, const sim::RunOptions& options);

struct ConfirmedRun {
  sim::RunResult result;
  std::string report;  // for people; empty on pass and skip
};

// A run that has failed is run again, verbosely: to confirm the verdict before anybody loses a
// point by it, and to have the log. So is every tenth seed that has passed. If it comes out
// differently, the verdict is kNondeterministic.
ConfirmedRun Confirm(const LabTest& test, const sim::RunOptions& options,
                     const sim::RunResult& first);

int Main(int argc, char** argv);

}  // namespace tests

#endif  // RAFTLAB_TESTS_RUNNER_H_
