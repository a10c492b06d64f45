// Part of Raftlab, under the MIT License (see LICENSE).
//
// The class on one page, for graders and instructors: a table of submissions and stages that sorts
// and filters, how the points are spread, which tests bite, and all findings. What is sorted and
// filtered stands in the address, as in grades.html#sort=2B&dir=desc&filter=safety.

#ifndef RAFTLAB_GRADING_CLASS_HTML_H_
#define RAFTLAB_GRADING_CLASS_HTML_H_

#include <string>

#include "grading/grade.h"

namespace grading {

// Links to each student's page as submissions/NAME/report.html.
std::string ClassHtml(const ClassGrades& grades);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CLASS_HTML_H_
