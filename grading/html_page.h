// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the two HTML reports have in common: one file each, without a network, legible without
// JavaScript, in light and dark, on a phone and on paper. All text is escaped when it is written;
// the pages' scripts sort, filter and copy what is there and make no markup of it.

#ifndef RAFTLAB_GRADING_HTML_PAGE_H_
#define RAFTLAB_GRADING_HTML_PAGE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grading/grade.h"
#include "grading/grade_view.h"

namespace grading {

// <tag attributes>text</tag>, with the text escaped. `attributes` are markup.
std::string Element(const std::string& tag, std::string_view attributes, std::string_view text);

// The whole document. `body` is markup; `script` is ours and runs at the end.
std::string HtmlPage(std::string_view title, std::string_view body, std::string_view script);

// A verdict or status in its colour.
std::string Badge(std::string_view word);

// The colour of a test: "pass", "part" (some points), "fail", "none" (not graded).
std::string ColourOf(const TestView& test);

// A bar that is `percent` full.
std::string Bar(double percent);

// "87.5", or a dash.
std::string PercentText(std::optional<double> percent);

// A list of findings; empty without any.
std::string FindingsHtml(const std::vector<Finding>& findings);

}  // namespace grading

#endif  // RAFTLAB_GRADING_HTML_PAGE_H_
