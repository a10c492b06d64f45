// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a run ended with. The names are the test programs' (sim/failure.h); this tool reads them
// from the protocol and links nothing of the world, whose clock is not ours.

#ifndef RAFTLAB_GRADING_VERDICT_H_
#define RAFTLAB_GRADING_VERDICT_H_

#include <optional>
#include <string_view>

namespace grading {

enum class Verdict {
  kPass,
  kSkip,             // the test's situation cannot arise for this implementation
  kSafety,           // a rule of Raft, or of the service, was broken
  kLinearizability,  // a client saw what no single server could have answered
  kLiveness,         // progress did not come in time
  kBudget,           // too many RPCs, bytes, terms
  kContract,         // the lab's interface was not kept
  kDeadlock,
  kCrash,
  kHang,
  kNondeterministic,  // the same seed ran differently twice
  kFrameworkFault,    // ours; never costs a student anything
};
inline constexpr int kVerdicts = 12;

std::string_view VerdictName(Verdict verdict);
std::optional<Verdict> VerdictFromName(std::string_view name);

// Does this run count against the submission? Neither a skip nor a fault of ours does.
bool IsFailure(Verdict verdict);

// Wrong answers, as opposed to none: they cap a test's points (points.h).
bool IsWrongAnswer(Verdict verdict);

}  // namespace grading

#endif  // RAFTLAB_GRADING_VERDICT_H_
