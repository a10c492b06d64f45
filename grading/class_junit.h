// Part of Raftlab, under the MIT License (see LICENSE).
//
// Grades as JUnit XML: a suite for each submission, in it a case "build" and a case for each test
// of the score sheet. A case's properties are points, weight, passed, runs, and of a failing one
// seed and replay. Well-formed whatever bytes a student's text has.

#ifndef RAFTLAB_GRADING_CLASS_JUNIT_H_
#define RAFTLAB_GRADING_CLASS_JUNIT_H_

#include <string>

#include "grading/grade.h"

namespace grading {

std::string GradeJunit(const Grade& grade);
std::string ClassJunit(const ClassGrades& grades);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CLASS_JUNIT_H_
