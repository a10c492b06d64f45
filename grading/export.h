// Part of Raftlab, under the MIT License (see LICENSE).
//
// The folder of a graded class, written by `./lab grade` and read by `./lab export`:
//
//   grades.json, grades.html, grades.csv, canvas.csv, moodle.csv, junit.xml
//   submissions/NAME/grade.json, submissions/NAME/report.html
//
// Every file appears under its name only when it is whole. Errors are sentences; InvalidArgument is
// for the user to repair.

#ifndef RAFTLAB_GRADING_EXPORT_H_
#define RAFTLAB_GRADING_EXPORT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grading/grade.h"
#include "grading/gradebook_csv.h"
#include "grading/roster.h"

namespace grading {

// What the gradebooks' files are told beyond the grades.
struct Gradebook {
  std::vector<Student> roster;
  ColumnTitles titles;
};

// Everything. REQUIRES: the grades are whole, not abridged (grade_json.h).
absl::Status WriteReports(const ClassGrades& grades, const std::string& out_dir,
                          const Gradebook& gradebook = {});

// The two files of one submission; a grading run may call it as soon as the grade is known.
absl::Status WriteGrade(const Grade& grade, const std::string& out_dir);

// The files of the class as a whole; the grades may be abridged.
absl::Status WriteClassReports(const ClassGrades& grades, const std::string& out_dir,
                               const Gradebook& gradebook);

// From grades.json: abridged.
absl::StatusOr<ClassGrades> ReadClass(const std::string& out_dir);

// From submissions/NAME/grade.json: whole. NotFound if there is none.
absl::StatusOr<Grade> ReadGrade(const std::string& out_dir, const std::string& submission);

// May the name be a folder's? Letters, digits, '.', '_', '-'; neither "." nor "..".
bool IsSubmissionName(std::string_view name);

absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace grading

#endif  // RAFTLAB_GRADING_EXPORT_H_
