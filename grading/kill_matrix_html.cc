// Part of Raftlab, under the MIT License (see LICENSE).

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "grading/html_page.h"
#include "grading/kill_matrix_report.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

// Cells of many columns, and headers that stand upright.
constexpr char kMatrixStyle[] = R"css(<style>
#matrix th, #matrix td { padding: .15rem .3rem; font-size: .85rem; min-width: 0; }
#matrix thead th.t { writing-mode: vertical-rl; transform: rotate(180deg); padding: .4rem .1rem; }
#matrix td.k { background: color-mix(in srgb, var(--pass) 25%, transparent); text-align: right; }
#matrix td.u { background: color-mix(in srgb, var(--part) 35%, transparent); text-align: right; }
#matrix td.o { color: var(--none); text-align: right; }
</style>
)css";

std::string FateCell(const ZooEntry& entry) {
  const Fate fate = FateOf(entry.mutant, entry.result);
  const char* colour = fate == Fate::kKilled ? "pass" : fate == Fate::kOpen ? "part" : "fail";
  return Element("td", absl::StrCat("class=\"badge ", colour, "\""), FateName(entry.mutant, fate));
}

// The seed of the kill, or how many seeds were survived.
std::string TestCell(const MutantTest& test) {
  std::string title =
      absl::StrCat(test.test, ": ", Plural(static_cast<int64_t>(test.seeds()), "seed"));
  if (test.killed()) {
    title = absl::StrCat(test.test, ", seed ", test.seeds(), ": ",
                         std::string(VerdictName(test.verdict)), ": ", test.message);
  }
  for (const std::string& run : test.uncertain) absl::StrAppend(&title, "; ", run);
  const char* kind = test.killed() ? "k" : test.uncertain.empty() ? "o" : "u";
  return absl::StrCat("<td class=\"", kind, "\" title=\"", XmlEscape(CutText(title, 600)), "\">",
                      test.killed()       ? absl::StrCat(test.seeds())
                      : test.seeds() == 0 ? ""
                                          : "\u00b7",
                      "</td>");
}

