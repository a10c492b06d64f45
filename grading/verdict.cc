// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/verdict.h"

#include <array>

namespace grading {
namespace {

constexpr std::array<std::string_view, kVerdicts> kNames = {
    "pass",     "skip",  "safety", "linearizability",  "liveness",       "budget", "contract",
    "deadlock", "crash", "hang",   "nondeterministic", "framework-fault"};

}  // namespace

std::string_view VerdictName(Verdict verdict) { return kNames[static_cast<size_t>(verdict)]; }

std::optional<Verdict> VerdictFromName(std::string_view name) {
  for (int i = 0; i < kVerdicts; ++i) {
    if (kNames[static_cast<size_t>(i)] == name) return static_cast<Verdict>(i);
  }
  return std::nullopt;
}

bool IsFailure(Verdict verdict) {
  return verdict != Verdict::kPass && verdict != Verdict::kSkip &&
         verdict != Verdict::kFrameworkFault;
}

bool IsWrongAnswer(Verdict verdict) {
  return verdict == Verdict::kSafety || verdict == Verdict::kLinearizability;
}

}  // namespace grading
