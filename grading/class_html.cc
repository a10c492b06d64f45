// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/class_html.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grading/class_stats.h"
#include "grading/grade_view.h"
#include "grading/html_page.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

// Rows sort by their cells' data-v, numbers as numbers, cells without one last.
constexpr char kScript[] = R"js(
const value = (row, column) => row.cells[column].dataset.v;

const compare = (a, b) => {
  const x = Number(a), y = Number(b);
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, {numeric: true}) : x - y;
};

function sort(table, header, direction) {
  const column = header.cellIndex;
  const sign = direction === 'descending' ? -1 : 1;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.sort((a, b) => {
    const x = value(a, column), y = value(b, column);
    if (x === '' || y === '') return (x === '') - (y === '');
    return sign * compare(x, y);
  });
  body.append(...rows);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', direction);
}

const grades = document.getElementById('grades');
const box = document.getElementById('filter');
const found = document.getElementById('found');

function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of grades.tBodies[0].rows) {
    row.hidden = !words.every((word) => row.dataset.text.includes(word));
    if (!row.hidden) ++shown;
  }
  found.textContent = shown + ' of ' + grades.tBodies[0].rows.length + ' submissions';
}

// The address, and back.
function remember() {
  const state = new URLSearchParams();
  const header = grades.querySelector('th[aria-sort]');
  if (header) {
    state.set('sort', header.dataset.key);
    state.set('dir', header.getAttribute('aria-sort') === 'descending' ? 'desc' : 'asc');
  }
  if (box.value) state.set('filter', box.value);
  history.replaceState(null, '', '#' + state);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const header of grades.tHead.rows[0].cells) {
    if (header.dataset.key !== state.get('sort')) continue;
    sort(grades, header, state.get('dir') === 'desc' ? 'descending' : 'ascending');
  }
  box.value = state.get('filter') ?? '';
  filter();
}

for (const table of document.querySelectorAll('table.sorts')) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener('click', () => {
      const first = header.dataset.first;
      const second = first === 'ascending' ? 'descending' : 'ascending';
      sort(table, header, header.getAttribute('aria-sort') === first ? second : first);
      if (table === grades) remember();
    });
  }
}
document.querySelector('.find').hidden = false;
box.addEventListener('input', () => { filter(); remember(); });
addEventListener('hashchange', () => {
  recall();
  grades.scrollIntoView();
});
recall();
)js";

enum class Align { kLeft, kRight };

// A column's header; `first` is the order of its first click.
std::string Header(const std::string& key, Align align, const char* first = "ascending") {
  return Element("th",
                 absl::StrCat("scope=\"col\" data-key=\"", XmlEscape(key), "\" data-first=\"",
                              first, "\"", align == Align::kRight ? " class=\"n\"" : ""),
                 key);
}

std::string Cell(const std::string& sort_by, const std::string& markup, Align align) {
  return absl::StrCat("<td", align == Align::kRight ? " class=\"n\"" : "", " data-v=\"",
                      XmlEscape(sort_by), "\">", markup, "</td>");
}

std::string Value(std::optional<double> percent) { return percent ? Number(*percent) : ""; }

// The stage's points, and a strip of its tests.
std::string StageCell(const Grade& grade, const std::string& name) {
  const StageScore* stage = StageOf(grade, name);
  if (stage == nullptr) return Cell("", "\u2013", Align::kRight);
  std::string strip = "<span class=\"strip\" aria-hidden=\"true\">";
  for (const TestView& test : TestsOf(grade, *stage)) {
    absl::StrAppend(&strip, "<i class=\"", ColourOf(test), "\" title=\"",
                    XmlEscape(absl::StrCat(test.score->test, ": ", test.verdict)), "\"></i>");
  }
  return Cell(Value(StagePercent(*stage)),
              absl::StrCat(PercentText(StagePercent(*stage)), strip, "</span>"), Align::kRight);
}

