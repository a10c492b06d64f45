// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/campaign.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "grading/json_report.h"
#include "grading/junit_report.h"
#include "grading/names.h"
#include "grading/pool.h"
#include "grading/report_text.h"
#include "grading/seeds.h"
#include "grading/terminal.h"

namespace grading {
namespace {

// Gathers runs into results and shows them as they come: a test's row when all of its seeds are
// done, rows in the order of the tests.
class LiveTable {
 public:
  explicit LiveTable(const Campaign& campaign)
      : seeds_(campaign.seeds.size()),
        table_(campaign.tests, UseColour()),
        bar_(static_cast<int>(campaign.tests.size() * seeds_), /*enabled=*/true) {
    for (const Test& test : campaign.tests) {
      index_[test.name] = results_.size();
      results_.push_back({.test = test, .runs = {}});
    }
    Print(table_.Header());
  }

  void Add(Run run) {
    ++done_;
    if (IsFailure(run.verdict)) ++failed_;
    TestResult& result = results_[index_.at(run.test)];
    result.runs.push_back(std::move(run));
    while (next_ < results_.size() && results_[next_].runs.size() == seeds_) PrintNext();
    Idle();
  }

  void Idle() {
    if (next_ < results_.size()) bar_.Update(done_, failed_, results_[next_].test.name);
  }

  // Rows of the tests that are not whole, after an interruption, too.
  std::vector<TestResult> Finish() {
    while (next_ < results_.size()) PrintNext();
    bar_.Clear();
    return std::move(results_);
  }

 private:
  void PrintNext() {
    TestResult& result = results_[next_++];
    std::ranges::sort(result.runs, {}, &Run::seed);
    if (result.runs.empty()) return;
    bar_.Clear();
    Print(table_.Row(result));
  }

