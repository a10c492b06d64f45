// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "grading/grade_view.h"
#include "grading/plain_text.h"

namespace grading {

void CsvRow::Cell(const std::string& cell) {
  absl::StrAppend(&row_, first_ ? "" : ",", cell);
  first_ = false;
}

CsvRow& CsvRow::Text(std::string_view bytes) {
  // A carriage return is no character of plain text: what begins with one is marked before.
  const bool formula =
      !bytes.empty() && std::string_view("=+-@\t\r\n").find(bytes[0]) != bytes.npos;
  const std::string text = (formula ? "'" : "") + PlainText(bytes);
  if (text.find_first_of(",\"\n") == text.npos) {
    Cell(text);
  } else {
    Cell(absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\""));
  }
  return *this;
}

CsvRow& CsvRow::Points(std::optional<double> points) {
  Cell(points ? Number(*points) : "");
  return *this;
}

std::string CsvHeader(const std::vector<std::string>& cells) {
  CsvRow row;
  for (const std::string& cell : cells) row.Text(cell);
  return row.str();
}

}  // namespace grading
