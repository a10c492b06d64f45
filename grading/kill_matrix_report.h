// Part of Raftlab, under the MIT License (see LICENSE).
//
// The zoo's results for people: lines and a summary for a terminal, and one HTML page. Pure.

#ifndef RAFTLAB_GRADING_KILL_MATRIX_REPORT_H_
#define RAFTLAB_GRADING_KILL_MATRIX_REPORT_H_

#include <string>
#include <vector>

#include "grading/kill_matrix.h"

namespace grading {

// A mutant's line; `width` is that of the names.
std::string MutantLine(const ZooEntry& entry, size_t width);

// What is wrong with the zoo, one by one, what each test is worth (if all were run), and the
// counts.
std::string ZooSummary(const MutantPlan& plan, const std::vector<ZooEntry>& zoo);

// The line of counts: "150 mutants: 143 killed, 2 survived...".
std::string ZooCounts(const std::vector<ZooEntry>& zoo);

// `how` says how the zoo was run.
std::string KillMatrixHtml(const MutantPlan& plan, const std::vector<ZooEntry>& zoo,
                           const std::string& how);

}  // namespace grading

#endif  // RAFTLAB_GRADING_KILL_MATRIX_REPORT_H_
