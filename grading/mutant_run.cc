// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/mutant_run.h"

#include <list>
#include <optional>
#include <sys/resource.h>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grading/crypto.h"
#include "grading/export.h"
#include "grading/kill_matrix_json.h"
#include "grading/mutant_build.h"
#include "grading/output_file.h"
#include "grading/pool.h"
#include "grading/process.h"
#include "grading/terminal.h"

namespace grading {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr absl::Duration kKeepEvery = absl::Seconds(10);
// Of address space: ten times what an honest run needs, with its libraries.
constexpr rlim_t kMemory = rlim_t{2} << 30;

std::string ResultPath(const std::string& out, const Mutant& mutant) {
  return absl::StrCat(out, "/results/", mutant.id(), ".json");
}

std::optional<MutantResult> ReadResult(const std::string& out, const Mutant& mutant) {
  const auto text = ReadTextFile(ResultPath(out, mutant));
  if (!text.ok()) return std::nullopt;
  auto result = MutantFromJson(*text);
  if (!result.ok() || result->mutant != mutant.id()) return std::nullopt;
  return *std::move(result);
}

absl::Status WriteResult(const std::string& out, const Mutant& mutant, const MutantResult& result) {
  auto file = OutputFile::Open("--out", ResultPath(out, mutant));
  if (!file.ok()) return file.status();
  return file->Write(MutantJson(result));
}

// One mutant, in a process of its own.
class OneMutant {
 public:
  OneMutant(const ZooRun& run, const Mutant& mutant)
      : run_(run), mutant_(mutant), plan_(PlanFor(run.plan, mutant)) {}

  // Fails only after an interrupt, or if the result cannot be kept.
  absl::Status Run() {
    CatchInterrupts();
    const auto build = BuildMutant(mutant_, run_.site);
    if (absl::IsCancelled(build.status())) return build.status();
    Begin(build);
    absl::Status status = absl::OkStatus();
    if (build.ok() && build->problem.empty()) status = RunTests(*build);
    if (!status.ok() && !absl::IsCancelled(status)) result_.fault = std::string(status.message());
    absl::Status kept = WriteResult(run_.out, mutant_, result_);
    return absl::IsCancelled(status) ? status : kept;
  }

 private:
  // From what is kept, if it is of the same programs.
  void Begin(const absl::StatusOr<MutantBuild>& build) {
    result_ = NothingYet(plan_, mutant_);
    if (!build.ok()) {
      result_.fault = std::string(build.status().message());
      return;
    }
    result_.problem = build->problem;
    result_.output = build->output;
    if (!build->problem.empty()) return;
    result_.digest =
        Sha256Hex(absl::StrCat(build->digest, " ", run_.tests_digests.at(mutant_.folder)));
    auto old = ReadResult(run_.out, mutant_);
    if (!old.has_value() || old->digest != result_.digest) return;
    if (old->tests.size() != result_.tests.size()) return;
    result_ = *std::move(old);
    result_.fault.clear();
  }

  absl::Status RunTests(const MutantBuild& build) {
    const std::vector<MutantRun> runs = AllRuns(plan_);
    std::vector<Job> jobs;
    for (const MutantRun& run : runs) {
      jobs.push_back({.test = plan_.tests[run.test].name,
                      .seed = run.seed,
                      .strategy = std::string(kDefaultStrategy)});
    }
    const rlimit limit = {.rlim_cur = kMemory, .rlim_max = kMemory};
    if (!build.sanitized) setrlimit(RLIMIT_AS, &limit);
    const absl::Time start = absl::Now();
    const double before = result_.real_seconds;
    absl::Time kept = start;
    Pool pool(
        {.program = LoadedTestsPath(run_.site, mutant_.folder),
         .arguments = {"--server", build.library},
         .attempts = 1,
         // A run and its confirmation may use all that they may.
         .silence = absl::Minutes(10),
         .wanted = [&](size_t job) { return IsWanted(plan_, mutant_, result_, runs[job]); }},
        jobs,
        [&](grading::Run run) {
          for (MutantTest& test : result_.tests) {
            if (test.test == run.test) Record(mutant_, run, &test);
          }
        },
        [&] {
          result_.real_seconds = before + absl::ToDoubleSeconds(absl::Now() - start);
          if (absl::Now() - kept < kKeepEvery) return;
          kept = absl::Now();
          (void)WriteResult(run_.out, mutant_, result_);
        });
    return pool.Run();
  }

  const ZooRun& run_;
  const Mutant& mutant_;
  const MutantPlan plan_;
  MutantResult result_;
};

struct UnderWay {
  const Mutant* mutant;
  Child process;
};

}  // namespace

absl::Status RunZoo(const ZooRun& run, const std::vector<Mutant>& zoo,
                    const std::function<void(const ZooEntry&)>& done,
                    const std::function<void(const std::vector<std::string>&)>& idle) {
  std::list<UnderWay> under_way;
  size_t next = 0;
  while (next < zoo.size() || !under_way.empty()) {
    if (InterruptSignal() != 0) {
      for (UnderWay& one : under_way) one.process.Terminate();
      return absl::CancelledError("interrupted");
    }
    while (next < zoo.size() && under_way.size() < static_cast<size_t>(run.jobs)) {
      const Mutant& mutant = zoo[next++];
      auto child =
          Child::Start([&] { return OneMutant(run, mutant).Run().ok() ? kPassed : kFault; });
      if (!child.ok()) return child.status();
      under_way.push_back({&mutant, *std::move(child)});
    }
    std::vector<std::string> names;
    for (auto one = under_way.begin(); one != under_way.end();) {
      std::string ignored;
      names.push_back(one->mutant->id());
      if (one->process.Wait(kLook / static_cast<double>(under_way.size()), false, &ignored) !=
          Child::Event::kEnd) {
        ++one;
        continue;
      }
      const std::string end = one->process.Reap();
      if (InterruptSignal() != 0) break;
      auto result = ReadResult(run.out, *one->mutant);
      if (!end.empty() || !result.has_value()) {
        result = NothingYet(PlanFor(run.plan, *one->mutant), *one->mutant);
        result->fault = absl::StrCat("its process ", end.empty() ? "left no result" : end);
      }
      done({.mutant = *one->mutant, .result = *std::move(result)});
      one = under_way.erase(one);
    }
    idle(names);
  }
  return absl::OkStatus();
}

std::string LoadedTestsPath(const Site& site, const std::string& folder) {
  return site.ProgramPath(folder + "_tests_loaded");
}

}  // namespace grading
