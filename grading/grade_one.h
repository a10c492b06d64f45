// Part of Raftlab, under the MIT License (see LICENSE).
//
// Grades one submission: takes its files, builds them, runs the tests with the judge outside,
// counts the points. Whatever the submission does becomes a finding, a verdict or a build error in
// its grade.

#ifndef RAFTLAB_GRADING_GRADE_ONE_H_
#define RAFTLAB_GRADING_GRADE_ONE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grading/catalog.h"
#include "grading/grade.h"
#include "grading/intake.h"
#include "grading/sandbox.h"

namespace grading {

// What is asked of every submission of a class.
struct GradingPlan {
  Catalog catalog;  // of the stages that were asked for
  std::vector<RubricRow> rubric;
  std::vector<EditableFile> editable;
  bool reference_raft = false;  // services run on the reference's Raft, not on the student's own
  std::string strategy;
  std::vector<uint64_t> seeds;  // without a key
  int seed_count = 0;
  std::string key_file;       // seeds are derived from it (crypto.h); empty: `seeds`
  bool shared_seeds = false;  // with a key: the same ones for the whole class
  absl::Duration budget = absl::InfiniteDuration();  // of real time, for a submission's runs
  int jobs = 1;
  std::string framework;  // who grades: the commit and the digest of the judge
  std::string compiler;
};

// `old` is an earlier grade of a submission of this name, or null: it is returned as it is if the
// files, the plan and the framework are the same. `on_run` is called with the number of runs that
// have ended, and of those that are still to come at most.
//
// An error is ours: Cancelled after an interrupt, else a sentence.
absl::StatusOr<Grade> GradeSubmission(const GradingPlan& plan, const SubmissionPath& from,
                                      const Grade* old, const Site& site, const Sandbox& sandbox,
                                      const std::function<void(int done, int left)>& on_run);

// The grade of a submission that we could not grade: nothing is possible, nothing is lost.
Grade FaultGrade(const GradingPlan& plan, const SubmissionPath& from, const std::string& why);

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADE_ONE_H_
