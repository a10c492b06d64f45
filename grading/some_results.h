// Part of Raftlab, under the MIT License (see LICENSE).
//
// Results made by hand, for the tests of what reads them.

#ifndef RAFTLAB_GRADING_SOME_RESULTS_H_
#define RAFTLAB_GRADING_SOME_RESULTS_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grading/results.h"

namespace grading {

inline Test MakeTest(const std::string& name, const std::string& stage) {
  Test test;
  test.name = name;
  test.stage = stage;
  test.servers = 3;
  test.program = "raft_tests";
  return test;
}

inline Run MakeRun(const std::string& test, uint64_t seed, Verdict verdict) {
  Run run;
  run.test = test;
  run.seed = seed;
  run.strategy = "mix";
  run.verdict = verdict;
  if (verdict != Verdict::kPass) {
    run.message = absl::StrCat(std::string(VerdictName(verdict)), " broken");
    run.report = absl::StrCat("seed ", seed, ": ", run.message, "\nwanted 1, got 2\n");
  }
  run.hash = "00000000deadbeef";
  run.virtual_seconds = 7.5;
  run.cpu_ms = 3;
  run.real_ms = 4;
  run.servers = 3;
  run.rpcs = 1234;
  run.bytes = 1'234'567;
  run.commits = 11;
  return run;
}

// One run a verdict, from seed 1 on.
inline TestResult MakeResult(const std::string& name, const std::string& stage,
                             const std::vector<Verdict>& verdicts) {
  TestResult result;
  result.test = MakeTest(name, stage);
  for (size_t i = 0; i < verdicts.size(); ++i)
    result.runs.push_back(MakeRun(name, i + 1, verdicts[i]));
  return result;
}

inline Results MakeResults(std::vector<TestResult> tests) {
  Results results;
  results.command = "test";
  results.strategy = "mix";
  for (size_t i = 0; i < tests.front().runs.size(); ++i) results.seeds.push_back(i + 1);
  results.tests = std::move(tests);
  results.real_seconds = 1.25;
  return results;
}

}  // namespace grading

#endif  // RAFTLAB_GRADING_SOME_RESULTS_H_
