// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/rubric.h"

#include <cmath>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace grading {
namespace {

using Row = std::vector<std::string>;

// One record, which may span lines; `text` loses it.
Row TakeRow(std::string_view* text) {
  Row row(1);
  bool quoted = false;
  size_t i = 0;
  for (; i < text->size(); ++i) {
    const char c = (*text)[i];
    if (quoted && c == '"' && i + 1 < text->size() && (*text)[i + 1] == '"') {
      row.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      row.emplace_back();
    } else if (c == '\n' && !quoted) {
      ++i;
      break;
    } else if (c != '\r' || quoted) {
      row.back() += c;
    }
  }
  text->remove_prefix(i);
  return row;
}

absl::StatusOr<double> ParsePoints(const std::string& text, const std::string& where) {
  double points = 0;
  if (!absl::SimpleAtod(text, &points) || !std::isfinite(points) || points < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(where, ": \"", text, "\" is not a number of points."));
  }
  return points;
}

// "2A has 90 points" for each key whose sum is not 100.
void CheckSums(const std::map<std::string, double>& sums, std::vector<std::string>* wrong) {
  for (const auto& [stage, sum] : sums) {
    if (std::abs(sum - 100) < 1e-6) continue;
    wrong->push_back(absl::StrCat("the points of stage ", stage, " sum to ", sum, ", not to 100"));
  }
}

}  // namespace

absl::StatusOr<std::vector<Row>> ParseCsv(std::string_view text, const Row& header,
                                          const std::string& name) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // spreadsheets write it
  const Row first = TakeRow(&text);
  if (first != header) {
    return absl::FailedPreconditionError(absl::StrCat(name, " begins with \"",
                                                      absl::StrJoin(first, ","), "\"; wanted \"",
                                                      absl::StrJoin(header, ","), "\"."));
  }
  std::vector<Row> rows;
  for (int number = 2; !text.empty(); ++number) {
    Row row = TakeRow(&text);
    if (row == Row{""}) continue;
    if (row.size() != header.size()) {
      return absl::FailedPreconditionError(absl::StrCat(name, ", row ", number, " has ", row.size(),
                                                        " fields; wanted ", header.size(), "."));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::StatusOr<std::vector<Stage>> ParseStages(std::string_view csv) {
  const std::string name = "handout/stages.csv";
  const auto rows = ParseCsv(csv, {"stage", "lab", "program", "percent", "title"}, name);
  if (!rows.ok()) return rows.status();
  std::vector<Stage> stages;
  for (const Row& row : *rows) {
    const auto percent = ParsePoints(row[3], absl::StrCat(name, ", stage ", row[0]));
    if (!percent.ok()) return percent.status();
    stages.push_back(
        {.name = row[0], .lab = row[1], .program = row[2], .percent = *percent, .title = row[4]});
  }
  return stages;
}

absl::StatusOr<std::vector<RubricRow>> ParseRubric(std::string_view csv) {
  const std::string name = "handout/rubric.csv";
  const std::string_view first_line = csv.substr(0, csv.find('\n'));
  const bool has_public = first_line.find(",public,") != first_line.npos;
  const Row header = has_public ? Row{"stage", "test", "points", "public", "title"}
                                : Row{"stage", "test", "points", "title"};
  const auto rows = ParseCsv(csv, header, name);
  if (!rows.ok()) return rows.status();
  std::vector<RubricRow> rubric;
  for (const Row& row : *rows) {
    const std::string where = absl::StrCat(name, ", test ", row[1]);
    const auto points = ParsePoints(row[2], where);
    if (!points.ok()) return points.status();
    if (has_public && row[3] != "yes" && row[3] != "no") {
      return absl::FailedPreconditionError(
          absl::StrCat(where, ": public is \"", row[3], "\"; wanted yes or no."));
    }
    rubric.push_back({.stage = row[0],
                      .test = row[1],
                      .points = *points,
                      .title = row.back(),
                      .is_public = !has_public || row[3] == "yes"});
  }
  return rubric;
}

absl::Status CheckRubric(const std::vector<RubricRow>& rubric, const std::vector<Test>& tests) {
  std::vector<std::string> wrong;
  std::map<std::string, const RubricRow*> rows;
  std::map<std::string, double> sums;
  for (const RubricRow& row : rubric) {
    if (!rows.emplace(row.test, &row).second) {
      wrong.push_back(absl::StrCat(row.test, " has two rows"));
    }
    sums[row.stage] += row.points;
  }
  for (const Test& test : tests) {
    const auto found = rows.find(test.name);
    if (found == rows.end()) {
      wrong.push_back(absl::StrCat("the test ", test.name, " has no row"));
      continue;
    }
    if (found->second->stage != test.stage) {
      wrong.push_back(absl::StrCat(test.name, " is of stage ", test.stage, ", its row says ",
                                   found->second->stage));
    }
    rows.erase(found);
  }
  for (const auto& [name, row] : rows) {
    wrong.push_back(absl::StrCat("the row ", name, " has no test"));
  }
  CheckSums(sums, &wrong);
  if (wrong.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("handout/rubric.csv does not fit the tests: ", absl::StrJoin(wrong, "; "), "."));
}

}  // namespace grading
