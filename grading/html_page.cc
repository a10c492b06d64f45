// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/html_page.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

constexpr size_t kMostOfAFinding = 2'000;

constexpr char kStyle[] = R"css(
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0;
  --panel: #f6f8fa; --link: #0a58ca; --pass: #1a7f37; --part: #9a6700; --fail: #c62828; --none: #818b98; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1318; --ink: #e6e9ed; --soft: #9aa4af;
  --line: #333c47; --panel: #181e25; --link: #79b0ff; --pass: #4cc267; --part: #dfa93a; --fail: #ff7b72;
  --none: #7d8793; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2.5rem) 4rem; max-width: 78rem;
  background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; }
a { color: var(--link); }
.soft, dt, caption { color: var(--soft); }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
  padding: .5rem .9rem; min-width: 7rem; }
.card b { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .7rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { background: var(--panel); white-space: nowrap; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 9rem; }
.n { text-align: right; white-space: nowrap; }
th button { all: unset; cursor: pointer; }
th button::after { content: " \2195"; color: var(--soft); opacity: .6; }
th[aria-sort=ascending] button::after { content: " \2191"; opacity: 1; }
th[aria-sort=descending] button::after { content: " \2193"; opacity: 1; }
:focus-visible, th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.badge { font-weight: 600; white-space: nowrap; }
.badge::before { content: "\25CF"; margin-right: .35em; }
.pass { color: var(--pass); } .part { color: var(--part); } .fail { color: var(--fail); }
.none { color: var(--none); }
.bar { display: block; height: .4rem; min-width: 4rem; margin-top: .35rem; border-radius: .2rem;
  background: color-mix(in srgb, var(--none) 30%, transparent); }
.bar i { display: block; height: 100%; border-radius: .2rem; background: var(--link); }
.strip { display: flex; gap: 1px; justify-content: flex-end; align-items: flex-end; height: .55rem;
  margin-top: .2rem; }
.strip i { width: .36rem; height: 100%; background: currentColor; }
.strip .part { height: 65%; } .strip .none { height: 30%; }
pre, code { font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem;
  margin: .4rem 0; overflow: auto; max-height: 34rem; white-space: pre; unicode-bidi: isolate; }
.wrap { white-space: pre-line; }
.replay { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; }
.replay code { overflow-wrap: anywhere; }
button, input { font: inherit; color: inherit; }
.copy { border: 1px solid var(--line); background: var(--panel); border-radius: .4rem;
  padding: .1rem .6rem; cursor: pointer; }
input[type=search] { width: min(30rem, 100%); padding: .4rem .6rem; border: 1px solid var(--line);
  border-radius: .4rem; background: var(--panel); }
.find { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .8rem; margin: .6rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
ul { padding-left: 1.2rem; margin: .3rem 0; } li { margin: .25rem 0; overflow-wrap: anywhere; }
summary { cursor: pointer; }
.hists { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem; }
.hist { display: flex; align-items: flex-end; gap: .3rem; height: 8.5rem; margin-top: .5rem; }
.hist div { flex: 1; text-align: center; font-size: .72rem; color: var(--soft); }
.hist i { display: block; background: var(--link); border-radius: .15rem .15rem 0 0; min-height: 1px; }
@media (max-width: 40rem) { table { font-size: .88rem; } th, td { padding: .35rem .4rem; }
  thead th, thead .n { white-space: normal; } tbody th { min-width: 5.5rem; } .bar { min-width: 2rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; } }
@media print { body { max-width: none; padding: 0; font-size: 11px; } .find, .copy { display: none; }
  th button::after { content: ""; } pre { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
  .scroll { overflow: visible; } tr, article { break-inside: avoid; } }
)css";

// Shared by both pages: what is folded away is printed too.
constexpr char kScript[] = R"js(
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
)js";

}  // namespace

std::string Element(const std::string& tag, std::string_view attributes, std::string_view text) {
  return absl::StrCat("<", tag, attributes.empty() ? "" : " ", std::string(attributes), ">",
                      XmlEscape(text), "</", tag, ">");
}

std::string HtmlPage(std::string_view title, std::string_view body, std::string_view script) {
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
      "<meta name=\"referrer\" content=\"no-referrer\">\n", Element("title", "", title),
      "\n<style>", kStyle, "</style>\n</head>\n<body>\n", std::string(body), "<script>", kScript,
      std::string(script), "</script>\n</body>\n</html>\n");
}

std::string Badge(std::string_view word) {
  const auto is_one_of = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
  };
  std::string colour = "fail";
  if (is_one_of({"pass", "built", "graded"})) colour = "pass";
  if (is_one_of({"note", "skip", "not run"})) colour = "none";
  if (is_one_of({"warning", "framework-fault", "framework fault", "interrupted"})) colour = "part";
  return Element("span", absl::StrCat("class=\"badge ", colour, "\""), word);
}

std::string ColourOf(const TestView& test) {
  if (!test.score->graded) return "none";
  if (test.passed()) return "pass";
  return test.score->points > 0 ? "part" : "fail";
}

std::string Bar(double percent) {
  return absl::StrCat("<span class=\"bar\"><i style=\"width:",
                      Number(std::clamp(percent, 0.0, 100.0)), "%\"></i></span>");
}

std::string PercentText(std::optional<double> percent) {
  return percent ? Number(*percent) : "\u2013";
}

std::string FindingsHtml(const std::vector<Finding>& findings) {
  if (findings.empty()) return "";
  std::string text = "<ul>\n";
  for (const Finding& finding : findings) {
    absl::StrAppend(
        &text, "<li>", Badge(SeverityName(finding.severity)), " ",
        Element("span", "dir=\"ltr\"", CutText(PlainText(finding.text), kMostOfAFinding)), " ",
        Element("span", "class=\"soft\"", finding.kind), "</li>\n");
  }
  return text + "</ul>\n";
}

}  // namespace grading
