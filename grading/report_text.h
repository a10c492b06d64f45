// Part of Raftlab, under the MIT License (see LICENSE).
//
// Results as text for a terminal: the table of tests, the failures, the summary, the score sheet.
// Pure: the same results give the same text.

#ifndef RAFTLAB_GRADING_REPORT_TEXT_H_
#define RAFTLAB_GRADING_REPORT_TEXT_H_

#include <string>
#include <vector>

#include "grading/points.h"
#include "grading/results.h"

namespace grading {

// Rows of one width each, printable one by one.
class TestTable {
 public:
  TestTable(const std::vector<Test>& tests, bool colour);

  std::string Header() const;
  std::string Row(const TestResult& result) const;

 private:
  size_t name_width_;
  bool colour_;
};

// One failing test: the report of its lowest failing seed, how often it fails and how, the line
// that replays it. Empty for a test without failures and faults.
std::string FailureText(const TestResult& result, const std::string& strategy, bool colour);

// "3 of 10 seeds failed: safety 2 (seeds 4, 9), liveness 1 (seed 7)", and a line about our faults;
// empty without failures and faults. `runs` is the number of runs, for an abridged
// result (grade_json.h).
std::string HowOften(const TestResult& result, int64_t runs);

// Warnings and repeated runs over all tests, each text once; empty without any.
std::string WarningsText(const Results& results);

// What is known in the end: a line of counts, and what passing so many seeds means.
std::string SummaryText(const Results& results);

// "0 failures in 200 seeds: a bug that shows in more than 1.5% of the seeds would have been seen
// with 95% confidence."
std::string ConfidenceText(int64_t seeds);

// "1-4, 7, 9": seeds in a few words; after some ranges "and 12 more".
std::string SeedRanges(const std::vector<uint64_t>& seeds);

std::string ScoreSheetText(const ScoreSheet& sheet);

}  // namespace grading

#endif  // RAFTLAB_GRADING_REPORT_TEXT_H_
