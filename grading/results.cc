// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/results.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace grading {

int TestResult::Count(Verdict verdict) const {
  return static_cast<int>(std::ranges::count(runs, verdict, &Run::verdict));
}

int TestResult::failures() const {
  return static_cast<int>(std::ranges::count_if(runs, IsFailure, &Run::verdict));
}

int TestResult::graded() const { return Count(Verdict::kPass) + failures(); }

const Run* TestResult::FirstFailure() const {
  const auto found = std::ranges::find_if(runs, IsFailure, &Run::verdict);
  return found == runs.end() ? nullptr : &*found;
}

Verdict TestResult::Summary() const {
  if (const Run* failure = FirstFailure()) return failure->verdict;
  if (Count(Verdict::kFrameworkFault) > 0) return Verdict::kFrameworkFault;
  return Count(Verdict::kPass) > 0 ? Verdict::kPass : Verdict::kSkip;
}

std::map<Verdict, std::vector<uint64_t>> TestResult::SeedsByFailure() const {
  std::map<Verdict, std::vector<uint64_t>> seeds;
  for (const Run& run : runs) {
    if (run.verdict == Verdict::kPass || run.verdict == Verdict::kSkip) continue;
    seeds[run.verdict].push_back(run.seed);
  }
  return seeds;
}

double TestResult::MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

int Results::runs() const {
  size_t sum = 0;
  for (const TestResult& test : tests) sum += test.runs.size();
  return static_cast<int>(sum);
}

int Results::failed_tests() const {
  return static_cast<int>(
      std::ranges::count_if(tests, [](const TestResult& test) { return test.failures() > 0; }));
}

int Results::faulty_tests() const {
  return static_cast<int>(std::ranges::count_if(
      tests, [](const TestResult& test) { return test.Count(Verdict::kFrameworkFault) > 0; }));
}

std::string ReplayLine(const Run& run, std::string_view strategy) {
  std::string line = absl::StrCat("./lab replay ", run.test, " --seed ", run.seed);
  if (strategy != kDefaultStrategy) line += absl::StrCat(" --strategy ", std::string(strategy));
  if (run.isolated) line += " --isolated";
  return line;
}

}  // namespace grading