  const size_t seeds_;
  const TestTable table_;
  ProgressBar bar_;
  std::vector<TestResult> results_;
  std::map<std::string, size_t> index_;  // in results_, by test
  size_t next_ = 0;                      // the first result without a row
  int done_ = 0;
  int failed_ = 0;
};

// Test by test, so that rows come early; only those of one program.
std::vector<Job> JobsOf(const Campaign& campaign, const std::string& program) {
  std::vector<Job> jobs;
  for (const Test& test : campaign.tests) {
    if (test.program != program) continue;
    for (const uint64_t seed : campaign.seeds) {
      jobs.push_back({.test = test.name, .seed = seed, .strategy = campaign.strategy});
    }
  }
  return jobs;
}

void PrintReports(const Results& results) {
  for (const TestResult& test : results.tests) {
    Print(FailureText(test, results.strategy, UseColour()));
  }
  Print(WarningsText(results));
  Print(SummaryText(results));
}

}  // namespace

absl::StatusOr<std::string> ParseStrategy(const std::string& text) {
  if (text.empty()) return std::string(kDefaultStrategy);
  const std::vector<std::string> known(std::begin(kStrategies), std::end(kStrategies));
  if (std::ranges::find(known, text) != known.end()) return text;
  return absl::InvalidArgumentError(absl::StrCat("no strategy is called ", text,
                                                 NearestHint(text, known), " There are ",
                                                 absl::StrJoin(known, ", "), "."));
}

absl::StatusOr<Campaign> MakeCampaign(const std::string& command, const CampaignOptions& options,
                                      const std::string& default_seeds) {
  Campaign campaign;
  campaign.command = command;
  if (!options.seed.empty() && !options.seeds.empty()) {
    return absl::InvalidArgumentError(
        "--seed is one seed and --seeds are many: give one of the two options.");
  }
  if (!options.seed.empty()) {
    const auto seed = ParseSeed(options.seed);
    if (!seed.ok()) return seed.status();
    campaign.seeds = {*seed};
  } else {
    auto seeds = ParseSeeds(options.seeds.empty() ? default_seeds : options.seeds);
    if (!seeds.ok()) return seeds.status();
    campaign.seeds = *std::move(seeds);
  }
  const auto jobs = ParseJobs(options.jobs);
  if (!jobs.ok()) return jobs.status();
  campaign.jobs = *jobs;
  const auto strategy = ParseStrategy(options.strategy);
  if (!strategy.ok()) return strategy.status();
  campaign.strategy = *strategy;
  return campaign;
}

absl::StatusOr<std::vector<Test>> SelectAll(const std::vector<Test>& tests,
                                            const std::vector<std::string>& names) {
  if (names.empty()) return tests;
  std::vector<Test> wanted;
  for (const std::string& name : names) {
    const auto found = SelectTests(tests, name);
    if (!found.ok()) return found.status();
    wanted.insert(wanted.end(), found->begin(), found->end());
  }
  std::vector<Test> ordered;
  std::ranges::copy_if(tests, std::back_inserter(ordered), [&](const Test& test) {
    return std::ranges::find(wanted, test) != wanted.end();
  });
  return ordered;
}

std::vector<std::string> ProgramsOf(const std::vector<Test>& tests) {
  std::vector<std::string> programs;
  for (const Test& test : tests) {
    if (std::ranges::find(programs, test.program) == programs.end()) {
      programs.push_back(test.program);
    }
  }
  return programs;
}

absl::Status RunPools(const Campaign& campaign, const Site& site,
                      const std::function<void(Run)>& done, const std::function<void()>& idle) {
  for (const std::string& program : ProgramsOf(campaign.tests)) {
    const auto named = campaign.launches.find(program);
    const Launch launch =
        named != campaign.launches.end() ? named->second : Launch{site.ProgramPath(program)};
    Pool pool({.program = launch.path, .arguments = launch.arguments, .jobs = campaign.jobs},
              JobsOf(campaign, program), done, idle);
    const absl::Status status = pool.Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

Results RunCampaign(const Campaign& campaign, const Site& site) {
  Results results;
  results.command = campaign.command;
  results.strategy = campaign.strategy;
  results.seeds = campaign.seeds;
  const absl::Time start = absl::Now();
  CatchInterrupts();
  LiveTable live(campaign);
  const absl::Status status = RunPools(
      campaign, site, [&](Run run) { live.Add(std::move(run)); }, [&] { live.Idle(); });
  results.tests = live.Finish();
  results.real_seconds = absl::ToDoubleSeconds(absl::Now() - start);
  results.interrupted_by = absl::IsCancelled(status) ? InterruptSignal() : 0;
  if (!status.ok() && results.interrupted_by == 0) results.fault = std::string(status.message());
  PrintReports(results);
  if (!results.fault.empty()) Complain(status);
  return results;
}

int ExitCodeOf(const Results& results) {
  if (results.interrupted_by != 0) return kInterrupted + results.interrupted_by;
  if (!results.fault.empty() || results.faulty_tests() > 0) return kFault;
  return results.failed_tests() > 0 ? kFailed : kPassed;
}

absl::StatusOr<ReportFiles> ReportFiles::Open(const CampaignOptions& options) {
  ReportFiles files;
  if (!options.json.empty()) {
    auto file = OutputFile::Open("--json", options.json);
    if (!file.ok()) return file.status();
    files.json_.emplace(*std::move(file));
  }
  if (!options.junit.empty()) {
    auto file = OutputFile::Open("--junit", options.junit);
    if (!file.ok()) return file.status();
    files.junit_.emplace(*std::move(file));
  }
  return files;
}

absl::Status ReportFiles::Write(const Results& results, const std::vector<Stage>& stages,
                                const ScoreSheet* sheet) {
  absl::Status status = absl::OkStatus();
  if (json_) status.Update(json_->Write(JsonReport(results, stages, sheet)));
  if (junit_) status.Update(junit_->Write(JunitReport(results)));
  return status;
}

}  // namespace grading
