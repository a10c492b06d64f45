// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/class_junit.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "grading/grade_view.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

constexpr size_t kMostText = 20'000;

// What the cases of a suite, and the suites of a file, add up to.
struct Sums {
  int tests = 0;
  int failures = 0;
  int errors = 0;
  int skipped = 0;
  double seconds = 0;

  void Add(const Sums& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    seconds += other.seconds;
  }
  std::string Attributes() const {
    return absl::StrFormat(R"(tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f")",
                           tests, failures, errors, skipped, seconds);
  }
};

std::string Property(const std::string& name, const std::string& value) {
  return absl::StrCat("    <property name=\"", name, "\" value=\"", XmlEscape(value), "\"/>\n");
}

std::string CaseBegin(const std::string& suite, const std::string& name) {
  return absl::StrCat("  <testcase classname=\"", XmlEscape(suite), "\" name=\"", XmlEscape(name),
                      "\">\n");
}

std::string Problem(const char* element, const std::string& type, const std::string& message,
                    const std::string& text) {
  return absl::StrCat("   <", element, " type=\"", XmlEscape(type), "\" message=\"",
                      XmlEscape(CutText(message, kMostText)), "\">", XmlEscape(text), "</", element,
                      ">\n");
}

std::string BuildCase(const Grade& grade, Sums* sums) {
  ++sums->tests;
  std::string text = CaseBegin(grade.submission, "build");
  if (!grade.build.ok) {
    ++sums->failures;
    text += Problem("failure", "build", StatusOf(grade), BuildText(grade, kMostText));
  }
  return text + "  </testcase>\n";
}

std::string TestCase(const Grade& grade, const TestView& test, Sums* sums) {
  ++sums->tests;
  std::string text =
      absl::StrCat(CaseBegin(absl::StrCat(grade.submission, ".",
                                          test.score->test.substr(0, test.score->test.find('.'))),
                             test.score->test.substr(test.score->test.find('.') + 1)),
                   "   <properties>\n", Property("points", Number(test.score->points)),
                   Property("weight", Number(test.score->weight)),
                   Property("passed", absl::StrCat(test.score->tally.passed)),
                   Property("runs", absl::StrCat(test.runs)));
  if (test.shown != nullptr) {
    absl::StrAppend(&text, Property("seed", absl::StrCat(test.shown->seed)),
                    Property("replay", test.replay));
  }
  text += "   </properties>\n";
  if (test.shown != nullptr) {
    const bool ours = test.shown->verdict == Verdict::kFrameworkFault;
    ++(ours ? sums->errors : sums->failures);
    text += Problem(ours ? "error" : "failure", test.verdict, test.shown->message,
                    FailureReport(test, kMostText));
  } else if (!test.passed()) {
    ++sums->skipped;
    absl::StrAppend(&text, "   <skipped message=\"", test.verdict, "\"/>\n");
  }
  return text + "  </testcase>\n";
}

std::string Suite(const Grade& grade, Sums* all) {
  Sums sums;
  sums.seconds = grade.results.real_seconds;
  std::string cases = BuildCase(grade, &sums);
  for (const StageScore& stage : grade.sheet.stages) {
    for (const TestView& test : TestsOf(grade, stage)) cases += TestCase(grade, test, &sums);
  }
  all->Add(sums);
  return absl::StrCat(" <testsuite name=\"", XmlEscape(grade.submission), "\" ", sums.Attributes(),
                      ">\n", cases, " </testsuite>\n");
}

std::string Document(const std::string& suites, const Sums& sums) {
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                      "<testsuites name=\"raftlab\" ", sums.Attributes(), ">\n", suites,
                      "</testsuites>\n");
}

}  // namespace

std::string GradeJunit(const Grade& grade) {
  Sums sums;
  const std::string suite = Suite(grade, &sums);
  return Document(suite, sums);
}

std::string ClassJunit(const ClassGrades& grades) {
  Sums sums;
  std::string suites;
  for (const Grade& grade : grades.grades) suites += Suite(grade, &sums);
  return Document(suites, sums);
}

}  // namespace grading