std::string FindingsCell(const Grade& grade) {
  int counts[3] = {};
  for (const Finding& finding : grade.findings) ++counts[static_cast<int>(finding.severity)];
  std::vector<std::string> parts;
  if (counts[2] > 0) parts.push_back(Plural(counts[2], "error"));
  if (counts[1] > 0) parts.push_back(Plural(counts[1], "warning"));
  if (counts[0] > 0) parts.push_back(Plural(counts[0], "note"));
  return Cell(absl::StrCat(counts[2] * 10000 + counts[1] * 100 + counts[0]),
              absl::StrJoin(parts, ", "), Align::kLeft);
}

// What the filter looks in: names, status, failing tests and their verdicts, kinds of findings.
std::string FilterText(const Grade& grade) {
  std::set<std::string> words;
  for (const StageScore& stage : grade.sheet.stages) {
    for (const TestView& test : TestsOf(grade, stage)) {
      if (test.passed()) continue;
      words.insert(test.score->test);
      words.insert(test.verdict);
    }
  }
  for (const Finding& finding : grade.findings) {
    words.insert(finding.kind);
    words.insert(std::string(SeverityName(finding.severity)));
  }
  std::string text =
      absl::StrCat(grade.submission, " ", StatusOf(grade), " ", absl::StrJoin(words, " "));
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return text;
}

std::string Row(const ClassGrades& grades, const Grade& grade) {
  const std::string name = XmlEscape(grade.submission);
  std::string row = absl::StrCat(
      "<tr data-text=\"", XmlEscape(FilterText(grade)), "\"><th scope=\"row\" data-v=\"", name,
      "\"><a href=\"submissions/", name, "/report.html\">", name, "</a></th>");
  for (const std::string& stage : grades.stages) row += StageCell(grade, stage);
  const std::optional<double> total = TotalPercent(grade);
  absl::StrAppend(&row, Cell(Value(total), "<b>" + PercentText(total) + "</b>", Align::kRight),
                  Cell(StatusOf(grade), Badge(StatusOf(grade)), Align::kLeft), FindingsCell(grade));
  return row + "</tr>\n";
}

std::string GradesTable(const ClassGrades& grades) {
  std::string text = absl::StrCat(
      R"(<section>
<h2>Submissions</h2>
<div class="find" hidden><label for="filter">Filter</label>
<input type="search" id="filter" placeholder="a name, a test that fails, a verdict">
<span id="found" class="soft" aria-live="polite"></span></div>
<div class="scroll" tabindex="0"><table id="grades" class="sorts">
<thead><tr>)",
      Header("submission", Align::kLeft));
  for (const std::string& stage : grades.stages) text += Header(stage, Align::kRight, "descending");
  absl::StrAppend(&text, Header("total", Align::kRight, "descending"),
                  Header("status", Align::kLeft), Header("findings", Align::kLeft, "descending"),
                  "</tr></thead>\n<tbody>\n");
  for (const Grade& grade : grades.grades) text += Row(grades, grade);
  return text + "</tbody>\n</table></div>\n</section>\n";
}

std::string Histogram(const StageStats& stats) {
  const int most = std::max(1, *std::ranges::max_element(stats.buckets));
  std::string bars;
  std::vector<std::string> words;
  for (size_t i = 0; i < stats.buckets.size(); ++i) {
    const int count = stats.buckets[i];
    // The box is 8.5 rem high; the count and the bucket's name take the rest.
    absl::StrAppend(&bars, "<div>", count, "<i style=\"height:", Number(5.6 * count / most),
                    "rem\"></i>", kBucketNames[i], "</div>");
    words.push_back(absl::StrCat(kBucketNames[i], ": ", count));
  }
  std::string facts = absl::StrCat("mean ", Number(stats.mean), ", median ", Number(stats.median),
                                   ", ", Plural(stats.graded, "submission"));
  if (stats.not_graded > 0) absl::StrAppend(&facts, ", ", stats.not_graded, " not graded");
  return absl::StrCat(
      "<div class=\"card\">",
      Element("h3", "style=\"margin-top:0\"", absl::StrCat(stats.stage, ": ", stats.title)),
      Element("span", "class=\"soft\"", facts), "<div class=\"hist\" role=\"img\" aria-label=\"",
      XmlEscape("submissions by percent: " + absl::StrJoin(words, ", ")), "\">", bars,
      "</div></div>\n");
}

