// Part of Raftlab, under the MIT License (see LICENSE).
//
// Crash sweeps: a short scenario again and again, each time with new servers, and each time one of
// them crashes right after its k-th message or its k-th save, for k = 1, 2, 3, ... until it has
// fewer of them. So there is no moment between two outputs that a crash does not hit. After each
// crash the server restarts, and the servers must make progress; the oracles watch that nothing
// that was promised before the crash is forgotten.
//
// n0 is the first to stand for election, n1 and n2 its voters.

#ifndef RAFTLAB_TESTS_CRASH_SWEEP_H_
#define RAFTLAB_TESTS_CRASH_SWEEP_H_

#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "tests/cluster.h"

namespace tests {

class CrashSweep {
 public:
  // `cluster` has three servers.
  explicit CrashSweep(Cluster& cluster);
  CrashSweep(const CrashSweep&) = delete;
  CrashSweep& operator=(const CrashSweep&) = delete;

  struct Part {
    const char* about = "";  // "the leader's saves", for the log
    int victim = 0;
    Cluster::CrashPoint point = Cluster::CrashPoint::kMessage;
    // What happens before, without a crash; the outputs of `scenario` are counted. Either calls the
    // functions below, which return when the victim has crashed.
    std::function<void()> before = [] {};
    std::function<void()> scenario;
    int most = 40;  // the last k
  };
  // Sweeps over half of the parts, which by seed, as far as the virtual time of a run goes.
  void Run(const std::vector<Part>& parts);

  // --- Steps of a scenario. ---

  // These servers begin to run, or go on, when n0 has asked for a vote, which so gets theirs before
  // they stand themselves. Waits until it leads.
  void Elect(const std::vector<int>& voters = {1, 2});
  // Gives commands to whoever leads, one by one, and waits until each is committed.
  void Commit(int commands);
  // Waits until `done` holds, but not longer than `limit`.
  void Await(absl::Duration limit, const std::function<bool()>& done);
  // n2 is away from now on; it comes back at last when the victim has crashed.
  void CutOff2() { cluster_.Disconnect(2); }

 private:
  // False if the victim had fewer than k outputs.
  bool RunOnce(const Part& part, int k);
  // The victim restarts, at once or later. Often only it and a server that may lack what it had are
  // up at first: what only the victim had promised must come from its disk.
  void Recover(int victim);
  bool VictimIsDown() const { return !cluster_.up(victim_); }

  Cluster& cluster_;
  int victim_ = 0;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_CRASH_SWEEP_H_
