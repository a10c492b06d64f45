// Part of Raftlab, under the MIT License (see LICENSE).
//
// `./lab grade PATH...`: a class of submissions.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "grading/commands.h"
#include "grading/crypto.h"
#include "grading/export.h"
#include "grading/grade_class.h"
#include "grading/names.h"
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
      OutputOf({"git", "-C", site.root, "rev-parse", "--short=12", "HEAD"}, absl::Seconds(10));
  if (commit.ok()) absl::StrAppend(&version, ", commit ", commit->substr(0, commit->find('\n')));
  return version;
}

// The stages that were asked for, and their tests.
absl::StatusOr<Catalog> SelectStages(const Catalog& all, const std::string& wanted) {
  if (wanted.empty()) return all;
  Catalog selected;
  std::vector<std::string> known;
  for (const Stage& stage : all.stages) known.push_back(stage.name);
  std::set<std::string> names;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(wanted, ','))) {
    if (std::ranges::find(known, word) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat("--stages: there is no stage ", word,
                                                     NearestHint(word, known), " There are ",
                                                     absl::StrJoin(known, ", "), "."));
    }
    names.insert(word);
  }
  for (const Stage& stage : all.stages) {
    if (names.count(stage.name) > 0) selected.stages.push_back(stage);
  }
  for (const Test& test : all.tests) {
    if (names.count(test.stage) > 0) selected.tests.push_back(test);
  }
  return selected;
}

// handout/editable.csv: what the first stages let a student edit, every later one does, too.
absl::StatusOr<std::vector<EditableFile>> LoadEditable(const Site& site) {
  const auto csv = ReadTextFile(site.root + "/handout/editable.csv");
  if (!csv.ok()) return csv.status();
  const auto rows = ParseCsv(*csv, {"stage", "path"}, "handout/editable.csv");
  if (!rows.ok()) return rows.status();
  const std::vector<std::string> given = RaftSdk().replaceable;
  std::vector<EditableFile> editable;
  for (const std::vector<std::string>& row : *rows) {
    const bool required = std::ranges::find(given, row[1]) == given.end();
    editable.push_back({.path = row[1], .required = required});
  }
  return editable;
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
absl::Status MakePlan(const GradeOptions& options, const Site& site, GradingPlan* plan,
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
  const auto editable = LoadEditable(site);
  if (!editable.ok()) return editable.status();
  const auto framework = FrameworkVersion(site, *catalog);
  if (!framework.ok()) return framework.status();
  plan->catalog = *std::move(selected);
  plan->rubric = *rubric;
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
  GradingPlan plan;
  ClassGrades grades;
  absl::Status status = MakePlan(options, site, &plan, &grades);
  if (!status.ok()) return Complain(status);
  std::vector<std::string> editable;
  for (const EditableFile& file : plan.editable) editable.push_back(file.path);
  const auto submissions = FindSubmissions(options.submissions, editable);
  if (!submissions.ok()) return Complain(submissions.status());
  status = MakeFolder("--out", options.out);
  if (!status.ok()) return Complain(status);
  const FoundSandbox found = FindSandbox();
  if (!found.warning.empty()) Complain(absl::UnavailableError(found.warning));

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