std::string TestRow(const TestStats& stats) {
  const double share = stats.submissions == 0 ? 0 : 100.0 * stats.failing / stats.submissions;
  const double runs =
      stats.runs == 0 ? 0 : 100.0 * stats.failing_runs / static_cast<double>(stats.runs);
  std::vector<std::string> verdicts;
  for (const auto& [verdict, count] : stats.verdicts)
    verdicts.push_back(absl::StrCat(verdict, " ", count));
  const std::string name = XmlEscape(stats.test);
  return absl::StrCat(
      "<tr><th scope=\"row\" data-v=\"", name, "\"><a href=\"#filter=", name, "\">", name,
      "</a><br>", Element("span", "class=\"soft\"", stats.title), "</th>",
      Cell(stats.stage, XmlEscape(stats.stage), Align::kLeft),
      Cell(Number(share), absl::StrCat(stats.failing, " of ", stats.submissions, Bar(share)),
           Align::kRight),
      Cell(Number(runs), absl::StrCat(Number(runs), "%"), Align::kRight),
      Cell(absl::StrJoin(verdicts, ", "), XmlEscape(absl::StrJoin(verdicts, ", ")), Align::kLeft),
      "</tr>\n");
}

std::string TestsTable(const ClassGrades& grades) {
  std::string text = absl::StrCat(
      R"(<section>
<h2>Which tests bite</h2>
<p class="soft">Of the submissions that ran a test: how many it failed with at least one seed. A test's
name shows whom.</p>
<div class="scroll" tabindex="0"><table class="sorts">
<thead><tr>)",
      Header("test", Align::kLeft), Header("stage", Align::kLeft),
      Header("submissions failing", Align::kRight, "descending"),
      Header("runs failing", Align::kRight, "descending"), Header("first failures", Align::kLeft),
      "</tr></thead>\n<tbody>\n");
  for (const TestStats& stats : StatsOfTests(grades)) text += TestRow(stats);
  return text + "</tbody>\n</table></div>\n</section>\n";
}

std::string AllFindings(const ClassGrades& grades) {
  std::string text;
  for (const Grade& grade : grades.grades) {
    if (grade.findings.empty()) continue;
    absl::StrAppend(&text, Element("h3", "", grade.submission), "\n", FindingsHtml(grade.findings));
  }
  return text.empty() ? "" : "<section>\n<h2>Findings</h2>\n" + text + "</section>\n";
}

std::string Head(const ClassGrades& grades) {
  std::string seeds = absl::StrCat(
      Plural(grades.seeds, "seed"), " a test, ",
      grades.seed_policy == "per-submission" ? "each submission its own" : "the same for all",
      "; schedules: ", grades.strategy);
  if (std::ranges::any_of(grades.grades,
                          [](const Grade& grade) { return grade.raft == "reference"; })) {
    seeds += "; services ran on the reference's Raft";
  }
  std::string text = absl::StrCat(
      "<header>\n", Element("h1", "", "Grades: " + absl::StrJoin(grades.stages, ", ")),
      "\n<p class=\"soft\">", Plural(static_cast<int64_t>(grades.grades.size()), "submission"),
      "; ", XmlEscape(seeds), "</p>\n");
  if (!grades.seed_commitment.empty()) {
    text += Element("p", "class=\"soft\"", "SHA-256 of the course key: " + grades.seed_commitment) +
            "\n";
  }
  return text + "</header>\n";
}

}  // namespace

std::string ClassHtml(const ClassGrades& grades) {
  std::string body = Head(grades) + "<main>\n" + GradesTable(grades);
  body += "<section>\n<h2>How the points are spread</h2>\n<div class=\"hists\">\n";
  for (const StageStats& stats : StatsOfStages(grades)) body += Histogram(stats);
  absl::StrAppend(&body, "</div>\n</section>\n", TestsTable(grades), AllFindings(grades),
                  "<section>\n<h2>How points are computed</h2>\n", Element("p", "", PointsPolicy()),
                  "\n</section>\n</main>\n");
  return HtmlPage("Grades: " + absl::StrJoin(grades.stages, ", "), body, kScript);
}

}  // namespace grading
