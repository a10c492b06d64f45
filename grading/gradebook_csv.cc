// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/gradebook_csv.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "grading/csv.h"
#include "grading/grade_view.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

constexpr size_t kMostFeedback = 4000;

std::optional<double> StageCell(const Grade& grade, const std::string& stage) {
  const StageScore* score = StageOf(grade, stage);
  return score == nullptr ? std::nullopt : StagePercent(*score);
}

std::string TitleOf(const ColumnTitles& titles, const std::string& stage) {
  const auto found = titles.find(stage);
  return found == titles.end() ? "Lab " + stage : found->second;
}

// The labs of the stages that were asked for, each once.
std::vector<std::string> LabsOf(const ClassGrades& grades) {
  std::vector<std::string> labs;
  for (const Stage& stage : grades.all_stages) {
    const bool asked = std::ranges::find(grades.stages, stage.name) != grades.stages.end();
    if (asked && (labs.empty() || labs.back() != stage.lab)) labs.push_back(stage.lab);
  }
  return labs;
}

std::optional<double> LabCell(const Grade& grade, const std::string& lab) {
  const auto score = std::ranges::find(grade.sheet.labs, lab, &LabScore::lab);
  if (score == grade.sheet.labs.end()) return std::nullopt;
  const bool graded = std::ranges::any_of(grade.sheet.stages, [&](const StageScore& stage) {
    return stage.stage.lab == lab && stage.possible > 0;
  });
  return graded ? std::optional(score->percent) : std::nullopt;
}

// Why the points are what they are, a line a test.
std::string Feedback(const Grade& grade, const std::string& stage) {
  std::string text;
  const std::string status = StatusOf(grade);
  if (status != "graded") absl::StrAppend(&text, "Status: ", status, "\n");
  for (const Finding& finding : grade.findings) {
    if (finding.severity != Finding::Severity::kError) continue;
    absl::StrAppend(&text, "Error: ", finding.text, "\n");
  }
  const StageScore* score = StageOf(grade, stage);
  if (score == nullptr) return text;
  for (const TestView& test : TestsOf(grade, *score)) {
    absl::StrAppend(&text, test.score->test, ": ", test.verdict, ", ", PointsText(*test.score));
    if (!test.replay.empty()) absl::StrAppend(&text, "; ", test.replay);
    text += "\n";
  }
  if (text.ends_with('\n')) text.pop_back();
  return CutText(PlainText(text), kMostFeedback);
}

}  // namespace

std::string PlainCsv(const ClassGrades& grades) {
  std::vector<std::string> header = {"submission", "status"};
  for (const std::string& stage : grades.stages) header.push_back(stage);
  for (const std::string& lab : LabsOf(grades)) header.push_back("lab " + lab);
  header.insert(header.end(), {"total", "errors", "warnings", "digest"});
  std::string text = CsvHeader(header);
  for (const Grade& grade : grades.grades) {
    CsvRow row;
    row.Text(grade.submission).Text(StatusOf(grade));
    for (const std::string& stage : grades.stages) row.Points(StageCell(grade, stage));
    for (const std::string& lab : LabsOf(grades)) row.Points(LabCell(grade, lab));
    row.Points(TotalPercent(grade));
    for (const auto severity : {Finding::Severity::kError, Finding::Severity::kWarning}) {
      row.Points(
          static_cast<double>(std::ranges::count(grade.findings, severity, &Finding::severity)));
    }
    text += row.Text(grade.digest).str();
  }
  return text;
}

std::string CanvasCsv(const ClassGrades& grades, const std::vector<Student>& roster,
                      const ColumnTitles& titles) {
  std::vector<std::string> header = {"Student", "ID", "SIS User ID", "SIS Login ID", "Section"};
  CsvRow possible;
  possible.Text("Points Possible").Text("").Text("").Text("").Text("");
  for (const std::string& stage : grades.stages) {
    header.push_back(TitleOf(titles, stage));
    possible.Points(100);
  }
  std::string text = CsvHeader(header) + possible.str();
  for (const auto& [student, grade] : MatchRoster(grades, roster)) {
    CsvRow row;
    row.Text(student.student).Text(student.id).Text(student.sis_user_id);
    row.Text(student.sis_login_id).Text(student.section);
    for (const std::string& stage : grades.stages) row.Points(StageCell(*grade, stage));
    text += row.str();
  }
  return text;
}

std::string MoodleCsv(const ClassGrades& grades, const std::vector<Student>& roster,
                      const ColumnTitles& titles) {
  std::vector<std::string> header = {"Username", "Email address"};
  for (const std::string& stage : grades.stages) {
    const std::string title = TitleOf(titles, stage);
    header.insert(header.end(), {title, title + " feedback"});
  }
  std::string text = CsvHeader(header);
  for (const auto& [student, grade] : MatchRoster(grades, roster)) {
    CsvRow row;
    row.Text(student.sis_login_id).Text(student.email);
    for (const std::string& stage : grades.stages) {
      row.Points(StageCell(*grade, stage)).Text(Feedback(*grade, stage));
    }
    text += row.str();
  }
  return text;
}

}  // namespace grading
