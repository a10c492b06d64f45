// Part of Raftlab, under the MIT License (see LICENSE).
//
// The zoo: Rafts with one known bug each, which the tests must kill, and the control group, unusual
// but correct Rafts, which they must let live.
//
// A mutant is a file ZOO/mutants/NAME.patch: lines `Key: value`, an empty line, and what
// `patch -p1 --fuzz=0` makes of the reference solution. A control is a folder ZOO/control/NAME with
// the files of kMutableFiles and about.txt.

#ifndef RAFTLAB_GRADING_MUTANT_H_
#define RAFTLAB_GRADING_MUTANT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grading {

inline constexpr const char* kMutableFiles[] = {"raft/messages.h", "raft/raft.cc", "raft/raft.h"};

struct Mutant {
  std::string name = {};    // the file's or the folder's
  std::string path = {};    // of that
  bool control = false;     // the rest but for the title is then empty
  std::string number = {};  // in the catalogue of bugs
  std::string title = {};
  std::string rule = {};       // of Raft or the lab, that is broken
  std::string kind = {};       // the header's Class
  int hard = 0;                // 1 to 3: how many seeds may pass before it is killed
  std::string stage = {};      // whose tests must kill it
  std::string killed_by = {};  // what is expected to
  std::string message = {};    // a regular expression for failures that name the rule
  std::string wrong = {};      // a sentence: why this file is no mutant; empty if it is

  std::string id() const { return (control ? "control-" : "") + name; }

  bool operator==(const Mutant&) const = default;
};

// How many seeds of its stage's tests may pass before the mutant is killed.
int SeedsToKill(const Mutant& mutant);

// Of the patch file's text. `stages` are those that there are.
Mutant ParseMutant(const std::string& name, const std::string& text,
                   const std::vector<std::string>& stages);

// Mutants by name, then the control group by name. InvalidArgument if there is none.
absl::StatusOr<std::vector<Mutant>> LoadZoo(const std::string& folder,
                                            const std::vector<std::string>& stages);

// Those whose name, number or pattern is in `names` (empty: all) and whose stage is `stage` (empty:
// any). InvalidArgument for a word that selects nothing.
absl::StatusOr<std::vector<Mutant>> SelectMutants(const std::vector<Mutant>& zoo,
                                                  const std::vector<std::string>& names,
                                                  const std::string& stage);

// For --quick: some of those of hardness 2 and 3, chosen by `word`; the others stay.
std::vector<Mutant> SampleOf(const std::vector<Mutant>& zoo, const std::string& word);

}  // namespace grading

#endif  // RAFTLAB_GRADING_MUTANT_H_
