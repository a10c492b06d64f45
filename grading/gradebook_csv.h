// Part of Raftlab, under the MIT License (see LICENSE).
//
// Grades for gradebooks. A stage's column has 0 to 100 points; its cell is empty if nothing of it
// could be graded.

#ifndef RAFTLAB_GRADING_GRADEBOOK_CSV_H_
#define RAFTLAB_GRADING_GRADEBOOK_CSV_H_

#include <map>
#include <string>
#include <vector>

#include "grading/grade.h"
#include "grading/roster.h"

namespace grading {

// A stage's name to the title of its column; "Lab 2A" for those that are not named. Canvas binds
// "Lab 2A (12345)" to its assignment 12345.
using ColumnTitles = std::map<std::string, std::string>;

// One row a submission, for any program: submission, status, stages, labs, total, findings, digest.
std::string PlainCsv(const ClassGrades& grades);

// For Canvas's import of grades: Student,ID,SIS User ID,SIS Login ID,Section, then the stages, and
// a row of Points Possible. Canvas finds a student by ID, else SIS User ID, else SIS Login ID.
std::string CanvasCsv(const ClassGrades& grades, const std::vector<Student>& roster,
                      const ColumnTitles& titles);

// For Moodle's import of grades: Username,Email address, then each stage and its feedback.
std::string MoodleCsv(const ClassGrades& grades, const std::vector<Student>& roster,
                      const ColumnTitles& titles);

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADEBOOK_CSV_H_
