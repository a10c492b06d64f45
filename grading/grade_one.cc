// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/grade_one.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "grading/campaign.h"
#include "grading/crypto.h"
#include "grading/files.h"
#include "grading/isolation.h"
#include "grading/student_build.h"

namespace grading {
namespace {

// After so many seeds, a test that has passed none of them is not run further; after the first one
// already if that run hung, since each such run costs seconds.
constexpr size_t kSeedsWithoutPass = 5;

absl::StatusOr<std::vector<uint64_t>> SeedsFor(const GradingPlan& plan, const std::string& digest) {
  if (plan.key_file.empty()) return plan.seeds;
  // The key is read only now: what has read the submission's archive is over.
  const auto key = ReadKeyFile(plan.key_file);
  if (!key.ok()) return key.status();
  return DeriveSeeds(*key, plan.shared_seeds ? "" : digest, "", plan.seed_count);
}

// Tests that could not be run give no points, but all of them are possible: the submission's own
// fault.
ScoreSheet SheetOf(const GradingPlan& plan, const std::vector<TestResult>& ran) {
  std::vector<TestResult> all = ran;
  std::set<std::string> not_run;
  for (const Test& test : plan.catalog.tests) {
    if (std::ranges::any_of(ran, [&](const auto& result) { return result.test == test; })) continue;
    Run run;
    run.test = test.name;
    run.verdict = Verdict::kContract;
    all.push_back({.test = test, .runs = {std::move(run)}});
    not_run.insert(test.name);
  }
  ScoreSheet sheet = MakeScoreSheet(plan.catalog.stages, plan.rubric, all);
  for (StageScore& stage : sheet.stages) {
    for (TestScore& test : stage.tests) {
      if (not_run.contains(test.test)) test.tally = {};
    }
  }
  return sheet;
}

// What servers asked of the operating system, once for each sentence.
void AddRefusals(const Results& results, std::vector<Finding>* findings) {
  std::set<std::string> told;
  for (const TestResult& result : results.tests) {
    for (const Run& run : result.runs) {
      for (const std::string& warning : run.warnings) {
        if (!absl::StrContains(warning, "asked the operating system")) continue;
        if (!told.insert(warning).second) continue;
        findings->push_back({Finding::Severity::kWarning, "refused-call",
                             absl::StrCat(warning, " (first in ", run.test, ")")});
      }
    }
  }
}

// The runs of one submission, round by round: so that each test has some evidence early, and a test
// that fails always does not cost the time of all seeds.
class Rounds {
 public:
  Rounds(const GradingPlan& plan, Campaign campaign, const Site& site,
         const std::function<void(int, int)>& on_run)
      : plan_(plan), campaign_(std::move(campaign)), site_(site), on_run_(on_run) {
    for (const Test& test : campaign_.tests) {
      index_[test.name] = results_.size();
      results_.push_back({.test = test, .runs = {}});
    }
  }

  absl::Status Run() {
    const std::vector<uint64_t> seeds = std::exchange(campaign_.seeds, {});
    const absl::Time end = absl::Now() + plan_.budget;
    const bool hurried = plan_.budget != absl::InfiniteDuration();
    size_t begun = 0;
    while (begun < seeds.size() && (begun == 0 || absl::Now() < end)) {
      size_t until = begun == 0 ? 1 : begun < kSeedsWithoutPass ? kSeedsWithoutPass : seeds.size();
      if (hurried) until = begun + 1;
      until = std::min(until, seeds.size());
      campaign_.seeds = {seeds.begin() + static_cast<ptrdiff_t>(begun),
                         seeds.begin() + static_cast<ptrdiff_t>(until)};
      left_ = static_cast<int>(campaign_.tests.size() * (seeds.size() - begun));
      const absl::Status status = RunPools(
          campaign_, site_, [this](grading::Run run) { Take(std::move(run)); }, [] {});
      if (!status.ok()) return status;
      begun = until;
      DropHopeless();
    }
    out_of_time_ = begun < seeds.size();
    return absl::OkStatus();
  }

