// Part of Raftlab, under the MIT License (see LICENSE).
//
// Builds those of the zoo and runs the tests on them: several at once, each in a process of its
// own. What is known about one is kept in OUT/results/ID.json while it runs, so that the same
// command goes on after an interruption, and runs again only what was made anew.

#ifndef RAFTLAB_GRADING_MUTANT_RUN_H_
#define RAFTLAB_GRADING_MUTANT_RUN_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grading/catalog.h"
#include "grading/kill_matrix.h"

namespace grading {

struct ZooRun {
  MutantPlan plan;
  Site site;
  std::string out;  // the folder, which exists
  // Of the programs that run the tests, by the folder of the lab.
  std::map<std::string, std::string> tests_digests;
  int jobs = 1;
};

// `done` gets each mutant's result in the order in which they end; `idle` is called some times a
// second with the numbers of the mutants that are under way. Cancelled after an interrupt.
absl::Status RunZoo(const ZooRun& run, const std::vector<Mutant>& zoo,
                    const std::function<void(const ZooEntry&)>& done,
                    const std::function<void(const std::vector<std::string>&)>& idle);

// The program that runs the lab's tests on a loaded server.
std::string LoadedTestsPath(const Site& site, const std::string& folder);

}  // namespace grading

#endif  // RAFTLAB_GRADING_MUTANT_RUN_H_
