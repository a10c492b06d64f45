// Part of Raftlab, under the MIT License (see LICENSE).
//
// `./lab grade PATH...`: a class of submissions.

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "grading/commands.h"
#include "grading/crypto.h"
#include "grading/export.h"
#include "grading/grade_class.h"
#include "grading/output_file.h"
#include "grading/process.h"
#include "grading/seeds.h"
#include "grading/student_build.h"
#include "grading/terminal.h"

namespace grading {
namespace {

constexpr char kDefaultSeeds[] = "20";

// The commit, if this is a clone, and a digest of the programs that judge.
absl::StatusOr<std::string> FrameworkVersion(const Site& site, const Catalog& catalog) {
  std::string bytes;
  std::set<std::string> programs = {site.NodeHostPath()};
  for (const Stage& stage : catalog.stages) programs.insert(site.JudgePath(stage.program));
  for (const std::string& program : programs) {
    const auto text = ReadTextFile(program);
    if (!text.ok()) return text.status();
    bytes += Sha256Hex(*text);
  }
  std::string version = absl::StrCat("judge ", Sha256Hex(bytes).substr(0, 16));
  const auto commit =
      OutputOf({"/usr/bin/env", "git", "-C", site.root, "rev-parse", "--short=12", "HEAD"},
               absl::Seconds(10));
  if (commit.ok()) absl::StrAppend(&version, ", commit ", commit->substr(0, commit->find('\n')));
  return version;
}

// The paths of handout/editable.csv: what the first stages let a student edit, every later one
// does, too.
absl::StatusOr<std::vector<std::string>> LoadEditable(const Site& site) {
  const auto csv = ReadTextFile(site.root + "/handout/editable.csv");
  if (!csv.ok()) return csv.status();
  const auto rows = ParseCsv(*csv, {"stage", "path"}, "handout/editable.csv");
  if (!rows.ok()) return rows.status();
  std::vector<std::string> paths;
  for (const std::vector<std::string>& row : *rows) paths.push_back(row[1]);
  return paths;
}

// Of those, what the labs that were asked for are built from.
absl::StatusOr<std::vector<EditableFile>> SelectEditable(const std::vector<std::string>& paths,
                                                         const GradingPlan& plan) {
  std::set<std::string> wanted, given;
  for (const std::string& program : ProgramsOf(plan.catalog.tests)) {
    const auto sdk = SdkOf(program, plan.reference_raft);
    if (!sdk.ok()) return sdk.status();
    given.insert(sdk->replaceable.begin(), sdk->replaceable.end());
    for (const std::string& path : paths) {
      if (IsStudents(*sdk, path)) wanted.insert(path);
    }
  }
  std::vector<EditableFile> editable;
  for (const std::string& path : paths) {
    if (!wanted.contains(path)) continue;
    editable.push_back({.path = path, .required = !given.contains(path)});
  }
  return editable;
}

absl::Status ReadRaft(const std::string& text, GradingPlan* plan) {
  if (text.empty() || text == "own") return absl::OkStatus();
  if (text != "reference") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--raft ", text, ": services run on the student's `own` Raft, or on the `reference`'s."));
  }
  if (std::ranges::none_of(plan->catalog.stages, RunsOnRaft, &Stage::program)) {
    return absl::InvalidArgumentError(
        "--raft says what services run on, and none of the stages has one: leave it out.");
  }
  plan->reference_raft = true;
  return absl::OkStatus();
}

absl::Status ReadBudget(const std::string& text, GradingPlan* plan) {
  if (text.empty()) return absl::OkStatus();
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(text, &seconds) || seconds <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--budget ", text, ": it is a whole number of seconds, as in 300."));
  }
  plan->budget = absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::Status ReadKey(const GradeOptions& options, GradingPlan* plan, ClassGrades* grades) {
  grades->seed_policy = "fixed";
  if (options.key.empty()) {
    if (!options.shared_seeds) return absl::OkStatus();
    return absl::InvalidArgumentError("--shared-seeds says how seeds come from a key: give --key.");
  }
  const auto key = ReadKeyFile(options.key);
  if (!key.ok()) return key.status();
  plan->key_file = options.key;
  plan->shared_seeds = options.shared_seeds;
  grades->seed_policy = options.shared_seeds ? "shared" : "per-submission";
  grades->seed_commitment = KeyCommitment(*key);
  return absl::OkStatus();
}

// All that was typed, checked before anything is graded.
absl::Status MakePlan(const GradeOptions& options, const Site& site,
                      const std::vector<std::string>& paths, GradingPlan* plan,
                      ClassGrades* grades) {
  const auto campaign = MakeCampaign("grade", options.campaign, kDefaultSeeds);
  if (!campaign.ok()) return campaign.status();
  plan->seeds = campaign->seeds;
  plan->seed_count = static_cast<int>(campaign->seeds.size());
  plan->strategy = campaign->strategy;
  absl::Status status = ReadBudget(options.budget, plan);
  status.Update(ReadKey(options, plan, grades));
  if (!status.ok()) return status;
  const auto catalog = LoadCatalog(site);
  if (!catalog.ok()) return catalog.status();
  const auto rubric = LoadRubric(site);
  if (!rubric.ok()) return rubric.status();
  if (absl::Status fits = CheckRubric(*rubric, catalog->tests); !fits.ok()) return fits;
  auto selected = SelectStages(*catalog, options.stages);
  if (!selected.ok()) return selected.status();
  const auto framework = FrameworkVersion(site, *catalog);
  if (!framework.ok()) return framework.status();
  plan->catalog = *std::move(selected);
  plan->rubric = *rubric;
  if (status = ReadRaft(options.raft, plan); !status.ok()) return status;
  const auto editable = SelectEditable(paths, *plan);
  if (!editable.ok()) return editable.status();
  plan->editable = *editable;
  plan->framework = *framework;
  plan->compiler = CompilerVersion();
  for (const Stage& stage : plan->catalog.stages) grades->stages.push_back(stage.name);
  grades->strategy = plan->strategy;
  grades->seeds = plan->seed_count;
  grades->all_stages = catalog->stages;
  return absl::OkStatus();
}

int ExitCodeOf(const ClassGrades& grades) {
  const bool fault = std::ranges::any_of(grades.grades, [](const Grade& grade) {
    return !grade.results.fault.empty() || grade.results.faulty_tests() > 0;
  });
  return fault ? kFault : kPassed;
}

}  // namespace

