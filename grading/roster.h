// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which student handed in which submission, as the course's own CSV says. A submission of a group
// has a row for each of its students.

#ifndef RAFTLAB_GRADING_ROSTER_H_
#define RAFTLAB_GRADING_ROSTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/grade.h"

namespace grading {

struct Student {
  std::string submission;
  std::string student;  // "Liskov, Barbara"
  std::string id;       // Canvas's own number
  std::string sis_user_id;
  std::string sis_login_id;
  std::string section;
  std::string email;

  bool operator==(const Student&) const = default;
};

// A CSV that begins with the row
//   submission,student,id,sis_user_id,sis_login_id,section,email
// InvalidArgument names the row that is wrong; `name` is the file's.
absl::StatusOr<std::vector<Student>> ParseRoster(std::string_view csv, const std::string& name);

// A grade and one of its students.
struct StudentGrade {
  Student student;
  const Grade* grade = nullptr;
};

// Every grade, in the class's order, once for each of its students; a submission that the roster
// does not have is a student of whom only the SIS login is known: the submission's name.
std::vector<StudentGrade> MatchRoster(const ClassGrades& grades,
                                      const std::vector<Student>& roster);

// What does not match, in sentences; empty if all does. For people, before they import.
std::string RosterGaps(const ClassGrades& grades, const std::vector<Student>& roster);

}  // namespace grading

#endif  // RAFTLAB_GRADING_ROSTER_H_
