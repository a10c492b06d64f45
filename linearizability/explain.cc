// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/explain.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace linearizability {
namespace {

constexpr size_t kMostLines = 12;

bool IsBefore(const WitnessLine& x, const WitnessLine& y) {
  return x.return_ns && *x.return_ns < y.call_ns;
}

// Whether a third operation lies between the two, so that it need not be said of them.
bool FollowsFromOthers(const std::vector<WitnessLine>& lines, const WitnessLine& x,
                       const WitnessLine& y) {
  for (const WitnessLine& z : lines) {
    if (IsBefore(x, z) && IsBefore(z, y)) return true;
  }
  return false;
}

}  // namespace

std::string ExplainWitness(const std::vector<WitnessLine>& lines) {
  if (lines.size() == 1) {
    return absl::StrCat(lines[0].description, ", which cannot be, whatever the others did.");
  }
  std::string text =
      absl::StrCat("No order of these ", lines.size(),
                   " operations explains what they returned, whatever the others did:\n");
  // The latest, if there are too many: what was returned last is what went wrong.
  const size_t hidden = lines.size() - std::min(lines.size(), kMostLines);
  if (hidden > 0) absl::StrAppend(&text, "  ", hidden, " earlier ones, and\n");
  for (size_t i = hidden; i < lines.size(); ++i) {
    absl::StrAppend(&text, "  ", lines[i].description, "\n");
  }
  if (hidden > 0) return text;
  for (const WitnessLine& x : lines) {
    for (const WitnessLine& y : lines) {
      if (!IsBefore(x, y) || FollowsFromOthers(lines, x, y)) continue;
      absl::StrAppend(&text, x.call, " had returned before ", y.call, " began.\n");
    }
  }
  return text;
}

}  // namespace linearizability
