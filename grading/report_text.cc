// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/report_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "grading/plain_text.h"
#include "grading/terminal.h"

namespace grading {
namespace {

constexpr int kVerdictWidth = 16;
constexpr size_t kMostRanges = 8;
constexpr size_t kMostWarnings = 10;

std::string Whole(double number) { return WithCommas(std::llround(number)); }

std::string CountOf(Verdict verdict, const std::vector<uint64_t>& seeds) {
  return absl::StrCat(std::string(VerdictName(verdict)), " ", seeds.size(),
                      seeds.size() == 1 ? " (seed " : " (seeds ", SeedRanges(seeds), ")");
}

struct Warning {
  std::string text;
  int runs = 0;
  const Run* first = nullptr;
};

void Add(const std::string& text, const Run& run, std::vector<Warning>* warnings) {
  auto found = std::ranges::find(*warnings, text, &Warning::text);
  if (found == warnings->end()) {
    warnings->push_back({.text = text, .first = &run});
    found = warnings->end() - 1;
  }
  ++found->runs;
}

}  // namespace

TestTable::TestTable(const std::vector<Test>& tests, bool colour)
    : name_width_(4), colour_(colour) {
  for (const Test& test : tests) name_width_ = std::max(name_width_, test.name.size());
}

std::string TestTable::Header() const {
  return absl::StrFormat("%-*s %-*s %9s %9s %7s %7s %7s %11s %7s\n", name_width_, "test",
                         kVerdictWidth, "verdict", "passed", "virtual s", "real ms", "servers",
                         "RPCs", "bytes", "commits");
}

std::string TestTable::Row(const TestResult& result) const {
  const Verdict verdict = result.Summary();
  // Painted after padding: a terminal does not count the colour's bytes, the padding would.
  const std::string cell =
      absl::StrFormat("%-*s", kVerdictWidth, std::string(VerdictName(verdict)));
  return absl::StrFormat(
      "%-*s %s %9s %9.2f %7.1f %7s %7s %11s %7s\n", name_width_, result.test.name,
      Paint(verdict, cell, colour_),
      absl::StrCat(result.Count(Verdict::kPass), "/",
                   static_cast<int>(result.runs.size()) - result.Count(Verdict::kSkip)),
      result.Median(&Run::virtual_seconds), result.Median(&Run::real_ms),
      Whole(result.Median(&Run::servers)), Whole(result.Median(&Run::rpcs)),
      Whole(result.Median(&Run::bytes)), Whole(result.Median(&Run::commits)));
}

std::string FailureText(const TestResult& result, const std::string& strategy, bool colour) {
  const Run* shown = result.FirstFailure();
  if (shown == nullptr) {
    const auto fault = std::ranges::find(result.runs, Verdict::kFrameworkFault, &Run::verdict);
    if (fault == result.runs.end()) return "";
    shown = &*fault;
  }
  const std::string title =
      absl::StrCat("==== ", result.test.name, ": ", std::string(VerdictName(shown->verdict)),
                   ", seed ", shown->seed, " ====");
  const std::string report = PlainText(shown->report.empty() ? shown->message : shown->report);
  return absl::StrCat("\n", Paint(shown->verdict, title, colour), "\n",
                      absl::StripSuffix(report, "\n"), "\n\n",
                      HowOften(result, static_cast<int64_t>(result.runs.size())),
                      "replay it: ", ReplayLine(*shown, strategy), "\n");
}

std::string HowOften(const TestResult& result, int64_t runs) {
  std::vector<std::string> failures;
  std::string faults;
  for (const auto& [verdict, seeds] : result.SeedsByFailure()) {
    if (verdict == Verdict::kFrameworkFault) {
      faults = absl::StrCat(CountOf(verdict, seeds), ": not your code's fault; it costs no points.",
                            " Please report it.\n");
    } else {
      failures.push_back(CountOf(verdict, seeds));
    }
  }
  if (failures.empty()) return faults;
  return absl::StrCat(result.failures(), " of ", Plural(runs, "seed"),
                      " failed: ", absl::StrJoin(failures, ", "), "\n", faults);
}

std::string WarningsText(const Results& results) {
  std::vector<Warning> warnings;
  for (const TestResult& test : results.tests) {
    for (const Run& run : test.runs) {
      for (const std::string& text : run.warnings) Add("warning: " + text, run, &warnings);
      for (const std::string& text : run.notes) Add("note: " + text, run, &warnings);
      if (run.verdict == Verdict::kSkip) {
        Add(absl::StrCat("skipped: ", test.test.name, ": ", run.message), run, &warnings);
      }
      if (run.verdict == Verdict::kFrameworkFault) continue;  // a failure of its own
      for (const std::string& text : run.faults) {
        Add("repeated after a framework fault: " + text, run, &warnings);
      }
    }
  }
  std::string text;
  for (size_t i = 0; i < std::min(warnings.size(), kMostWarnings); ++i) {
    const Warning& warning = warnings[i];
    absl::StrAppend(&text, "\n", PlainText(warning.text), "\n  in ", Plural(warning.runs, "run"),
                    ", first: ", ReplayLine(*warning.first, results.strategy), "\n");
  }
  if (warnings.size() > kMostWarnings) {
    absl::StrAppend(&text, "\nand ", Plural(warnings.size() - kMostWarnings, "more warning"),
                    "; --json FILE has all of them.\n");
  }
  return text;
}

std::string SummaryText(const Results& results) {
  const int tests = static_cast<int>(results.tests.size());
  const int runs = results.runs();
  int64_t failed_runs = 0;
  int64_t skipped = 0;
  double virtual_seconds = 0;
  for (const TestResult& test : results.tests) {
    failed_runs += test.failures();
    skipped += test.Count(Verdict::kSkip);
    for (const Run& run : test.runs) virtual_seconds += run.virtual_seconds;
  }
  const int passed = static_cast<int>(std::ranges::count(
      results.tests, Verdict::kPass, [](const TestResult& test) { return test.Summary(); }));
  std::vector<std::string> outcome = {absl::StrCat(passed, " passed")};
  if (failed_runs > 0) {
    outcome.push_back(
        absl::StrCat(results.failed_tests(), " failed in ", Plural(failed_runs, "run")));
  }
  if (skipped > 0) outcome.push_back(absl::StrCat(Plural(skipped, "run"), " skipped"));
  if (results.faulty_tests() > 0) {
    outcome.push_back(absl::StrCat(results.faulty_tests(), " with framework faults"));
  }
  std::string text = absl::StrFormat(
      "\n%s, %s: %s in %.1f s; virtual %s s\n", Plural(tests, "test"), Plural(runs, "run"),
      absl::StrJoin(outcome, ", "), results.real_seconds, Whole(virtual_seconds));
  const bool complete = results.interrupted_by == 0 && results.fault.empty();
  if (!complete) {
    const int64_t planned =
        static_cast<int64_t>(tests) * static_cast<int64_t>(results.seeds.size());
    absl::StrAppend(&text, results.interrupted_by != 0 ? "Interrupted: " : "Given up: ",
                    Plural(planned - runs, "run"), " not done.\n");
  }
  // Said only of what was run in full: every seed of every test, none failed, none left out.
  const bool clean = complete && failed_runs + skipped == 0 && results.faulty_tests() == 0;
  if (clean && results.seeds.size() > 1) {
    text += ConfidenceText(static_cast<int64_t>(results.seeds.size())) + "\n";
  }
  return text;
}

std::string ConfidenceText(int64_t seeds) {
  // With failure rate q, n seeds miss it with probability (1-q)^n; that is 5% at this q, which is
  // near 3/n (the rule of three).
  const double rate = 100 * (1 - std::pow(0.05, 1.0 / static_cast<double>(seeds)));
  const std::string percent = absl::StrFormat("%.*f", rate >= 10 ? 0 : rate >= 0.1 ? 1 : 3, rate);
  return absl::StrCat("0 failures in ", Plural(seeds, "seed"), ": a bug that shows in more than ",
                      percent, "% of the seeds would have been seen with 95% confidence.");
}

std::string SeedRanges(const std::vector<uint64_t>& seeds) {
  std::string text;
  size_t ranges = 0;
  for (size_t i = 0; i < seeds.size();) {
    if (ranges++ == kMostRanges) {
      return absl::StrCat(text, " and ", seeds.size() - i, " more");
    }
    size_t last = i;
    while (last + 1 < seeds.size() && seeds[last + 1] == seeds[last] + 1) ++last;
    absl::StrAppend(&text, i == 0 ? "" : ", ", seeds[i]);
    if (last > i) absl::StrAppend(&text, last == i + 1 ? ", " : "-", seeds[last]);
    i = last + 1;
  }
  return text;
}

std::string ScoreSheetText(const ScoreSheet& sheet) {
  size_t width = 4;
  for (const StageScore& stage : sheet.stages) {
    for (const TestScore& test : stage.tests) width = std::max(width, test.test.size());
  }
  std::string text =
      absl::StrFormat("\n%-*s  %9s  %15s  title\n", width, "test", "passed", "points");
  for (const StageScore& stage : sheet.stages) {
    for (const TestScore& test : stage.tests) {
      const std::string points =
          test.graded ? absl::StrFormat("%.1f of %.1f", test.points, test.weight) : "not graded";
      absl::StrAppend(&text, absl::StrFormat("%-*s  %9s  %15s  %s\n", width, test.test,
                                             absl::StrCat(test.tally.passed, "/",
                                                          test.tally.passed + test.tally.failed),
                                             points, test.title));
    }
    absl::StrAppend(&text,
                    absl::StrFormat("%-*s  %9s  %15s  %s, %g%% of lab %s\n\n", width,
                                    absl::StrCat("stage ", stage.stage.name), "",
                                    absl::StrFormat("%.1f of %.1f", stage.points, stage.possible),
                                    stage.stage.title, stage.stage.percent, stage.stage.lab));
  }
  for (const LabScore& lab : sheet.labs) {
    absl::StrAppend(&text, absl::StrFormat("lab %s: %.1f%%\n", lab.lab, lab.percent));
  }
  return text;
}

}  // namespace grading
