// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/export.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "grading/class_html.h"
#include "grading/class_junit.h"
#include "grading/grade_json.h"
#include "grading/output_file.h"
#include "grading/student_html.h"

namespace grading {
namespace {

absl::Status WriteFile(const std::string& path, const std::string& text) {
  absl::StatusOr<OutputFile> file = OutputFile::Open("--out", path);
  return file.ok() ? file->Write(text) : file.status();
}

std::string FolderOf(const std::string& out_dir, const std::string& submission) {
  return absl::StrCat(out_dir, "/submissions/", submission);
}

absl::Status CheckName(const std::string& submission) {
  if (IsSubmissionName(submission)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", submission, "\" is no name of a submission; one has letters, digits, '.', '_', '-'."));
}

// "DIR/grades.json is not ...: why; grade again."
absl::Status BadFile(const std::string& path, const absl::Status& why, const std::string& cure) {
  return absl::InvalidArgumentError(absl::StrCat(path, " ", why.message(), "; ", cure));
}

}  // namespace

absl::Status WriteReports(const ClassGrades& grades, const std::string& out_dir,
                          const Gradebook& gradebook) {
  absl::Status status;
  for (const Grade& grade : grades.grades) status.Update(WriteGrade(grade, out_dir));
  // Last, so that where there is a class every grade of it is there.
  status.Update(WriteClassReports(grades, out_dir, gradebook));
  return status;
}

absl::Status WriteGrade(const Grade& grade, const std::string& out_dir) {
  absl::Status status = CheckName(grade.submission);
  if (!status.ok()) return status;
  const std::string folder = FolderOf(out_dir, grade.submission);
  status = MakeFolder("--out", folder);
  if (!status.ok()) return status;
  status.Update(WriteFile(folder + "/report.html", StudentHtml(grade)));
  status.Update(WriteFile(folder + "/grade.json", GradeJson(grade)));
  return status;
}

absl::Status WriteClassReports(const ClassGrades& grades, const std::string& out_dir,
                               const Gradebook& gradebook) {
  absl::Status status = MakeFolder("--out", out_dir);
  if (!status.ok()) return status;
  const auto& [roster, titles] = gradebook;
  status.Update(WriteFile(out_dir + "/grades.json", ClassJson(grades)));
  status.Update(WriteFile(out_dir + "/grades.html", ClassHtml(grades)));
  status.Update(WriteFile(out_dir + "/grades.csv", PlainCsv(grades)));
  status.Update(WriteFile(out_dir + "/canvas.csv", CanvasCsv(grades, roster, titles)));
  status.Update(WriteFile(out_dir + "/moodle.csv", MoodleCsv(grades, roster, titles)));
  status.Update(WriteFile(out_dir + "/junit.xml", ClassJunit(grades)));
  return status;
}

absl::StatusOr<ClassGrades> ReadClass(const std::string& out_dir) {
  const std::string path = out_dir + "/grades.json";
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(text.status().message(), "; name the folder that `./lab grade --out` wrote."));
  }
  absl::StatusOr<ClassGrades> grades = ClassFromJson(*text);
  if (!grades.ok()) return BadFile(path, grades.status(), "grade the class again.");
  for (const Grade& grade : grades->grades) {
    const absl::Status named = CheckName(grade.submission);
    if (!named.ok()) return BadFile(path, named, "grade the class again.");
  }
  return grades;
}

absl::StatusOr<Grade> ReadGrade(const std::string& out_dir, const std::string& submission) {
  const absl::Status named = CheckName(submission);
  if (!named.ok()) return named;
  const std::string path = FolderOf(out_dir, submission) + "/grade.json";
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return absl::NotFoundError(absl::StrCat(text.status().message(), "."));
  absl::StatusOr<Grade> grade = GradeFromJson(*text);
  if (!grade.ok()) return BadFile(path, grade.status(), "grade that submission again.");
  if (grade->submission != submission) {
    return BadFile(path, absl::InvalidArgumentError("is of another submission"),
                   "grade that submission again.");
  }
  return grade;
}

bool IsSubmissionName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         std::ranges::all_of(name, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, ": it is a folder"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace grading
