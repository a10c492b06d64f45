// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/roster.h"

#include <algorithm>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grading/rubric.h"

namespace grading {

absl::StatusOr<std::vector<Student>> ParseRoster(std::string_view csv, const std::string& name) {
  const auto rows = ParseCsv(
      csv, {"submission", "student", "id", "sis_user_id", "sis_login_id", "section", "email"},
      name);
  if (!rows.ok()) {
    return absl::InvalidArgumentError(rows.status().message());
  }
  std::vector<Student> roster;
  for (const std::vector<std::string>& row : *rows) {
    if (row[0].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": the row of \"", row[1], "\" names no submission."));
    }
    const Student student = {row[0], row[1], row[2], row[3], row[4], row[5], row[6]};
    if (std::ranges::find(roster, student) != roster.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": \"", row[1], "\" of ", row[0], " is there twice."));
    }
    roster.push_back(student);
  }
  return roster;
}

std::vector<StudentGrade> MatchRoster(const ClassGrades& grades,
                                      const std::vector<Student>& roster) {
  std::vector<StudentGrade> matched;
  for (const Grade& grade : grades.grades) {
    const size_t before = matched.size();
    for (const Student& student : roster) {
      if (student.submission == grade.submission) matched.push_back({student, &grade});
    }
    if (matched.size() > before) continue;
    Student student;
    student.submission = grade.submission;
    student.student = grade.submission;
    student.sis_login_id = grade.submission;
    matched.push_back({student, &grade});
  }
  return matched;
}

std::string RosterGaps(const ClassGrades& grades, const std::vector<Student>& roster) {
  std::set<std::string> graded;
  std::set<std::string> known;
  for (const Grade& grade : grades.grades) graded.insert(grade.submission);
  for (const Student& student : roster) known.insert(student.submission);
  std::vector<std::string> strangers;
  std::vector<std::string> absent;
  std::ranges::set_difference(graded, known, std::back_inserter(strangers));
  std::ranges::set_difference(known, graded, std::back_inserter(absent));
  std::string text;
  if (!strangers.empty()) {
    absl::StrAppend(&text,
                    "the roster does not have these submissions, whose names stand as SIS "
                    "Login ID: ",
                    absl::StrJoin(strangers, ", "), ".\n");
  }
  if (!absent.empty()) {
    absl::StrAppend(
        &text, "of these in the roster nothing was graded: ", absl::StrJoin(absent, ", "), ".\n");
  }
  return text;
}

}  // namespace grading
