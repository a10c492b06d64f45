// Part of Raftlab, under the MIT License (see LICENSE).
//
// One grade in the formats that course platforms read. All of them are valid whatever bytes a
// student's text has, and of bounded size. A stage has 100 points; a test that could not be graded
// through a fault of ours costs nothing: the points of the others are scaled up.

#ifndef RAFTLAB_GRADING_PLATFORMS_H_
#define RAFTLAB_GRADING_PLATFORMS_H_

#include <set>
#include <string>

#include "grading/grade.h"

namespace grading {

struct GradescopeOptions {
  // Tests that students may not see yet, by name, and when they may: "hidden", "after_due_date",
  // "after_published", "visible". While one is hidden, Gradescope hides the total too.
  std::set<std::string> not_public;
  std::string visibility = "hidden";
  // Of a submission with every point: its RPCs and the bytes sent, fewer being better.
  bool leaderboard = false;
};

// What the options of --visibility may be.
bool IsGradescopeVisibility(const std::string& visibility);

// results.json of an autograder. Its "score" is the sum over the stages; it has none if nothing
// could be graded, and Gradescope then says that the autograder failed.
std::string GradescopeResults(const Grade& grade, const GradescopeOptions& options);

// For $GITHUB_OUTPUT of an Actions step: a line "stage2A=<base64>" for each stage, in the form of
// GitHub Classroom's graders. The step of autograding-grading-reporter gets
// STAGE2A_RESULTS: ${{steps.<id>.outputs.stage2A}} and runners: stage2A. The scores sum to the
// points; an old reporter that counts passed tests instead shows fewer in its table, not in what it
// reports.
std::string GithubClassroomOutputs(const Grade& grade);

// What Autolab's autograder prints: what failed, for people, then the line with the stages' checks
// ("semantic" presentation), then the last line, with the scores: a problem for each stage.
std::string AutolabOutput(const Grade& grade);

// results.json of PrairieLearn's external grading, its "score" from 0 to 1. A submission that does
// not build is not gradable, and costs the student no attempt.
std::string PrairieLearnResults(const Grade& grade);

}  // namespace grading

#endif  // RAFTLAB_GRADING_PLATFORMS_H_
