// Part of Raftlab, under the MIT License (see LICENSE).
//
// What did the user mean? Edit distance, patterns, and the choice of tests by name. All of it
// ignores case.

#ifndef RAFTLAB_GRADING_NAMES_H_
#define RAFTLAB_GRADING_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/results.h"

namespace grading {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
int EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, the first of equals; empty if none is near enough to be meant.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// "; the nearest is X." if there is one, else ".": the end of a sentence about a wrong name.
std::string NearestHint(std::string_view word, const std::vector<std::string>& candidates);

// `pattern` with * for any text and ? for any character, against the whole of `text`.
bool MatchesGlob(std::string_view pattern, std::string_view text);

// The tests that `word` names, in list order: all (""), a lab ("2", "lab2"), a stage ("2A"), a
// suite
// ("Raft2A"), a test ("Raft2B.Backup" or "Backup"), a pattern ("*Churn"), or a part of a name
// ("churn"). The first of these readings that finds a test is the one; none is an InvalidArgument
// that names the nearest.
absl::StatusOr<std::vector<Test>> SelectTests(const std::vector<Test>& tests,
                                              std::string_view word);

// The one test of this name, or InvalidArgument.
absl::StatusOr<Test> FindTest(const std::vector<Test>& tests, std::string_view word);

}  // namespace grading

#endif  // RAFTLAB_GRADING_NAMES_H_
