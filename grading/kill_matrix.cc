// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/kill_matrix.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <regex>

#include "absl/strings/str_cat.h"
#include "grading/catalog.h"

namespace grading {
namespace {

// The seeds 1 to 3 tell soon enough that a control fails.
constexpr uint64_t kQuickControlSeeds = 3;

bool IsKill(const Mutant& mutant, Verdict verdict) {
  return IsFailure(verdict) && (mutant.control || mutant.kind == "nondeterminism" ||
                                verdict != Verdict::kNondeterministic);
}

bool AnyKill(const MutantResult& result) { return FirstKill(result, "").has_value(); }

bool IsSure(const MutantResult& result) {
  return std::ranges::all_of(result.tests, &std::vector<std::string>::empty,
                             &MutantTest::uncertain);
}

bool IsKilledByItsStage(const Mutant& mutant, const MutantResult& result) {
  return !mutant.control && FirstKill(result, mutant.stage).has_value();
}

bool IsWantedQuickly(const Mutant& mutant, const MutantResult& result, const MutantTest& test,
                     uint64_t seed) {
  if (mutant.control) return seed <= kQuickControlSeeds;
  return test.stage == mutant.stage &&
         seed <= std::min(kEveryTest, uint64_t(SeedsToKill(mutant))) && !AnyKill(result);
}

}  // namespace

MutantPlan PlanFor(const MutantPlan& plan, const Mutant& mutant) {
  MutantPlan own = plan;
  std::erase_if(own.tests,
                [&](const Test& test) { return FolderOf(test.program) != mutant.folder; });
  return own;
}

MutantResult NothingYet(const MutantPlan& plan, const Mutant& mutant) {
  MutantResult result{.mutant = mutant.id()};
  for (const Test& test : plan.tests) {
    result.tests.push_back({.test = test.name, .stage = test.stage});
  }
  return result;
}

std::vector<MutantRun> AllRuns(const MutantPlan& plan) {
  std::vector<MutantRun> runs;
  uint64_t done = 0;
  for (const uint64_t round : kRounds) {
    for (size_t test = 0; test < plan.tests.size(); ++test) {
      for (uint64_t seed = done + 1; seed <= std::min(round, plan.seeds); ++seed) {
        runs.push_back({.test = test, .seed = seed});
      }
    }
    done = round;
  }
  return runs;
}

bool IsWanted(const MutantPlan& plan, const Mutant& mutant, const MutantResult& result,
              const MutantRun& run) {
  const MutantTest& test = result.tests[run.test];
  if (test.killed() || run.seed <= test.seeds() || run.seed > plan.seeds) return false;
  if (plan.quick) return IsWantedQuickly(mutant, result, test, run.seed);
  if (CpuSeconds(result) > kEnoughCpuSeconds && IsKilledByItsStage(mutant, result)) return false;
  if (run.seed <= kEveryTest || !AnyKill(result)) return true;
  // Others have killed it, but those that should have not.
  return test.stage == mutant.stage && run.seed <= uint64_t(SeedsToKill(mutant)) &&
         !IsKilledByItsStage(mutant, result);
}

void Record(const Mutant& mutant, const Run& run, MutantTest* test) {
  test->cpu_ms.push_back(run.cpu_ms);
  if (IsKill(mutant, run.verdict)) {
    test->verdict = run.verdict;
    test->message = run.message;
  } else if (run.verdict != Verdict::kPass && run.verdict != Verdict::kSkip) {
    test->uncertain.push_back(absl::StrCat(
        "seed ", run.seed, ": ", std::string(VerdictName(run.verdict)), ": ", run.message));
  }
}

double CpuSeconds(const MutantResult& result) {
  double cpu_ms = 0;
  for (const MutantTest& test : result.tests) {
    cpu_ms = std::accumulate(test.cpu_ms.begin(), test.cpu_ms.end(), cpu_ms);
  }
  return cpu_ms / 1000;
}

std::optional<Kill> FirstKill(const MutantResult& result, const std::string& stage) {
  Kill kill;
  uint64_t done = 0;
  for (const uint64_t round : kRounds) {
    for (const MutantTest& test : result.tests) {
      if (!stage.empty() && test.stage != stage) continue;
      for (uint64_t seed = done + 1; seed <= std::min(round, test.seeds()); ++seed) {
        kill.cpu_seconds += test.cpu_ms[seed - 1] / 1000;
      }
      if (test.killed() && test.seeds() > done && test.seeds() <= round) {
        kill.test = &test;
        return kill;
      }
    }
    done = round;
  }
  return std::nullopt;
}

std::optional<Kill> ShownKill(const Mutant& mutant, const MutantResult& result) {
  const std::optional<Kill> kill = FirstKill(result, mutant.stage);
  return kill.has_value() ? kill : FirstKill(result, "");
}

Fate FateOf(const Mutant& mutant, const MutantResult& result) {
  if (!result.problem.empty()) return Fate::kBroken;
  if (!result.fault.empty()) return Fate::kFault;
  const std::optional<Kill> any = FirstKill(result, "");
  if (mutant.control) return any ? Fate::kFailed : IsSure(result) ? Fate::kKilled : Fate::kFault;
  const uint64_t needed = uint64_t(SeedsToKill(mutant));
  uint64_t ran = needed;  // by every test of its stage, until the first kill
  for (const MutantTest& test : result.tests) {
    if (test.stage != mutant.stage) continue;
    if (test.killed() && test.seeds() <= needed) return Fate::kKilled;
    if (!test.killed()) ran = std::min(ran, test.seeds());
  }
  if (ran < needed) return Fate::kOpen;
  if (FirstKill(result, mutant.stage).has_value()) return Fate::kLate;
  return any ? Fate::kElsewhere : Fate::kSurvived;
}

std::string FateName(const Mutant& mutant, Fate fate) {
  switch (fate) {
    case Fate::kKilled:
      return mutant.control ? "passed" : "killed";
    case Fate::kOpen:
      return "open";
    case Fate::kLate:
      return "late";
    case Fate::kElsewhere:
      return "elsewhere";
    case Fate::kSurvived:
      return "survived";
    case Fate::kBroken:
      return "broken";
    case Fate::kFailed:
      return "failed";
    case Fate::kFault:
      return "fault";
  }
  return "";
}

bool IsBad(Fate fate) { return fate != Fate::kKilled && fate != Fate::kOpen; }

std::optional<bool> NamesTheRule(const Mutant& mutant, const MutantResult& result) {
  const std::optional<Kill> kill = ShownKill(mutant, result);
  if (!kill.has_value() || mutant.control) return std::nullopt;
  return std::regex_search(kill->test->message, std::regex(mutant.message));
}

std::vector<TestWorth> WorthOfTests(const std::vector<Test>& tests,
                                    const std::vector<ZooEntry>& zoo) {
  std::vector<TestWorth> worths;
  for (const Test& test : tests) {
    TestWorth worth{.test = test.name, .stage = test.stage};
    for (const ZooEntry& entry : zoo) {
      bool others = false;  // killed it, or did not run
      bool kills = false;
      for (const MutantTest& ran : entry.result.tests) {
        if (ran.test != test.name) {
          others |= ran.killed() || ran.seeds() == 0;
          continue;
        }
        kills = ran.killed();
        for (const double cpu_ms : ran.cpu_ms) worth.cpu_seconds += cpu_ms / 1000;
      }
      if (entry.mutant.control) continue;
      worth.kills += kills;
      if (kills && !others) worth.alone.push_back(entry.mutant.name);
    }
    worths.push_back(std::move(worth));
  }
  return worths;
}

}  // namespace grading
