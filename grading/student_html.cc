// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/student_html.h"

#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grading/grade_view.h"
#include "grading/html_page.h"
#include "grading/plain_text.h"
#include "grading/report_text.h"

namespace grading {
namespace {

constexpr size_t kMostOfAReport = 60'000;
constexpr size_t kMostOfTheBuild = 100'000;

// Beside each replay line a button that copies it; where the browser forbids that, it selects.
constexpr char kScript[] = R"js(
for (const line of document.querySelectorAll('.replay')) {
  const code = line.querySelector('code');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy ' + code.textContent);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  line.append(button);
}
)js";

std::string Card(std::string_view title, std::string_view figure) {
  return absl::StrCat("<div class=\"card\">", Element("span", "class=\"soft\"", title),
                      Element("b", "", figure), "</div>\n");
}

std::string Head(const Grade& grade) {
  std::string text = absl::StrCat("<header>\n", Element("h1", "", grade.submission), "\n<p>",
                                  Badge(StatusOf(grade)), "</p>\n");
  if (!grade.results.fault.empty()) {
    text +=
        Element("p", "", "The framework gave up, which costs no points: " + grade.results.fault);
  }
  text += "<div class=\"cards\">\n";
  for (const LabScore& lab : grade.sheet.labs) {
    bool graded = false;
    for (const StageScore& stage : grade.sheet.stages) {
      graded |= stage.stage.lab == lab.lab && stage.possible > 0;
    }
    text += Card("Lab " + lab.lab, graded ? Number(lab.percent) + "%" : "not graded");
  }
  for (const StageScore& stage : grade.sheet.stages) {
    text += Card(stage.stage.name, stage.possible > 0 ? absl::StrCat(Number(stage.points), " of ",
                                                                     Number(stage.possible))
                                                      : "not graded");
  }
  return text + "</div>\n</header>\n";
}

std::string TestRow(const TestView& test) {
  const std::string& name = test.score->test;
  const std::string cell =
      test.shown == nullptr ? XmlEscape(name)
                            : Element("a", absl::StrCat("href=\"#", XmlEscape(name), "\""), name);
  const int counted = test.score->tally.passed + test.score->tally.failed;
  return absl::StrCat(
      "<tr><th scope=\"row\">", cell, "<br>", Element("span", "class=\"soft\"", test.score->title),
      "</th><td>", Badge(test.verdict), "</td><td class=\"n\">", test.score->tally.passed, " of ",
      counted, counted > 0 ? Bar(100.0 * test.score->tally.passed / counted) : "",
      "</td><td class=\"n\">", PointsText(*test.score), "</td></tr>\n");
}

std::string StageSection(const Grade& grade, const StageScore& stage) {
  std::string text = absl::StrCat(
      Element("h2", "", absl::StrCat("Stage ", stage.stage.name, ": ", stage.stage.title)),
      "\n<p class=\"soft\">",
      stage.possible > 0
          ? absl::StrCat(Number(stage.points), " of ", Number(stage.possible), " points")
          : "Not graded",
      "; ", Number(stage.stage.percent), "% of lab ", XmlEscape(stage.stage.lab),
      R"(</p>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">Test</th><th scope="col">Verdict</th><th scope="col" class="n">Seeds
passed</th><th scope="col" class="n">Points</th></tr></thead>
<tbody>
)");
  for (const TestView& test : TestsOf(grade, stage)) text += TestRow(test);
  return text + "</tbody>\n</table></div>\n";
}

std::string Failure(const TestView& test) {
  const Run& run = *test.shown;
  const std::string report = run.report.empty() ? run.message : run.report;
  return absl::StrCat(
      "<article id=\"", XmlEscape(test.score->test), "\">\n",
      Element("h3", "", absl::StrCat(test.score->test, ": ", test.score->title)), "\n<p>",
      Badge(test.verdict), " ", PointsText(*test.score), " points</p>\n",
      Element("p", "class=\"wrap\"", test.how_often), "\n",
      Element("pre", "tabindex=\"0\" dir=\"ltr\"", CutText(PlainText(report), kMostOfAReport)),
      "\n<p class=\"replay\"><span class=\"soft\">replay it:</span> ",
      Element("code", "", test.replay), "</p>\n</article>\n");
}

std::string Failures(const Grade& grade) {
  std::string text;
  for (const StageScore& stage : grade.sheet.stages) {
    for (const TestView& test : TestsOf(grade, stage)) {
      if (test.shown != nullptr) text += Failure(test);
    }
  }
  if (text.empty()) return "";
  return absl::StrCat(
      R"(<section>
<h2>What failed, and how to see it again</h2>
<p class="soft">Each report is of the lowest seed that failed. For another one, change the number in its
replay line.</p>
)",
      text, "</section>\n");
}