  std::vector<TestResult> TakeResults() {
    for (TestResult& result : results_) std::ranges::sort(result.runs, {}, &grading::Run::seed);
    return std::move(results_);
  }
  const std::vector<std::string>& dropped() const { return dropped_; }
  bool out_of_time() const { return out_of_time_; }

 private:
  void Take(grading::Run run) {
    results_[index_.at(run.test)].runs.push_back(std::move(run));
    on_run_(++done_, --left_);
  }

  void DropHopeless() {
    std::erase_if(campaign_.tests, [this](const Test& test) {
      const TestResult& result = results_[index_.at(test.name)];
      const auto runs = result.runs.size();
      const bool hopeless =
          result.failures() == static_cast<int>(runs) &&
          (runs >= kSeedsWithoutPass || result.Count(Verdict::kHang) == static_cast<int>(runs));
      if (hopeless) dropped_.push_back(test.name);
      return hopeless;
    });
  }

  const GradingPlan& plan_;
  Campaign campaign_;
  const Site& site_;
  const std::function<void(int, int)>& on_run_;
  std::vector<TestResult> results_;
  std::map<std::string, size_t> index_;
  std::vector<std::string> dropped_;
  bool out_of_time_ = false;
  int done_ = 0;
  int left_ = 0;
};

// What was found in two labs' builds is told once.
void AddBuild(const StudentBuild& build, Grade* grade) {
  grade->build.ok |= build.outcome.ok;
  grade->build.cpu_seconds += build.outcome.cpu_seconds;
  if (!absl::StrContains(grade->build.output, build.outcome.output)) {
    grade->build.output += build.outcome.output;
  }
  for (const Finding& finding : build.findings) {
    if (std::ranges::find(grade->findings, finding) == grade->findings.end()) {
      grade->findings.push_back(finding);
    }
  }
}

// The student's servers of the lab that `program` tests; nothing if they cannot be built, for the
// reasons in the findings.
absl::StatusOr<std::optional<Isolation>> BuildLab(const GradingPlan& plan,
                                                  const std::string& program,
                                                  const std::string& folder, const Site& site,
                                                  const Sandbox& sandbox, Grade* grade) {
  auto sdk = SdkOf(program, plan.reference_raft);
  if (!sdk.ok()) return sdk.status();
  std::vector<EditableFile> editable;
  std::ranges::copy_if(plan.editable, std::back_inserter(editable),
                       [&](const EditableFile& file) { return IsStudents(*sdk, file.path); });
  if (!IsComplete(grade->files, editable)) return std::nullopt;
  StudentBuildRequest request = {.files = folder,
                                 .taken = {},
                                 .tree = site.root,
                                 .sdk = *std::move(sdk),
                                 .library = absl::StrCat(folder, "/", program, ".so")};
  for (const TakenFile& file : grade->files) request.taken.push_back(file.path);
  const auto build = BuildStudent(request, sandbox);
  if (!build.ok()) return build.status();
  AddBuild(*build, grade);
  if (!build->outcome.ok) return std::nullopt;
  auto isolation = Isolation::Make(site, sandbox, request.library);
  if (!isolation.ok()) return isolation.status();
  return std::optional<Isolation>(*std::move(isolation));
}

// Builds and runs what was taken, into `grade`.
absl::Status BuildAndRun(const GradingPlan& plan, const std::string& folder, const Site& site,
                         const Sandbox& sandbox, const std::function<void(int, int)>& on_run,
                         Grade* grade) {
  std::vector<Isolation> isolations;  // which the runs need
  Campaign campaign;
  for (const std::string& program : ProgramsOf(plan.catalog.tests)) {
    auto isolation = BuildLab(plan, program, folder, site, sandbox, grade);
    if (!isolation.ok()) return isolation.status();
    if (!isolation->has_value()) continue;
    campaign.launches[program] = JudgeOf(site, program, **isolation);
    isolations.push_back(**std::move(isolation));
  }
  if (isolations.empty()) return absl::OkStatus();
  campaign.command = "grade";
  std::ranges::copy_if(plan.catalog.tests, std::back_inserter(campaign.tests),
                       [&](const Test& test) { return campaign.launches.contains(test.program); });
  campaign.seeds = grade->results.seeds;
  campaign.strategy = plan.strategy;
  campaign.jobs = plan.jobs;
  const absl::Time start = absl::Now();
  Rounds rounds(plan, std::move(campaign), site, on_run);
  if (absl::Status status = rounds.Run(); !status.ok()) return status;
  grade->results.tests = rounds.TakeResults();
  grade->results.real_seconds = absl::ToDoubleSeconds(absl::Now() - start);
  if (!rounds.dropped().empty()) {
    grade->findings.push_back(
        {Finding::Severity::kNote, "stopped-early",
         absl::StrCat("These failed with each of their first seeds and were not run further: ",
                      absl::StrJoin(rounds.dropped(), ", "), ".")});
  }
  if (rounds.out_of_time()) {
    grade->findings.push_back({Finding::Severity::kNote, "budget",
                               "The time for one submission was over before all seeds were run; "
                               "the points are those of the seeds that were."});
  }
  AddRefusals(grade->results, &grade->findings);
  return absl::OkStatus();
}

std::vector<std::string> StageNames(const ScoreSheet& sheet) {
  std::vector<std::string> names;
  for (const StageScore& score : sheet.stages) names.push_back(score.stage.name);
  return names;
}

// Did it grade the same files by the same plan?
bool Same(const Grade& old, const Grade& planned, const GradingPlan& plan) {
  return old.digest == planned.digest && old.framework == planned.framework &&
         old.compiler == planned.compiler && old.raft == planned.raft &&
         old.source == planned.source && old.results.seeds == planned.results.seeds &&
         old.results.strategy == planned.results.strategy && old.results.fault.empty() &&
         old.results.interrupted_by == 0 && StageNames(old.sheet) == StageNames(SheetOf(plan, {}));
}

Grade PlannedGrade(const GradingPlan& plan, const SubmissionPath& from) {
  Grade grade;
  grade.submission = from.name;
  grade.source = from.path;
  grade.framework = plan.framework;
  grade.compiler = plan.compiler;
  if (std::ranges::any_of(plan.catalog.stages, RunsOnRaft, &Stage::program)) {
    grade.raft = plan.reference_raft ? "reference" : "own";
  }
  grade.results.command = "grade";
  grade.results.strategy = plan.strategy;
  return grade;
}

}  // namespace

absl::StatusOr<Grade> GradeSubmission(const GradingPlan& plan, const SubmissionPath& from,
                                      const Grade* old, const Site& site, const Sandbox& sandbox,
                                      const std::function<void(int done, int left)>& on_run) {
  const auto scratch = ScratchFolder::Make();
  if (!scratch.ok()) return scratch.status();
  auto submission = TakeSubmission(from, plan.editable, sandbox, scratch->path());
  if (!submission.ok()) return submission.status();
  Grade grade = PlannedGrade(plan, from);
  grade.digest = submission->digest;
  grade.findings = std::move(submission->findings);
  grade.files = std::move(submission->files);
  const auto seeds = SeedsFor(plan, grade.digest);
  if (!seeds.ok()) return seeds.status();
  grade.results.seeds = *seeds;
  if (old != nullptr && Same(*old, grade, plan)) return *old;
  absl::Status status = BuildAndRun(plan, scratch->path(), site, sandbox, on_run, &grade);
  if (!status.ok()) return status;
  grade.sheet = SheetOf(plan, grade.results.tests);
  return grade;
}

Grade FaultGrade(const GradingPlan& plan, const SubmissionPath& from, const std::string& why) {
  Grade grade = PlannedGrade(plan, from);
  grade.results.fault = why;
  grade.findings.push_back({Finding::Severity::kError, "framework-fault",
                            absl::StrCat("The framework could not grade this: ", why,
                                         " No points are lost by it; type the command again.")});
  grade.sheet = SheetOf(plan, {});
  for (StageScore& stage : grade.sheet.stages) {
    stage.possible = 0;
    for (TestScore& test : stage.tests) test.graded = false;
  }
  return grade;
}

}  // namespace grading
