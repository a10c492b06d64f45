// Part of Raftlab, under the MIT License (see LICENSE).
//
// A command run to its end under limits: nothing that it started outlives it, and no more of its
// output is held than was asked for.

#ifndef RAFTLAB_GRADING_RUN_LIMITED_H_
#define RAFTLAB_GRADING_RUN_LIMITED_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/sandbox.h"

namespace grading {

struct LimitedRun {
  std::string end;    // "", "ended with exit code 1", "was killed by signal 11 (...)"
  std::string limit;  // "", "used up its 60 s of CPU time"; then `end` tells only how it died
  std::string output;
  bool output_cut = false;
  double cpu_seconds = 0;  // of all its processes
  double wall_seconds = 0;

  bool ok() const { return end.empty() && limit.empty(); }
  const std::string& Why() const { return limit.empty() ? end : limit; }
};

enum class Streams { kOutputAndErrors, kOutput };  // what is kept; the other is dropped

// Runs `command`, whose program is looked for in PATH, with an empty standard input and no other
// descriptor of this process. It enforces the wall limit and the output limit; the others are in
// the command (Sandbox::Command). An error is ours: no process could be started, or an interrupt
// came (Cancelled).
absl::StatusOr<LimitedRun> RunLimited(const std::vector<std::string>& command,
                                      const SandboxLimits& limits,
                                      Streams streams = Streams::kOutputAndErrors);

}  // namespace grading

#endif  // RAFTLAB_GRADING_RUN_LIMITED_H_
