// Part of Raftlab, under the MIT License (see LICENSE).
//
// What is known about one submission once it is graded, and about a class of them. This is the
// neutral form: resuming, re-reading and every exporter (HTML, CSV, JUnit, Gradescope, ...) start
// from it. Its JSON is described in grade_json.h.

#ifndef RAFTLAB_GRADING_GRADE_H_
#define RAFTLAB_GRADING_GRADE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grading/points.h"
#include "grading/results.h"
#include "grading/rubric.h"

namespace grading {

// Something about the submission that a person should read.
struct Finding {
  enum class Severity {
    kNote,     // harmless: a file that was left out
    kWarning,  // somebody should look: a symbolic link, a forbidden word in the code
    kError,    // the submission could not be graded, in part or at all: a missing file, no archive
  };
  Severity severity = Severity::kNote;
  std::string kind;  // one word for programs: "missing-file", "symlink", "build", "attack"
  std::string text;  // one sentence for people

  bool operator==(const Finding&) const = default;
};

// "note", "warning", "error".
std::string_view SeverityName(Finding::Severity severity);
std::optional<Finding::Severity> SeverityFromName(std::string_view name);

// A file that was taken from the submission.
struct TakenFile {
  std::string path;  // in the pristine tree: "raft/raft.cc"
  int64_t bytes = 0;
  std::string sha256;  // hexadecimal

  bool operator==(const TakenFile&) const = default;
};

// Of all labs that were asked for.
struct BuildOutcome {
  bool ok = false;     // one of them could be built; errors among the findings tell of the others
  std::string output;  // the compiler's words, cut at a limit; hostile text
  double cpu_seconds = 0;

  bool operator==(const BuildOutcome&) const = default;
};

struct Grade {
  std::string submission;  // its name in the class, unique: the folder's or archive's
  std::string source;      // where it was read from
  std::string digest;      // SHA-256 over the taken files; empty if there are none
  std::string framework;   // the framework's version: git commit, or a digest of the tree
  std::string compiler;    // "g++ 12.2.0"
  std::string raft;        // that services ran on: "own", "reference"; empty if there was none
  std::vector<Finding> findings;
  std::vector<TakenFile> files;
  BuildOutcome build;
  // Of the stages that were asked for; without tests if nothing could be run.
  Results results;
  // Every asked-for stage, with 0 points where nothing could be run. Where that was our fault,
  // nothing is `possible` either: exporters then write no points instead of 0.
  ScoreSheet sheet;

  bool operator==(const Grade&) const = default;
};

struct ClassGrades {
  std::vector<std::string> stages;  // as asked for: "2A", "2B"
  std::string strategy;
  int seeds = 0;                  // per test
  std::string seed_policy;        // "fixed" or "per-submission"
  std::string seed_commitment;    // SHA-256 of the course key, published before; empty if fixed
  std::vector<Stage> all_stages;  // handout/stages.csv
  std::vector<Grade> grades;      // by name

  bool operator==(const ClassGrades&) const = default;
};

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADE_H_