std::string MatrixHtml(const std::vector<Test>& tests, const std::vector<ZooEntry>& zoo) {
  std::string text =
      "<section>\n<h2>Mutants and tests</h2>\n<p class=\"soft\">A number is the seed of the first "
      "kill. CPU is what the tests of the stage cost until then.</p>\n"
      "<div class=\"scroll\" tabindex=\"0\"><table id=\"matrix\">\n<thead><tr><th>mutant</th>"
      "<th>stage</th><th>hard</th><th>fate</th><th>CPU s</th>";
  for (const Test& test : tests) text += Element("th", "class=\"t\"", test.name);
  text += "</tr></thead>\n<tbody>\n";
  for (const ZooEntry& entry : zoo) {
    const Mutant& mutant = entry.mutant;
    const auto kill = FirstKill(entry.result, mutant.stage);
    absl::StrAppend(
        &text, "<tr>",
        Element("th", absl::StrCat("scope=\"row\" title=\"", XmlEscape(mutant.title), "\""),
                mutant.id()),
        Element("td", "", mutant.stage),
        Element("td", "", mutant.hard > 0 ? absl::StrCat(mutant.hard) : ""), FateCell(entry),
        Element("td", "class=\"n\"",
                kill && !mutant.control ? absl::StrFormat("%.3f", kill->cpu_seconds) : ""));
    for (const Test& test : tests) {
      const auto ran = std::ranges::find(entry.result.tests, test.name, &MutantTest::test);
      text += ran != entry.result.tests.end() ? TestCell(*ran) : "<td></td>";  // of another lab
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table></div>\n</section>\n";
}

std::string BadHtml(const std::vector<ZooEntry>& zoo) {
  std::string text;
  for (const ZooEntry& entry : zoo) {
    const Mutant& mutant = entry.mutant;
    if (!IsBad(FateOf(mutant, entry.result))) continue;
    absl::StrAppend(&text, "<tr>", Element("th", "scope=\"row\"", mutant.id()), FateCell(entry),
                    Element("td", "", mutant.title), Element("td", "", mutant.rule),
                    Element("td", "", mutant.killed_by),
                    Element("td", "",
                            absl::StrCat(entry.result.problem, " ",
                                         CutText(entry.result.output, 2000), entry.result.fault)),
                    "</tr>\n");
  }
  if (text.empty()) return "<section>\n<h2>Survivors</h2>\n<p>None.</p>\n</section>\n";
  return absl::StrCat(
      "<section>\n<h2>Survivors, and what else is wrong</h2>\n<div class=\"scroll\" "
      "tabindex=\"0\"><table>\n<thead><tr><th>mutant</th><th>fate</th><th>title</th><th>rule</th>"
      "<th>expected to kill it</th><th>what happened</th></tr></thead>\n<tbody>\n",
      text, "</tbody>\n</table></div>\n</section>\n");
}

std::string MessagesHtml(const std::vector<ZooEntry>& zoo) {
  std::string text;
  for (const ZooEntry& entry : zoo) {
    const auto names = NamesTheRule(entry.mutant, entry.result);
    if (!names.has_value()) continue;
    const auto kill = ShownKill(entry.mutant, entry.result);
    absl::StrAppend(&text, "<tr>", Element("th", "scope=\"row\"", entry.mutant.id()),
                    Element("td", "", entry.mutant.title),
                    Element("td", absl::StrCat("class=\"badge ", *names ? "pass" : "fail", "\""),
                            *names ? "yes" : "no"),
                    Element("td", "", entry.mutant.message),
                    Element("td", "",
                            absl::StrCat(std::string(VerdictName(kill->test->verdict)), ": ",
                                         CutText(kill->test->message, 1000))),
                    "</tr>\n");
  }
  return absl::StrCat(
      "<section>\n<h2>Does the first failure name the rule?</h2>\n<div class=\"scroll\" "
      "tabindex=\"0\"><table>\n<thead><tr><th>mutant</th><th>title</th><th>named</th><th>pattern</"
      "th>"
      "<th>the first failure</th></tr></thead>\n<tbody>\n",
      text, "</tbody>\n</table></div>\n</section>\n");
}

std::string WorthHtml(const std::vector<Test>& tests, const std::vector<ZooEntry>& zoo) {
  std::string text;
  for (const TestWorth& worth : WorthOfTests(tests, zoo)) {
    absl::StrAppend(
        &text, "<tr>", Element("th", "scope=\"row\"", worth.test),
        Element("td", "class=\"n\"", absl::StrCat(worth.kills)),
        Element("td", "class=\"n\"", absl::StrFormat("%.1f", worth.cpu_seconds)),
        Element("td", worth.alone.empty() ? "class=\"fail\"" : "",
                worth.alone.empty() ? "kills nothing alone" : absl::StrJoin(worth.alone, ", ")),
        "</tr>\n");
  }
  return absl::StrCat(
      "<section>\n<h2>What each test is worth</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n"
      "<thead><tr><th>test</th><th class=\"n\">kills</th><th class=\"n\">CPU s</th><th>what it "
      "alone "
      "kills</th></tr></thead>\n<tbody>\n",
      text, "</tbody>\n</table></div>\n</section>\n");
}

}  // namespace

std::string KillMatrixHtml(const MutantPlan& plan, const std::vector<ZooEntry>& zoo,
                           const std::string& how) {
  std::string body = kMatrixStyle;
  absl::StrAppend(&body, "<header>\n", Element("h1", "", "The zoo"), "\n",
                  Element("p", "class=\"soft\"", how),
                  Element("p", "style=\"white-space: pre-line\"", ZooCounts(zoo)),
                  "</header>\n<main>\n", BadHtml(zoo), MatrixHtml(plan.tests, zoo),
                  plan.quick ? "" : WorthHtml(plan.tests, zoo), MessagesHtml(zoo), "</main>\n");
  return HtmlPage("Mutants", body, "");
}

}  // namespace grading
