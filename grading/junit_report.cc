// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/junit_report.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "grading/plain_text.h"
#include "grading/report_text.h"

namespace grading {
namespace {

// What a test adds to its suite's counts.
struct Counts {
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  double seconds = 0;

  void Add(const TestResult& result) {
    const Verdict verdict = result.Summary();
    ++tests;
    failures += IsFailure(verdict) ? 1 : 0;
    errors += verdict == Verdict::kFrameworkFault ? 1 : 0;
    skipped += verdict == Verdict::kSkip ? 1 : 0;
    for (const Run& run : result.runs) seconds += run.real_ms / 1000;
  }

  std::string Attributes() const {
    return absl::StrFormat(R"(tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f")",
                           tests, failures, errors, skipped, seconds);
  }
};

std::string Problem(const char* element, const TestResult& result, const Run& run,
                    const std::string& strategy) {
  return absl::StrCat("   <", element, " type=\"", std::string(VerdictName(run.verdict)),
                      "\" message=\"", XmlEscape(run.message), "\">",
                      XmlEscape(FailureText(result, strategy, /*colour=*/false)), "</", element,
                      ">\n");
}

std::string TestCase(const TestResult& result, const std::string& strategy) {
  Counts counts;
  counts.Add(result);
  const size_t dot = result.test.name.find('.');
  const std::string suite = result.test.name.substr(0, dot);
  const std::string name = dot == std::string::npos ? suite : result.test.name.substr(dot + 1);
  std::string text =
      absl::StrCat("  <testcase classname=\"", XmlEscape(suite), "\" name=\"", XmlEscape(name),
                   "\" time=\"", absl::StrFormat("%.3f", counts.seconds), "\"");
  std::string inside;
  if (const Run* failure = result.FirstFailure()) {
    inside = Problem("failure", result, *failure, strategy);
  } else if (result.Summary() == Verdict::kFrameworkFault) {
    const auto fault = std::ranges::find(result.runs, Verdict::kFrameworkFault, &Run::verdict);
    inside = Problem("error", result, *fault, strategy);
  } else if (result.Summary() == Verdict::kSkip) {
    const std::string why = result.runs.empty() ? "not run" : result.runs.front().message;
    inside = absl::StrCat("   <skipped message=\"", XmlEscape(why), "\"/>\n");
  }
  return inside.empty() ? text + "/>\n" : absl::StrCat(text, ">\n", inside, "  </testcase>\n");
}

}  // namespace

std::string JunitReport(const Results& results) {
  Counts all;
  std::vector<std::string> stages;
  for (const TestResult& result : results.tests) {
    all.Add(result);
    if (std::ranges::find(stages, result.test.stage) == stages.end()) {
      stages.push_back(result.test.stage);
    }
  }
  std::string text = absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                                  "<testsuites name=\"raftlab\" ", all.Attributes(), ">\n");
  for (const std::string& stage : stages) {
    Counts counts;
    std::string cases;
    for (const TestResult& result : results.tests) {
      if (result.test.stage != stage) continue;
      counts.Add(result);
      cases += TestCase(result, results.strategy);
    }
    absl::StrAppend(&text, " <testsuite name=\"", XmlEscape(stage), "\" ", counts.Attributes(),
                    ">\n", cases, " </testsuite>\n");
  }
  return text + "</testsuites>\n";
}

}  // namespace grading