int GradeSubmissionsCommand(const GradeOptions& options, const Site& site) {
  if (options.out.empty()) {
    return Complain(absl::InvalidArgumentError(
        "where are the grades to go? Add --out and a folder, as in --out grades/."));
  }
  const auto editable = LoadEditable(site);
  if (!editable.ok()) return Complain(editable.status());
  GradingPlan plan;
  ClassGrades grades;
  absl::Status status = MakePlan(options, site, *editable, &plan, &grades);
  if (!status.ok()) return Complain(status);
  const auto submissions = FindSubmissions(options.submissions, *editable);
  if (!submissions.ok()) return Complain(submissions.status());
  status = MakeFolder("--out", options.out);
  if (!status.ok()) return Complain(status);
  const FoundSandbox found = FindSandbox();
  if (!found.warning.empty()) Complain(absl::UnavailableError(found.warning));
  Print(Protection(found.sandbox) + "\n");

  const auto jobs = ParseJobs(options.campaign.jobs);
  if (!jobs.ok()) return Complain(jobs.status());
  const int at_once = std::min(*jobs, static_cast<int>(submissions->size()));
  plan.jobs = std::max(1, *jobs / at_once);
  CatchInterrupts();
  const absl::Time start = absl::Now();
  status = GradeClass(plan, *submissions, at_once, options.out, site, found.sandbox);
  if (absl::IsCancelled(status)) {
    Print("Interrupted. Type the same command again to go on from here.\n");
    return kInterrupted + InterruptSignal();
  }
  if (!status.ok()) return Complain(status);
  for (const SubmissionPath& submission : *submissions) {
    auto grade = ReadGrade(options.out, submission.name);
    if (!grade.ok()) return Complain(grade.status());
    grades.grades.push_back(*std::move(grade));
  }
  status = WriteReports(grades, options.out);
  if (!status.ok()) return Complain(status);
  Print(absl::StrFormat("%d graded in %.0f s: see %s/grades.html\n", grades.grades.size(),
                        absl::ToDoubleSeconds(absl::Now() - start), options.out));
  return ExitCodeOf(grades);
}

}  // namespace grading
