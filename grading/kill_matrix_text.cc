// Part of Raftlab, under the MIT License (see LICENSE).

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "grading/kill_matrix_report.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

std::string Indented(const std::string& text) {
  return absl::StrCat("    ",
                      absl::StrJoin(std::vector<std::string>(absl::StrSplit(
                                        absl::StripSuffix(PlainText(text), "\n"), '\n')),
                                    "\n    "),
                      "\n");
}

// What there is to say about one whose fate is bad.
std::string Details(const ZooEntry& entry) {
  const Mutant& mutant = entry.mutant;
  const MutantResult& result = entry.result;
  std::string text = absl::StrFormat("\n==== %s: %s ====\n", mutant.id(),
                                     FateName(mutant, FateOf(mutant, result)));
  if (!mutant.title.empty()) absl::StrAppend(&text, "  ", PlainText(mutant.title), "\n");
  if (!mutant.control && mutant.wrong.empty()) {
    absl::StrAppend(&text, "  breaks: ", PlainText(mutant.rule), "\n  hard ", mutant.hard,
                    ": the tests of ", mutant.stage, " have ", Plural(SeedsToKill(mutant), "seed"),
                    "; expected: ", PlainText(mutant.killed_by), "\n");
  }
  if (!result.problem.empty()) {
    absl::StrAppend(&text, "  it ", result.problem, ":\n", Indented(result.output));
  }
  if (!result.fault.empty()) absl::StrAppend(&text, "  fault: ", PlainText(result.fault), "\n");
  if (const auto kill = ShownKill(mutant, entry.result)) {
    absl::StrAppend(&text, "  ", mutant.control ? "failed: " : "first kill: ", kill->test->test,
                    ", seed ", kill->test->seeds(), ": ",
                    std::string(VerdictName(kill->test->verdict)), ": ",
                    PlainText(kill->test->message), "\n");
  }
  for (const MutantTest& test : result.tests) {
    for (const std::string& run : test.uncertain) {
      absl::StrAppend(&text, "  neither kill nor pass: ", test.test, ", ", PlainText(run), "\n");
    }
  }
  return text;
}

std::string WorthTable(const std::vector<Test>& tests, const std::vector<ZooEntry>& zoo) {
  size_t width = 0;
  for (const Test& test : tests) width = std::max(width, test.name.size());
  std::string text = absl::StrFormat("\n%-*s  kills  alone\n", width, "test");
  for (const TestWorth& worth : WorthOfTests(tests, zoo)) {
    absl::StrAppendFormat(
        &text, "%-*s  %5d  %5d  %s\n", width, worth.test, worth.kills, worth.alone.size(),
        worth.alone.empty() ? "kills nothing alone" : absl::StrJoin(worth.alone, ", "));
  }
  return text;
}

std::string UncertainLines(const std::vector<ZooEntry>& zoo) {
  std::string text;
  for (const ZooEntry& entry : zoo) {
    if (IsBad(FateOf(entry.mutant, entry.result))) continue;  // said there
    for (const MutantTest& test : entry.result.tests) {
      for (const std::string& run : test.uncertain) {
        absl::StrAppend(&text, "  ", entry.mutant.id(), ": ", test.test, ", ",
                        CutText(PlainText(run), 200), "\n");
      }
    }
  }
  return text.empty() ? "" : "\nRuns that are neither kill nor pass:\n" + text;
}

std::string OtherMessages(const std::vector<ZooEntry>& zoo) {
  std::string text;
  for (const ZooEntry& entry : zoo) {
    if (NamesTheRule(entry.mutant, entry.result) != false) continue;
    const auto kill = ShownKill(entry.mutant, entry.result);
    absl::StrAppend(&text, "  ", entry.mutant.id(), ", wanted ", entry.mutant.message, ": ",
                    CutText(PlainText(kill->test->message), 200), "\n");
  }
  return text.empty() ? "" : "\nFirst failures that name another rule:\n" + text;
}

}  // namespace

std::string MutantLine(const ZooEntry& entry, size_t width) {
  const Mutant& mutant = entry.mutant;
  std::string line =
      absl::StrFormat("%-*s  %-2s  %s  %-9s", width, mutant.id(), mutant.stage,
                      mutant.control || mutant.hard == 0 ? "-" : absl::StrCat(mutant.hard),
                      FateName(mutant, FateOf(mutant, entry.result)));
  if (const auto kill = ShownKill(mutant, entry.result)) {
    absl::StrAppendFormat(&line, "  %s seed %d, %.3f s, %s", kill->test->test, kill->test->seeds(),
                          kill->cpu_seconds, std::string(VerdictName(kill->test->verdict)));
    if (NamesTheRule(mutant, entry.result) == false) absl::StrAppend(&line, ", names another rule");
  }
  return line + "\n";
}

std::string ZooCounts(const std::vector<ZooEntry>& zoo) {
  std::map<Fate, int> mutants;
  std::map<Fate, int> controls;
  int killed = 0;
  int named = 0;
  double cpu = 0;
  double hung = 0;  // of that, in tests that a hang has ended
  std::vector<double> until_killed;
  for (const ZooEntry& entry : zoo) {
    ++(entry.mutant.control ? controls : mutants)[FateOf(entry.mutant, entry.result)];
    const auto names = NamesTheRule(entry.mutant, entry.result);
    killed += names.has_value();
    named += names.value_or(false);
    cpu += CpuSeconds(entry.result);
    for (const MutantTest& test : entry.result.tests) {
      if (test.verdict == Verdict::kHang) hung += test.cpu_ms.back() / 1000;
    }
    const auto kill = FirstKill(entry.result, entry.mutant.stage);
    if (kill && !entry.mutant.control) until_killed.push_back(kill->cpu_seconds);
  }
  const auto count = [](const std::map<Fate, int>& fates, const Mutant& like,
                        const std::string& noun) {
    int all = 0;
    std::vector<std::string> parts;
    for (const auto& [fate, number] : fates) {
      all += number;
      parts.push_back(absl::StrCat(number, " ", FateName(like, fate)));
    }
    return parts.empty() ? ""
                         : absl::StrCat(Plural(all, noun), ": ", absl::StrJoin(parts, ", "), ".\n");
  };
  std::string text = count(mutants, {}, "mutant") + count(controls, {.control = true}, "control");
  if (killed > 0) {
    absl::StrAppendFormat(&text, "The first failure names the rule for %d of %d (%.0f%%).\n", named,
                          killed, 100.0 * named / killed);
  }
  if (!until_killed.empty()) {
    std::ranges::sort(until_killed);
    absl::StrAppendFormat(&text,
                          "CPU time until the tests of its stage kill a mutant: %.3f s in the "
                          "median, %.3f s at most.\n",
                          until_killed[until_killed.size() / 2], until_killed.back());
  }
  absl::StrAppendFormat(&text, "CPU time of all runs: %.0f s, of it %.0f s in runs that hung.\n",
                        cpu, hung);
  return text;
}

std::string ZooSummary(const MutantPlan& plan, const std::vector<ZooEntry>& zoo) {
  std::string text;
  for (const ZooEntry& entry : zoo) {
    if (IsBad(FateOf(entry.mutant, entry.result))) text += Details(entry);
  }
  return absl::StrCat(text, UncertainLines(zoo), OtherMessages(zoo),
                      plan.quick ? "" : WorthTable(plan.tests, zoo), "\n", ZooCounts(zoo));
}

}  // namespace grading
