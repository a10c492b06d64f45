// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/grade.h"

#include <array>

namespace grading {
namespace {

constexpr std::array<std::string_view, 3> kSeverities = {"note", "warning", "error"};

}  // namespace

std::string_view SeverityName(Finding::Severity severity) {
  return kSeverities[static_cast<size_t>(severity)];
}

std::optional<Finding::Severity> SeverityFromName(std::string_view name) {
  for (size_t i = 0; i < kSeverities.size(); ++i) {
    if (kSeverities[i] == name) return static_cast<Finding::Severity>(i);
  }
  return std::nullopt;
}

}  // namespace grading
