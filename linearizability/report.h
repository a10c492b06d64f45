// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a check of a history says.

#ifndef RAFTLAB_LINEARIZABILITY_REPORT_H_
#define RAFTLAB_LINEARIZABILITY_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linearizability {

enum class Verdict {
  kLegal,    // an order exists that explains every answer
  kIllegal,  // none exists
  kUnknown,  // the budget ran out, or the history is none; never to be taken for legal
};

const char* VerdictName(Verdict verdict);

// What a check may cost.
struct Limits {
  // How many times a model is asked to take a step, over all parts of the history: some millions a
  // second.
  uint64_t max_steps = 50'000'000;
  // What is remembered of places already searched. Past this the oldest is forgotten: the search
  // may then go over a place again, and run out of steps, but its verdict is never wrong by it.
  uint64_t max_cache_bytes = uint64_t{256} << 20;
  // What may be spent, after an illegal history was found, on naming few operations.
  uint64_t max_explain_steps = 5'000'000;
  // For the eye: Report's order and culprit, also where the verdict does without.
  bool wants_order = false;
};

struct Report {
  Verdict verdict = Verdict::kLegal;
  // In words: why the history is illegal, or why the verdict is unknown. Empty if legal.
  std::string explanation = {};
  // Where it is illegal: the part of the history (the key), if the model splits histories.
  std::string part = {};
  // Operations that cannot be ordered, whatever the others did, by index in the history and in
  // order of their calls. None could be left out, unless the budget for explaining ran out.
  std::vector<size_t> witness = {};
  // The longest prefix of the part that is linearizable ends right before this operation returned.
  std::optional<size_t> culprit = {};
  // A legal order of that prefix; if the history is legal, and only with Limits::wants_order, of
  // all of it. Some open operations are not in it. Without Limits::wants_order the fast path gives
  // neither culprit nor order; without them at all, they could not be found within the budget.
  std::vector<size_t> order = {};
  uint64_t steps = 0;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_REPORT_H_
