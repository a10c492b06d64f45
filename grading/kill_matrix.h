// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the tests did to the zoo, and what follows from it: all pure.
//
// A test runs over the seeds 1, 2, 3... until it kills. The tests take turns in rounds of growing
// seeds, as somebody would who looks for a bug.

#ifndef RAFTLAB_GRADING_KILL_MATRIX_H_
#define RAFTLAB_GRADING_KILL_MATRIX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/mutant.h"
#include "grading/results.h"

namespace grading {

// The last seed of each round.
inline constexpr uint64_t kRounds[] = {1, 5, 20, 100, 1000, 10000};
// So far every test goes, on every mutant; beyond, only what has not been killed is run.
inline constexpr uint64_t kEveryTest = 20;
// A mutant that hangs costs seconds in every run. Once the tests of its stage have killed it, and
// all tests together have used so much CPU time, it is let go.
inline constexpr double kEnoughCpuSeconds = 30;

// One test on one mutant.
struct MutantTest {
  std::string test = {};
  std::string stage = {};
  std::vector<double> cpu_ms = {};   // of the runs of the seeds 1, 2...; the last one may be a kill
  Verdict verdict = Verdict::kPass;  // of the kill, else pass
  std::string message = {};          // of the kill
  std::vector<std::string> uncertain =
      {};  // runs that are neither a kill nor a pass: "seed 3: ..."

  bool killed() const { return verdict != Verdict::kPass; }
  uint64_t seeds() const { return cpu_ms.size(); }  // the kill's seed, if there is one

  bool operator==(const MutantTest&) const = default;
};

// All tests on one mutant.
struct MutantResult {
  std::string mutant = {};   // its id
  std::string digest = {};   // of what ran: the mutant's program and the tests'
  std::string problem = {};  // why nothing ran: "does not apply"
  std::string output = {};   // of patch or the compiler, then
  std::string fault = {};    // of the framework
  double real_seconds = 0;
  std::vector<MutantTest> tests = {};

  bool operator==(const MutantResult&) const = default;
};

// What is asked for.
struct MutantPlan {
  std::vector<Test> tests = {};
  uint64_t seeds = 100;  // at most so many
  bool quick = false;    // only the stage's tests, and only until the first kill
};

// With the tests of the mutant's lab alone.
MutantPlan PlanFor(const MutantPlan& plan, const Mutant& mutant);

// The result before anything has run.
MutantResult NothingYet(const MutantPlan& plan, const Mutant& mutant);

// All (test, seed) that might be run, in order.
struct MutantRun {
  size_t test = 0;
  uint64_t seed = 0;
};
std::vector<MutantRun> AllRuns(const MutantPlan& plan);

// Whether this one is still to be run, with what is known from those before.
bool IsWanted(const MutantPlan& plan, const Mutant& mutant, const MutantResult& result,
              const MutantRun& run);

// REQUIRES: the run was wanted.
void Record(const Mutant& mutant, const Run& run, MutantTest* test);

double CpuSeconds(const MutantResult& result);  // of all runs

struct Kill {
  const MutantTest* test = nullptr;
  double cpu_seconds = 0;  // until then, of the tests that were asked
};
// The first one by the tests of this stage (empty: of any), in the order of the rounds.
std::optional<Kill> FirstKill(const MutantResult& result, const std::string& stage);

// The one to show: by the tests of its stage, else by any.
std::optional<Kill> ShownKill(const Mutant& mutant, const MutantResult& result);

enum class Fate {
  kKilled,     // in time, by the tests of its stage; a control: it passed
  kOpen,       // alive, and fewer seeds were run than may be needed
  kLate,       // the tests of its stage killed it, but needed more seeds than its hardness allows
  kElsewhere,  // only tests of other stages killed it
  kSurvived,   // killed by nothing
  kBroken,     // there is nothing to run: the patch does not apply, or it does not compile
  kFailed,     // a control failed
  kFault,      // of the framework
};
Fate FateOf(const Mutant& mutant, const MutantResult& result);
std::string FateName(const Mutant& mutant, Fate fate);
bool IsBad(Fate fate);  // the zoo's requirements are not met

// Does the message of the first kill name the rule? Nothing without a kill.
std::optional<bool> NamesTheRule(const Mutant& mutant, const MutantResult& result);

// What one test is good for.
struct TestWorth {
  std::string test = {};
  std::string stage = {};
  int kills = 0;
  std::vector<std::string> alone = {};  // the mutants that all others ran on in vain
  double cpu_seconds = 0;               // in all its runs
};
struct ZooEntry {
  Mutant mutant;
  MutantResult result;

  bool operator==(const ZooEntry&) const = default;
};
std::vector<TestWorth> WorthOfTests(const std::vector<Test>& tests,
                                    const std::vector<ZooEntry>& zoo);

}  // namespace grading

#endif  // RAFTLAB_GRADING_KILL_MATRIX_H_
