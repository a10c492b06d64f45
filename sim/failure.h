// Part of Raftlab, under the MIT License (see LICENSE).
//
// How a run ends badly: a verdict, a sentence that names the rule, and the report around it.

#ifndef RAFTLAB_SIM_FAILURE_H_
#define RAFTLAB_SIM_FAILURE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class Verdict {
  kPass,
  kSkip,              // the test's situation cannot arise for this implementation; says why
  kSafety,            // a rule of Raft, or of the service, was broken
  kLinearizability,   // a client saw something that no single server could have answered
  kLiveness,          // progress did not come in time
  kBudget,            // too many RPCs, bytes, terms
  kContract,          // the lab's interface was not kept
  kDeadlock,          // fibers wait for each other
  kCrash,             // a signal, an escaped exception, a stack overflow
  kHang,              // a fiber computes without end
  kNondeterministic,  // the same seed ran differently twice
  kFrameworkFault,    // our fault; never costs a student anything
};

// "pass", "safety", ..., "framework-fault".
std::string_view VerdictName(Verdict verdict);
std::optional<Verdict> VerdictFromName(std::string_view name);

// One frame of a backtrace, before it is resolved to file and line: the parent process does that.
struct Frame {
  std::string module;   // path of the program or library
  uint64_t offset = 0;  // of the instruction, within it
};

struct Failure {
  Verdict verdict = Verdict::kFrameworkFault;
  std::string message = {};              // one sentence: the rule that was broken, wanted and got
  std::vector<std::string> detail = {};  // further lines, ready to print
  std::vector<Frame> backtrace = {};     // where it makes sense: crash, hang, contract
};

// Ends the run: hands the failure to the handler, which does not return. May be called from
// anywhere on the world's thread, on either side of the border.
[[noreturn]] void Fail(Failure failure);
[[noreturn]] void Fail(Verdict verdict, std::string message);

// While it lives, these words stand before the message of every failure: "group 101: ".
class FailureContext {
 public:
  explicit FailureContext(const std::string& words);
  FailureContext(const FailureContext&) = delete;
  FailureContext& operator=(const FailureContext&) = delete;
  ~FailureContext();

 private:
  const std::string before_;
};

// Whoever runs the world sets this (run.h does); without one, Fail prints and aborts.
using FailureHandler = std::function<void(const Failure&)>;
void SetFailureHandler(FailureHandler handler);

// The frames of the calling fiber, innermost first. `interrupted` is the instruction, if any, that
// a signal came at.
std::vector<Frame> CaptureBacktrace(const void* interrupted = nullptr);

}  // namespace sim

#endif  // RAFTLAB_SIM_FAILURE_H_
