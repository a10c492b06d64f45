// Part of Raftlab, under the MIT License (see LICENSE).

#include "linearizability/report.h"

namespace linearizability {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLegal:
      return "legal";
    case Verdict::kIllegal:
      return "illegal";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "?";
}

}  // namespace linearizability
