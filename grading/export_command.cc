// Part of Raftlab, under the MIT License (see LICENSE).

#include <cstdio>
#include <functional>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grading/class_html.h"
#include "grading/class_junit.h"
#include "grading/commands.h"
#include "grading/export.h"
#include "grading/grade_json.h"
#include "grading/names.h"
#include "grading/output_file.h"
#include "grading/platforms.h"
#include "grading/student_html.h"
#include "grading/terminal.h"

namespace grading {
namespace {

// What a format makes of a class and of one submission; not every format has both.
struct Format {
  std::function<std::string(const ClassGrades&)> of_class;
  std::function<std::string(const Grade&)> of_grade;
};

std::map<std::string, Format> Formats(const Gradebook& book, const GradescopeOptions& gradescope) {
  return {
      {"html", {ClassHtml, StudentHtml}},
      {"json", {ClassJson, GradeJson}},
      {"junit", {ClassJunit, GradeJunit}},
      {"csv", {PlainCsv, nullptr}},
      {"canvas",
       {[&](const ClassGrades& grades) { return CanvasCsv(grades, book.roster, book.titles); },
        nullptr}},
      {"moodle",
       {[&](const ClassGrades& grades) { return MoodleCsv(grades, book.roster, book.titles); },
        nullptr}},
      {"gradescope",
       {nullptr, [&](const Grade& grade) { return GradescopeResults(grade, gradescope); }}},
      {"github", {nullptr, GithubClassroomOutputs}},
      {"autolab", {nullptr, AutolabOutput}},
      {"prairielearn", {nullptr, PrairieLearnResults}},
  };
}

absl::StatusOr<GradescopeOptions> ParseGradescope(const ExportOptions& options) {
  GradescopeOptions gradescope;
  gradescope.not_public.insert(options.not_public.begin(), options.not_public.end());
  gradescope.leaderboard = options.leaderboard;
  if (!options.visibility.empty()) gradescope.visibility = options.visibility;
  if (IsGradescopeVisibility(gradescope.visibility)) return gradescope;
  return absl::InvalidArgumentError(
      absl::StrCat("--visibility ", options.visibility,
                   ": it is hidden, after_due_date, after_published or visible."));
}

absl::StatusOr<Gradebook> ReadGradebook(const ExportOptions& options) {
  Gradebook book;
  for (const std::string& title : options.titles) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(title, absl::MaxSplits('=', 1));
    if (parts.second.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--title ", title, ": write it as in --title '2A=Lab 2A (12345)'."));
    }
    book.titles[parts.first] = parts.second;
  }
  if (options.roster.empty()) return book;
  const absl::StatusOr<std::string> csv = ReadTextFile(options.roster);
  if (!csv.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--roster: ", csv.status().message(), "; name a CSV file."));
  }
  auto roster = ParseRoster(*csv, options.roster);
  if (!roster.ok()) return roster.status();
  book.roster = *std::move(roster);
  return book;
}

// The submission that is meant: the named one, or the only one.
absl::StatusOr<std::string> ChooseSubmission(const ExportOptions& options,
                                             const ClassGrades& grades) {
  std::vector<std::string> names;
  for (const Grade& grade : grades.grades) names.push_back(grade.submission);
  if (options.submission.empty()) {
    if (names.size() == 1) return names.front();
    return absl::InvalidArgumentError(
        absl::StrCat(options.format, " is of one submission: name it with --submission; ",
                     options.out_dir, " has ", names.size(), "."));
  }
  for (const std::string& name : names) {
    if (name == options.submission) return name;
  }
  return absl::InvalidArgumentError(absl::StrCat("no submission in ", options.out_dir,
                                                 " is called ", options.submission,
                                                 NearestHint(options.submission, names)));
}

absl::StatusOr<std::string> MakeText(const ExportOptions& options, const Format& format,
                                     const ClassGrades& grades) {
  if (options.submission.empty() && format.of_class) return format.of_class(grades);
  if (!format.of_grade) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.format, " is of the whole class: leave out --submission."));
  }
  const auto submission = ChooseSubmission(options, grades);
  if (!submission.ok()) return submission.status();
  const absl::StatusOr<Grade> grade = ReadGrade(options.out_dir, *submission);
  return grade.ok() ? absl::StatusOr<std::string>(format.of_grade(*grade)) : grade.status();
}

// Writes the class's files anew, and every student's page.
absl::Status ExportAll(const ExportOptions& options, const ClassGrades& grades,
                       const Gradebook& book) {
  if (!options.out.empty() || !options.submission.empty()) {
    return absl::InvalidArgumentError(
        "all writes every file of the folder anew: leave out --out and --submission.");
  }
  for (const Grade& known : grades.grades) {
    const absl::StatusOr<Grade> grade = ReadGrade(options.out_dir, known.submission);
    if (!grade.ok()) return grade.status();
    const absl::Status written = WriteGrade(*grade, options.out_dir);
    if (!written.ok()) return written;
  }
  return WriteClassReports(grades, options.out_dir, book);
}

absl::Status Export(const ExportOptions& options) {
  const absl::StatusOr<GradescopeOptions> gradescope = ParseGradescope(options);
  if (!gradescope.ok()) return gradescope.status();
  const absl::StatusOr<Gradebook> book = ReadGradebook(options);
  if (!book.ok()) return book.status();
  const std::map<std::string, Format> formats = Formats(*book, *gradescope);
  const auto format = formats.find(options.format);
  if (format == formats.end() && options.format != "all") {
    std::vector<std::string> names = {"all"};
    for (const auto& [name, unused] : formats) names.push_back(name);
    const std::string nearest = Nearest(options.format, names);
    return absl::InvalidArgumentError(absl::StrCat(
        "no format is called ", options.format, "; ",
        nearest.empty() ? "there are " + absl::StrJoin(names, ", ") : "the nearest is " + nearest,
        "."));
  }
  std::optional<OutputFile> file;
  if (!options.out.empty()) {
    auto opened = OutputFile::Open("--out", options.out);
    if (!opened.ok()) return opened.status();
    file.emplace(*std::move(opened));
  }
  const absl::StatusOr<ClassGrades> grades = ReadClass(options.out_dir);
  if (!grades.ok()) return grades.status();
  if (!options.roster.empty()) {
    for (const auto line :
         absl::StrSplit(RosterGaps(*grades, book->roster), '\n', absl::SkipEmpty())) {
      std::fprintf(stderr, "lab: %s\n", std::string(line).c_str());
    }
  }
  if (format == formats.end()) return ExportAll(options, *grades, *book);
  const absl::StatusOr<std::string> text = MakeText(options, format->second, *grades);
  if (!text.ok()) return text.status();
  if (file) return file->Write(*text);
  Print(*text);
  return absl::OkStatus();
}

}  // namespace

int ExportCommand(const ExportOptions& options) {
  const absl::Status status = Export(options);
  return status.ok() ? kPassed : Complain(status);
}

}  // namespace grading
