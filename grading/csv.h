// Part of Raftlab, under the MIT License (see LICENSE).
//
// Rows of CSV as in RFC 4180, safe to open in a spreadsheet: a text that would be taken for a
// formula (it begins with =, +, -, @, a tab or the end of a line) gets a ' in front.

#ifndef RAFTLAB_GRADING_CSV_H_
#define RAFTLAB_GRADING_CSV_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

class CsvRow {
 public:
  CsvRow& Text(std::string_view bytes);
  CsvRow& Points(std::optional<double> points);  // at most two digits; none is an empty cell

  std::string str() const { return row_ + "\r\n"; }

 private:
  void Cell(const std::string& cell);

  std::string row_;
  bool first_ = true;
};

// A row of texts.
std::string CsvHeader(const std::vector<std::string>& cells);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CSV_H_
