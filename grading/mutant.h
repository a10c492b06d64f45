// Part of Raftlab, under the MIT License (see LICENSE).
//
// The zoo: Rafts and services with one known bug each, which the tests must kill, and the control
// group, unusual but correct ones, which they must let live.
//
// A mutant is a file ZOO/mutants/NAME.patch: lines `Key: value`, an empty line, and what
// `patch -p1 --fuzz=0` makes of the reference solution of one lab. A control is a folder
// ZOO/control/NAME with the files of one lab that mutants may change, and about.txt. A service runs
// on the reference's Raft.

#ifndef RAFTLAB_GRADING_MUTANT_H_
#define RAFTLAB_GRADING_MUTANT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/rubric.h"

namespace grading {

// The part of the zoo that is of one lab.
struct ZooLab {
  std::string folder;                 // "raft"
  std::vector<std::string> files;     // in it, that a mutant may change
  std::vector<std::string> compiled;  // in it, anew after a change of a header
};
const std::vector<ZooLab>& ZooLabs();
// REQUIRES: there is one with this folder.
const ZooLab& ZooLabOf(const std::string& folder);

struct Mutant {
  std::string name = {};    // the file's or the folder's
  std::string path = {};    // of that
  std::string folder = {};  // of its lab: "raft"
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
                   const std::vector<Stage>& stages);

// Mutants by name, then the control group by name. InvalidArgument if there is none.
absl::StatusOr<std::vector<Mutant>> LoadZoo(const std::string& folder,
                                            const std::vector<Stage>& stages);

// Those whose name, number or pattern is in `names` (empty: all) and whose stage is `stage` (empty:
// any). InvalidArgument for a word that selects nothing.
absl::StatusOr<std::vector<Mutant>> SelectMutants(const std::vector<Mutant>& zoo,
                                                  const std::vector<std::string>& names,
                                                  const std::string& stage);

// For --quick: some of those of hardness 2 and 3, chosen by `word`; the others stay.
std::vector<Mutant> SampleOf(const std::vector<Mutant>& zoo, const std::string& word);

}  // namespace grading

#endif  // RAFTLAB_GRADING_MUTANT_H_
