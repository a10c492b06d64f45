// Part of Raftlab, under the MIT License (see LICENSE).
//
// One run, in a forked child process: the parent never runs a world itself. So no run can disturb
// the next, each starts from the same memory, and whatever goes wrong in one becomes its verdict.

#ifndef RAFTLAB_SIM_RUN_H_
#define RAFTLAB_SIM_RUN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "sim/failure.h"
#include "sim/world.h"

namespace sim {

struct RunOptions {
  uint64_t seed = 1;
  StrategyKind strategy = StrategyKind::kRandom;
  int cpu = -1;               // the processor to stay on; -1: any
  bool verbose = false;       // keep log lines for the report, or print them
  bool print_lines = false;   // each line on standard output as it happens
  bool print_hashes = false;  // and behind it the exact time and the run's hash
  std::function<bool(Nanos, NodeId, Topic)> line_filter = {};  // which to print; all if empty
  std::string replay_tape = {};  // text of a tape to read choices from; empty: drawn from the seed
  bool record_tape = false;      // return the tape of the run
  bool draw_page = false;        // return the world's page
};

struct RunResult {
  Verdict verdict = Verdict::kFrameworkFault;
  std::string message;                  // one sentence; empty on pass
  std::vector<std::string> detail;      // further lines
  std::vector<std::string> backtrace;   // "raft/raft.cc:120 raft::Raft::Start(...)"
  std::vector<std::string> last_lines;  // the last events of each node, if verbose
  std::vector<std::string> warnings;
  std::string output;  // what the run printed, at most 64 KiB of it
  uint64_t hash = 0;
  uint64_t events = 0;
  Nanos virtual_time = 0;
  int64_t cpu_micros = 0;
  int64_t real_micros = 0;
  int64_t peak_kilobytes = 0;
  std::map<std::string, int64_t> stats;
  std::string tape;
  std::string page;
};

// What a run does in its world: add nodes, Run a test. It returns to pass, and calls Fail to fail.
using RunBody = std::function<void(World&)>;

// Limits of one run. They are the machine's, far above what any honest run needs.
inline constexpr int64_t kOutputLimitBytes = int64_t{16} << 20;
inline constexpr int kCpuLimitSeconds = 60;
inline constexpr int kHangCpuSeconds = 2;  // in one turn of one fiber

// A child process that is on its way.
class ChildRun {
 public:
  // Forks. The parent must have one thread.
  static ChildRun Start(const RunOptions& options, const RunBody& body);

  pid_t pid() const { return pid_; }
  // Waits for the child's end and reads its result. Call once.
  RunResult Collect();

 private:
  pid_t pid_ = -1;
  int result_fd_ = -1;
  int output_fd_ = -1;
  int64_t started_micros_ = 0;
};

RunResult RunInChild(const RunOptions& options, const RunBody& body);

// Runs the body in this very process, for a debugger: prints the report and exits.
[[noreturn]] void RunHere(const RunOptions& options, const RunBody& body);

// The failure report, as a student reads it: the rule, the facts, the backtrace, the last events.
// Ends with a newline. `name` is the test's, `replay` the command that runs it again.
std::string FormatReport(const RunResult& result, const std::string& name,
                         const RunOptions& options, const std::string& replay);

// Runs the same twice, verbosely, and compares event by event. Nothing if they agree; otherwise the
// last common event and the two that differ.
std::optional<std::string> FindDivergence(RunOptions options, const RunBody& body);

// Starts the program again, once, so that it behaves the same in every run even where it may not
// rely on it: without address-space randomisation (hash maps, the order of pointers), and without
// the allocator's cache of small blocks, which would keep EnterWorld()'s pattern from them. Where
// the system forbids the former, says so on standard error and goes on.
void MakeRepeatable(char** argv);

}  // namespace sim

#endif  // RAFTLAB_SIM_RUN_H_
