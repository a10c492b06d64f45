// Part of Raftlab, under the MIT License (see LICENSE).
//
// The results model: what ran and how it ended, and nothing about how it is shown. Every exporter
// (the terminal, JSON, JUnit, the score sheet) reads this and only this.

#ifndef RAFTLAB_GRADING_RESULTS_H_
#define RAFTLAB_GRADING_RESULTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "grading/verdict.h"

namespace grading {

// A test as its program lists it.
struct Test {
  std::string name;  // "Raft2A.InitialElection"
  std::string stage;
  int servers = 0;
  std::string about;    // one sentence
  std::string program;  // "raft_tests"

  bool operator==(const Test&) const = default;
};

// One (test, seed): the unit of everything here.
struct Run {
  std::string test;
  uint64_t seed = 0;
  std::string strategy;
  bool isolated = false;  // each server in a process of its own
  Verdict verdict = Verdict::kPass;
  std::string message;  // one sentence; empty on pass
  std::string report;   // all that a student is told about the failure, ready to print
  std::string hash;
  double virtual_seconds = 0;
  double cpu_ms = 0;
  double real_ms = 0;
  int servers = 0;
  int64_t rpcs = 0;
  int64_t bytes = 0;
  int64_t commits = 0;
  std::string weather;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  std::vector<std::string> faults;                  // of ours, from earlier attempts of this run
  nlohmann::json extra = nlohmann::json::object();  // what the program said beyond all that

  bool operator==(const Run&) const = default;
};

// A test over its seeds.
struct TestResult {
  Test test;
  std::vector<Run> runs;  // ascending by seed; fewer than planned after an interruption

  int Count(Verdict verdict) const;
  int failures() const;
  int graded() const;  // runs that count: no skips, no faults of ours

  // The failure with the lowest seed, or nullptr.
  const Run* FirstFailure() const;

  // In one word: the first failure's verdict, else a fault of ours, else pass; skip if no run
  // counts.
  Verdict Summary() const;

  // Seeds by verdict, failures and faults only.
  std::map<Verdict, std::vector<uint64_t>> SeedsByFailure() const;

  // The median over the runs that count; 0 without any.
  template <typename Number>
  double Median(Number Run::*field) const {
    std::vector<double> values;
    for (const Run& run : runs) {
      if (run.verdict == Verdict::kSkip || run.verdict == Verdict::kFrameworkFault) continue;
      values.push_back(static_cast<double>(run.*field));
    }
    return MedianOf(values);
  }

  bool operator==(const TestResult&) const = default;

 private:
  static double MedianOf(std::vector<double> values);
};

// All that one command found out.
struct Results {
  std::string command;   // "test" or "grade"
  std::string strategy;  // as asked for
  std::vector<uint64_t> seeds;
  std::vector<TestResult> tests;  // in the test programs' order
  double real_seconds = 0;
  int interrupted_by = 0;  // the signal that stopped the runs early, or 0
  std::string fault;       // why the framework gave up, or empty

  int runs() const;
  int failed_tests() const;
  int faulty_tests() const;  // with at least one run that we could not finish

  bool operator==(const Results&) const = default;
};

// Scheduling strategies, and the one that is meant when none is named.
inline constexpr std::string_view kStrategies[] = {"random", "pct", "fifo", "mix"};
inline constexpr std::string_view kDefaultStrategy = "mix";

// The line that shows this run again: "./lab replay Raft2B.Backup --seed 17".
std::string ReplayLine(const Run& run, std::string_view strategy);

}  // namespace grading

#endif  // RAFTLAB_GRADING_RESULTS_H_
