// Part of Raftlab, under the MIT License (see LICENSE).
//
// One submission's report for its student: points by stage and test, why each lost point was lost
// and the line that replays it, findings, the build, and what it was graded with.

#ifndef RAFTLAB_GRADING_STUDENT_HTML_H_
#define RAFTLAB_GRADING_STUDENT_HTML_H_

#include <string>

#include "grading/grade.h"

namespace grading {

std::string StudentHtml(const Grade& grade);

}  // namespace grading

#endif  // RAFTLAB_GRADING_STUDENT_HTML_H_
