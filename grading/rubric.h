// Part of Raftlab, under the MIT License (see LICENSE).
//
// The course's data: handout/stages.csv (the stages, their test programs and their share of the
// lab) and handout/rubric.csv (each test's points and title), and the check that the rubric and the
// test programs name the same tests.

#ifndef RAFTLAB_GRADING_RUBRIC_H_
#define RAFTLAB_GRADING_RUBRIC_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/results.h"

namespace grading {

struct Stage {
  std::string name;     // "2A"
  std::string lab;      // "2"
  std::string program;  // "raft_tests", in the build's tests/
  double percent = 0;   // of the lab; the stages of a lab sum to 100
  std::string title;

  bool operator==(const Stage&) const = default;
};

struct RubricRow {
  std::string stage;
  std::string test;
  double points = 0;  // of the stage; the tests of a stage sum to 100
  std::string title;
  bool is_public = true;  // a hidden test is graded, but no handout has it
};

// Rows of fields from text as in RFC 4180, without the header, which must be `header`. `name` is
// the file's, for errors.
absl::StatusOr<std::vector<std::vector<std::string>>> ParseCsv(
    std::string_view text, const std::vector<std::string>& header, const std::string& name);

absl::StatusOr<std::vector<Stage>> ParseStages(std::string_view csv);
// The column `public` (yes or no) is the instructor's: a handout's rubric is without it, and
// without the rows that say no.
absl::StatusOr<std::vector<RubricRow>> ParseRubric(std::string_view csv);

// FailedPrecondition that names every test without a row, row without a test, row under another
// stage than its test's, row that is there twice, and stage whose points are not 100.
absl::Status CheckRubric(const std::vector<RubricRow>& rubric, const std::vector<Test>& tests);

}  // namespace grading

#endif  // RAFTLAB_GRADING_RUBRIC_H_
