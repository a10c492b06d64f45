// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/runner.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/host.h"
#include "tests/replay.h"
#include "tests/worker.h"

namespace tests {
namespace {

// What GoogleTest's tests run with; from the command line.
struct Seeds {
  uint64_t first = 1;
  uint64_t last = 1;
  sim::StrategyKind strategy = sim::StrategyKind::kMix;
};

Seeds& TheSeeds() {
  static Seeds seeds;
  return seeds;
}

}  // namespace

std::vector<LabTest>& AllTests() {
  static auto* tests = new std::vector<LabTest>;
  return *tests;
}

const LabTest* FindTest(std::string_view full_name) {
  for (const LabTest& test : AllTests()) {
    if (test.FullName() == full_name) return &test;
  }
  return nullptr;
}

bool Register(LabTest test) {
  AllTests().push_back(std::move(test));
  return true;
}

sim::RunBody BodyOf(const LabTest& test) {
  return [body = test.body](sim::World& world) { world.Run([&world, body] { body(world); }); };
}

std::string ReplayCommand(const LabTest& test, const sim::RunOptions& options) {
  std::string command = absl::StrCat("./lab replay ", test.FullName(), " --seed ", options.seed);
  if (options.strategy != sim::StrategyKind::kMix) {
    const std::string_view name = sim::StrategyName(options.strategy);
    absl::StrAppend(&command, " --strategy ", absl::string_view(name.data(), name.size()));
  }
  return command + HostFlag();
}

namespace {

// Every tenth seed that passes is run twice, too: who finds that a Raft depends on more than the
// seed only when it fails cannot replay the failure.
constexpr uint64_t kSeedsToASecondLook = 10;

// What the real clock has cut off, or a fault of ours, may not happen again.
bool MayBeAccident(const sim::RunResult& result) {
  return result.verdict == sim::Verdict::kHang || result.verdict == sim::Verdict::kFrameworkFault;
}

}  // namespace

ConfirmedRun Confirm(const LabTest& test, const sim::RunOptions& options,
                     const sim::RunResult& first) {
  const bool passed = first.verdict == sim::Verdict::kPass || first.verdict == sim::Verdict::kSkip;
  if (passed && options.seed % kSeedsToASecondLook != 0) return {first, ""};
  sim::RunOptions verbose = options;
  verbose.verbose = true;
  sim::RunResult second = sim::RunInChild(passed ? options : verbose, BodyOf(test));
  const bool same = second.verdict == first.verdict && second.hash == first.hash;
  if (passed && (same || MayBeAccident(second))) return {first, ""};
  if (MayBeAccident(first) && second.verdict == sim::Verdict::kPass) return {second, ""};
  if (MayBeAccident(second) && !MayBeAccident(first)) {
    second = first;
  } else if (!MayBeAccident(first) && !same) {
    second.message = absl::StrCat("the same seed ran differently twice. The first time: ",
                                  first.message.empty() ? "it passed" : first.message,
                                  ". Does the code depend on addresses (a hash map's order), on a "
                                  "static variable, or on memory "
                                  "that it never set?");
    second.verdict = sim::Verdict::kNondeterministic;
    if (auto difference = sim::FindDivergence(verbose, BodyOf(test))) {
      second.detail.push_back(*difference);
    }
  }
  second.cpu_micros = first.cpu_micros;
  second.real_micros = first.real_micros;
  return {second,
          sim::FormatReport(second, test.FullName(), options, ReplayCommand(test, options))};
}

void RunUnderGoogleTest(const std::string& full_name) {
  const LabTest& test = *FindTest(full_name);
  const Seeds& seeds = TheSeeds();
  bool passed = false;
  std::string skipped;
  for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    sim::RunOptions options;
    options.seed = seed;
    options.strategy = seeds.strategy;
    const ConfirmedRun run = Confirm(test, options, sim::RunInChild(options, BodyOf(test)));
    if (run.result.verdict == sim::Verdict::kSkip) skipped = run.result.message;
    passed = passed || run.result.verdict == sim::Verdict::kPass;
    if (!run.report.empty()) {
      ADD_FAILURE() << run.report;
      return;
    }
  }
  if (!passed) GTEST_SKIP() << skipped;
}

namespace {

// As a GoogleTest program: its flags, and the seeds.
int RunGoogleTest(std::vector<std::string> words) {
  std::vector<char*> argv = {const_cast<char*>("tests")};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(argv.size()) - 1;
  testing::InitGoogleTest(&argc, argv.data());
  Seeds& seeds = TheSeeds();
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[static_cast<size_t>(i)];
    const std::string value = i + 1 < argc ? argv[static_cast<size_t>(i) + 1] : "";
    bool good = true;
    if (flag == "--seeds") {
      good = absl::SimpleAtoi(value, &seeds.last) && seeds.last > 0;
    } else if (flag == "--seed") {
      good = absl::SimpleAtoi(value, &seeds.first);
      seeds.last = seeds.first;
    } else if (flag == "--strategy") {
      const auto strategy = sim::StrategyFromName(value);
      good = strategy.has_value();
      if (good) seeds.strategy = *strategy;
    } else {
      good = false;
    }
    if (good) continue;
    std::cerr << "cannot use \"" << flag << " " << value
              << "\"; the flags are --seeds N, --seed S, --strategy random|pct|fifo|mix, --list, "
                 "--worker, --replay Suite.Test, and GoogleTest's\n";
    return 2;
  }
  return RUN_ALL_TESTS();
}

}  // namespace

int Main(int argc, char** argv) {
  sim::MakeRepeatable(argv);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto has = [&](const char* flag) {
    return std::find(arguments.begin(), arguments.end(), flag) != arguments.end();
  };
  if (has("--list")) return ListTests();
  if (const std::string complaint = PrepareHosts(&arguments); !complaint.empty()) {
    std::cerr << complaint << "\n";
    return 3;
  }
  const int code = has("--worker")   ? ServeJobs(arguments)
                   : has("--replay") ? Replay(arguments)
                                     : RunGoogleTest(arguments);
  ReleaseHosts();
  return code;
}

}  // namespace tests

int main(int argc, char** argv) { return tests::Main(argc, argv); }
