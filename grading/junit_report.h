// Part of Raftlab, under the MIT License (see LICENSE).
//
// Results as JUnit XML, for CI servers: a suite for each stage, a case for each test. A failing
// test's <failure> carries the verdict as its type, the message, and the report with the line that
// replays it; a test that we could not finish has an <error>. Well-formed whatever bytes a
// student's text has.

#ifndef RAFTLAB_GRADING_JUNIT_REPORT_H_
#define RAFTLAB_GRADING_JUNIT_REPORT_H_

#include <string>

#include "grading/results.h"

namespace grading {

std::string JunitReport(const Results& results);

}  // namespace grading

#endif  // RAFTLAB_GRADING_JUNIT_REPORT_H_
