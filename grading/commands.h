// Part of Raftlab, under the MIT License (see LICENSE).
//
// The tool's subcommands. Each prints its results and complaints and gives the exit code
// (terminal.h).

#ifndef RAFTLAB_GRADING_COMMANDS_H_
#define RAFTLAB_GRADING_COMMANDS_H_

#include <string>
#include <vector>

#include "grading/campaign.h"
#include "grading/catalog.h"

namespace grading {

// As typed; empty means not given.
struct ReplayOptions {
  std::string test;
  std::string seed;
  std::string strategy;
  std::string log;    // topics
  std::string node;   // only this node's lines
  std::string from;   // virtual seconds
  std::string until;  // virtual seconds
  std::string html;   // a file to write
  bool gdb = false;
  bool isolated = false;
  bool check_determinism = false;
};

struct LinearizeOptions {
  std::string file;
  std::string format;     // by default what the file looks like
  std::string model;      // by default the one that the file names
  std::string html;       // a file to write
  std::string max_steps;  // of the search
};

// LAB_STAFF begin
struct GradeOptions {
  CampaignOptions campaign;
  bool reference = false;
  std::vector<std::string> submissions;
  std::string stages;  // "2A,2B"
  std::string raft;    // that services run on: "own", "reference"
  std::string out;
  std::string key;            // a file
  bool shared_seeds = false;  // with `key`
  std::string budget;         // seconds of real time, for each submission
};

struct ReleaseOptions {
  std::string stage;
  std::string out;       // by default handout-STAGE.tar.gz or update-STAGE.tar.gz, in this folder
  std::string previous;  // with `update`: the handout that students have
  bool update = false;
  bool no_verify = false;
};
struct AutograderOptions {
  std::string stage;       // the last one
  std::string stages;      // instead: "2A,2B"
  std::string seeds;       // of each test
  std::string minutes;     // the platform's time limit
  std::string visibility;  // of tests that are not public
  std::string key_file;    // seeds are derived from it
  std::string out;         // by default autograder.zip in this folder
};

struct ExportOptions {
  std::string format;
  std::string out_dir;     // that `grade --out` wrote
  std::string submission;  // for formats of one submission
  std::string roster;
  std::string out;                  // a file; else standard output
  std::vector<std::string> titles;  // of gradebook columns: "2A=Lab 2A (12345)"
  // Gradescope's:
  std::vector<std::string> not_public;  // tests
  std::string visibility;               // of those
  bool leaderboard = false;
};

struct MutantsOptions {
  std::vector<std::string> names;  // of mutants and controls; none means all
  std::string stage;
  std::string seeds;
  std::string jobs;
  std::string out;     // a folder; by default in the build
  std::string zoo;     // a folder; by default tests/
  std::string sample;  // with `quick`: by default the commit
  bool quick = false;
};
// LAB_STAFF end

int TestCommand(const CampaignOptions& options, const Site& site);
int ListCommand(const std::vector<std::string>& names, const Site& site);
int LinearizeCommand(const LinearizeOptions& options);

// This one becomes another program.
int ReplayCommand(const ReplayOptions& options, const Site& site);

// LAB_STAFF begin
int GradeCommand(const GradeOptions& options, const Site& site);
int GradeSubmissionsCommand(const GradeOptions& options, const Site& site);
int ExportCommand(const ExportOptions& options);
int MutantsCommand(const MutantsOptions& options, const Site& site);
// These become another program.
int GradescopeCommand(const AutograderOptions& options, const Site& site);
int ReleaseCommand(const ReleaseOptions& options, const Site& site);
int SelftestCommand(const std::string& jobs, const Site& site);
// LAB_STAFF end

// The command line that `replay` becomes, apart from gdb's; checks all options.
absl::StatusOr<std::vector<std::string>> ReplayArguments(const ReplayOptions& options,
                                                         const Test& test);

}  // namespace grading

#endif  // RAFTLAB_GRADING_COMMANDS_H_