std::string BuildSection(const Grade& grade) {
  const std::string text = BuildText(grade, kMostOfTheBuild);
  std::string html = absl::StrCat("<section>\n<h2>Build</h2>\n<p>",
                                  Badge(grade.build.ok ? "built" : StatusOf(grade)), " ",
                                  Number(grade.build.cpu_seconds), " s of CPU</p>\n");
  if (!text.empty()) {
    absl::StrAppend(&html, "<details", grade.build.ok ? "" : " open",
                    "><summary>What the build said</summary>\n",
                    Element("pre", "tabindex=\"0\" dir=\"ltr\"", text), "</details>\n");
  }
  return html + "</section>\n";
}

std::string Fact(std::string_view name, std::string_view value) {
  return value.empty() ? "" : Element("dt", "", name) + Element("dd", "", value) + "\n";
}

std::string_view RaftText(const Grade& grade) {
  if (grade.raft.empty()) return "";
  return grade.raft == "reference" ? "the reference's" : "the submission's own";
}

std::string Provenance(const Grade& grade) {
  std::string text =
      absl::StrCat("<section>\n<h2>Graded with</h2>\n<dl>\n", Fact("Submission", grade.submission),
                   Fact("SHA-256 of the files", grade.digest), Fact("Framework", grade.framework),
                   Fact("Compiler", grade.compiler), Fact("Raft below services", RaftText(grade)),
                   Fact("Strategy", grade.results.strategy),
                   Fact("Seeds", SeedRanges(grade.results.seeds)), "</dl>\n");
  if (!grade.files.empty()) {
    text += "<details><summary>Files taken</summary>\n<ul>\n";
    for (const TakenFile& file : grade.files) {
      absl::StrAppend(&text, "<li>", Element("code", "", file.path), " ",
                      Plural(file.bytes, "byte"), "<br>",
                      Element("code", "class=\"soft\"", file.sha256), "</li>\n");
    }
    text += "</ul></details>\n";
  }
  return text + "</section>\n";
}

}  // namespace

std::string StudentHtml(const Grade& grade) {
  std::string body = Head(grade) + "<main>\n";
  if (!grade.findings.empty()) {
    absl::StrAppend(&body, "<section>\n<h2>Findings</h2>\n", FindingsHtml(grade.findings),
                    "</section>\n");
  }
  if (!grade.build.ok) body += BuildSection(grade);
  for (const StageScore& stage : grade.sheet.stages) body += StageSection(grade, stage);
  body += Failures(grade);
  const std::string warnings = WarningsText(grade.results);
  if (!warnings.empty()) {
    absl::StrAppend(&body, "<section>\n<h2>Warnings</h2>\n",
                    Element("pre", "tabindex=\"0\" dir=\"ltr\"", CutText(warnings, kMostOfAReport)),
                    "</section>\n");
  }
  if (grade.build.ok) body += BuildSection(grade);
  absl::StrAppend(&body, Provenance(grade), "<section>\n<h2>How points are computed</h2>\n",
                  Element("p", "", PointsPolicy()), "\n</section>\n</main>\n");
  return HtmlPage(absl::StrCat("Grade of ", grade.submission), body, kScript);
}

}  // namespace grading
