// Part of Raftlab, under the MIT License (see LICENSE).
//
// Grades many submissions, some at once, each in a process of its own: no trouble with one touches
// another.

#ifndef RAFTLAB_GRADING_GRADE_CLASS_H_
#define RAFTLAB_GRADING_GRADE_CLASS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grading/grade_one.h"

namespace grading {

// Grades all of them and writes each grade to `out` (export.h) as soon as it is known; grades that
// are there already and would be the same are kept. Shows a progress bar, and a line for each.
// Cancelled after an interrupt: what is done is kept. Otherwise every submission has a grade, of a
// fault of ours at worst.
absl::Status GradeClass(const GradingPlan& plan, const std::vector<SubmissionPath>& submissions,
                        int at_once, const std::string& out, const Site& site,
                        const Sandbox& sandbox);

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADE_CLASS_H_
