// Part of Raftlab, under the MIT License (see LICENSE).
//
// Builds the Rafts of the zoo and runs the tests on them: several at once, each in a process of its
// own. What is known about one is kept in OUT/results/ID.json while it runs, so that the same
// command goes on after an interruption, and runs again only what was made anew.

#ifndef RAFTLAB_GRADING_MUTANT_RUN_H_
#define RAFTLAB_GRADING_MUTANT_RUN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grading/catalog.h"
#include "grading/kill_matrix.h"

namespace grading {

struct ZooRun {
  MutantPlan plan;
  Site site;
  std::string out;           // the folder, which exists
  std::string tests_digest;  // of the program that runs the tests
  int jobs = 1;
};

// `done` gets each mutant's result in the order in which they end; `idle` is called some times a
// second with the numbers of the mutants that are under way. Cancelled after an interrupt.
absl::Status RunZoo(const ZooRun& run, const std::vector<Mutant>& zoo,
                    const std::function<void(const ZooEntry&)>& done,
                    const std::function<void(const std::vector<std::string>&)>& idle);

// The program that runs the tests on a loaded server.
std::string LoadedTestsPath(const Site& site);

}  // namespace grading

#endif  // RAFTLAB_GRADING_MUTANT_RUN_H_
