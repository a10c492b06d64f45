// Part of Raftlab, under the MIT License (see LICENSE).

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "grading/commands.h"
#include "grading/terminal.h"

namespace grading {

int ListCommand(const std::vector<std::string>& names, const Site& site) {
  const absl::StatusOr<Catalog> catalog = LoadCatalog(site);
  if (!catalog.ok()) return Complain(catalog.status());
  const auto tests = SelectAll(catalog->tests, names);
  if (!tests.ok()) return Complain(tests.status());
  const auto rubric = LoadRubric(site);
  if (!rubric.ok()) return Complain(rubric.status());
  size_t width = 4;
  for (const Test& test : *tests) width = std::max(width, test.name.size());
  std::string text = absl::StrFormat("stage  %-*s  points  title\n", width, "test");
  for (const Test& test : *tests) {
    const auto row = std::ranges::find(*rubric, test.name, &RubricRow::test);
    const bool graded = row != rubric->end();
    absl::StrAppend(&text, absl::StrFormat("%-5s  %-*s  %6s  %s\n", test.stage, width, test.name,
                                           graded ? absl::StrFormat("%g", row->points) : "-",
                                           graded ? row->title : test.about));
  }
  Print(text);
  return kPassed;
}

}  // namespace grading
