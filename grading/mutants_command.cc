// Part of Raftlab, under the MIT License (see LICENSE).
//
// `./lab mutants`: do the tests kill every mutant, and no control?

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/commands.h"
#include "grading/crypto.h"
#include "grading/export.h"
#include "grading/kill_matrix_json.h"
#include "grading/kill_matrix_report.h"
#include "grading/mutant_run.h"
#include "grading/names.h"
#include "grading/output_file.h"
#include "grading/plain_text.h"
#include "grading/process.h"
#include "grading/seeds.h"
#include "grading/terminal.h"

namespace grading {
namespace {

// The commit, or what stands for it outside of a clone.
std::string CommitOf(const Site& site) {
  const auto commit =
      OutputOf({"/usr/bin/env", "git", "-C", site.root, "rev-parse", "--short=12", "HEAD"},
               absl::Seconds(10));
  return commit.ok() ? commit->substr(0, commit->find('\n')) : "none";
}

// The stages and tests of the labs that have mutants.
absl::StatusOr<Catalog> ZooCatalog(const Site& site) {
  const auto all = LoadCatalog(site);
  if (!all.ok()) return all.status();
  Catalog catalog;
  for (const Stage& stage : all->stages) {
    const std::string folder = FolderOf(stage.program);
    if (std::ranges::find(ZooLabs(), folder, &ZooLab::folder) == ZooLabs().end()) continue;
    catalog.stages.push_back(stage);
    std::ranges::copy_if(all->tests, std::back_inserter(catalog.tests),
                         [&](const Test& test) { return test.stage == stage.name; });
  }
  return catalog;
}

// What was typed, as what is to be run.
absl::Status MakeRun(const MutantsOptions& options, const Site& site, ZooRun* run,
                     std::vector<Mutant>* zoo, std::string* how) {
  const auto catalog = ZooCatalog(site);
  if (!catalog.ok()) return catalog.status();
  std::vector<std::string> stages;
  for (const Stage& stage : catalog->stages) stages.push_back(stage.name);
  if (!options.stage.empty() && std::ranges::find(stages, options.stage) == stages.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no stage is called ", options.stage, NearestHint(options.stage, stages)));
  }
  const auto all =
      LoadZoo(options.zoo.empty() ? site.root + "/tests" : options.zoo, catalog->stages);
  if (!all.ok()) return all.status();
  auto selected = SelectMutants(*all, options.names, options.stage);
  if (!selected.ok()) return selected.status();
  if (!options.seeds.empty()) {
    const auto seeds = ParseSeeds(options.seeds);
    if (!seeds.ok()) return seeds.status();
    if (seeds->front() != 1 || seeds->back() > *std::ranges::rbegin(kRounds)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--seeds ", options.seeds, ": it is how many, from seed 1 on, at most 10000."));
    }
    run->plan.seeds = seeds->back();
  }
  const auto jobs = ParseJobs(options.jobs);
  if (!jobs.ok()) return jobs.status();
  for (const Mutant& mutant : *selected) {
    std::string* const digest = &run->tests_digests[mutant.folder];
    if (!mutant.wrong.empty() || !digest->empty()) continue;
    const auto program = ReadTextFile(LoadedTestsPath(site, mutant.folder));
    if (!program.ok()) return program.status();
    *digest = Sha256Hex(*program);
  }
  *how = absl::StrCat("at most ", Plural(static_cast<int64_t>(run->plan.seeds), "seed"), " a test");
  if (!options.sample.empty() && !options.quick) {
    return absl::InvalidArgumentError("--sample draws the mutants of --quick: give both.");
  }
  if (options.quick) {
    const std::string word = options.sample.empty() ? CommitOf(site) : options.sample;
    *selected = SampleOf(*selected, word);
    *how = absl::StrCat("quick, with the sample ", word, "; again: ./lab mutants --quick --sample ",
                        word);
  }
  for (const Test& test : catalog->tests) {
    if (run->tests_digests.contains(FolderOf(test.program))) run->plan.tests.push_back(test);
  }
  run->plan.quick = options.quick;
  run->site = site;
  run->out = options.out.empty() ? site.build + "/mutant-report" : options.out;
  run->jobs = *jobs;
  *zoo = *std::move(selected);
  return MakeFolder("--out", run->out + "/results");
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  auto file = OutputFile::Open("--out", path);
  return file.ok() ? file->Write(text) : file.status();
}

int ExitCodeOf(const std::vector<ZooEntry>& zoo) {
  int code = kPassed;
  for (const ZooEntry& entry : zoo) {
    const Fate fate = FateOf(entry.mutant, entry.result);
    if (fate == Fate::kFault) return kFault;
    if (IsBad(fate)) code = kFailed;
  }
  return code;
}

}  // namespace

int MutantsCommand(const MutantsOptions& options, const Site& site) {
  ZooRun run;
  std::vector<Mutant> zoo;
  std::string how;
  absl::Status status = MakeRun(options, site, &run, &zoo, &how);
  if (!status.ok()) return Complain(status);
  size_t width = 0;
  for (const Mutant& mutant : zoo) width = std::max(width, mutant.id().size());
  Print(absl::StrCat(Plural(static_cast<int64_t>(zoo.size()), "Raft"), ", ", how, "\n"));

  CatchInterrupts();
  std::vector<ZooEntry> entries;
  int bad = 0;
  ProgressBar bar(static_cast<int>(zoo.size()), /*enabled=*/true);
  status = RunZoo(
      run, zoo,
      [&](const ZooEntry& entry) {
        bad += IsBad(FateOf(entry.mutant, entry.result));
        bar.Clear();
        Print(MutantLine(entry, width));
        entries.push_back(entry);
      },
      [&](const std::vector<std::string>& names) {
        bar.Update(static_cast<int>(entries.size()), bad, names.empty() ? "" : names.front());
      });
  bar.Clear();
  std::ranges::sort(entries, {}, [&](const ZooEntry& entry) {
    return std::ranges::find(zoo, entry.mutant) - zoo.begin();
  });
  Print(ZooSummary(run.plan, entries));
  if (absl::IsCancelled(status)) {
    Print("Interrupted. Type the same command again to go on from here.\n");
    return kInterrupted + InterruptSignal();
  }
  if (status.ok())
    status = WriteFile(run.out + "/mutants.json", KillMatrixJson(run.plan.tests, entries));
  if (status.ok())
    status = WriteFile(run.out + "/mutants.html", KillMatrixHtml(run.plan, entries, how));
  if (!status.ok()) return Complain(status);
  Print(absl::StrCat("See ", run.out, "/mutants.html\n"));
  return ExitCodeOf(entries);
}

}  // namespace grading
