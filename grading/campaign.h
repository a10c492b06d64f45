// Part of Raftlab, under the MIT License (see LICENSE).
//
// A campaign: some tests, each over some seeds, run to the end or to Ctrl-C, with the table growing
// on standard output. What `test` and `grade` have in common.

#ifndef RAFTLAB_GRADING_CAMPAIGN_H_
#define RAFTLAB_GRADING_CAMPAIGN_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/catalog.h"
#include "grading/output_file.h"
#include "grading/points.h"
#include "grading/results.h"

namespace grading {

// As typed; empty means not given.
struct CampaignOptions {
  std::vector<std::string> names;  // stages, tests, patterns; none means all
  std::string seeds;               // "200", "100..200"
  std::string seed;
  std::string jobs;
  std::string strategy;
  bool isolated = false;
  std::string json;
  std::string junit;
};

// How a test program is started as a worker.
struct Launch {
  std::string path;
  std::vector<std::string> arguments = {};
};

// As meant.
struct Campaign {
  std::string command;
  std::vector<Test> tests;
  std::vector<uint64_t> seeds;
  std::string strategy;
  int jobs = 1;
  // By program; those that are not named are the site's, as they are.
  std::map<std::string, Launch> launches = {};
};

// What can be checked without the test programs: a wrong number or name of a strategy.
absl::StatusOr<Campaign> MakeCampaign(const std::string& command, const CampaignOptions& options,
                                      const std::string& default_seeds);

// The tests that `names` select, each once, in the catalog's order.
absl::StatusOr<std::vector<Test>> SelectAll(const std::vector<Test>& tests,
                                            const std::vector<std::string>& names);

absl::StatusOr<std::string> ParseStrategy(const std::string& text);

// The programs of the tests, each once.
std::vector<std::string> ProgramsOf(const std::vector<Test>& tests);

// The runs of some tests over some seeds, in the order of the seeds, without a word. As Pool::Run.
absl::Status RunPools(const Campaign& campaign, const Site& site,
                      const std::function<void(Run)>& done, const std::function<void()>& idle);

// Runs all of it, prints the table, then the failures, warnings and the summary.
Results RunCampaign(const Campaign& campaign, const Site& site);

// 0, 1, 3 or 130.
int ExitCodeOf(const Results& results);

// The --json and --junit files of a command, opened before it runs.
class ReportFiles {
 public:
  static absl::StatusOr<ReportFiles> Open(const CampaignOptions& options);
  absl::Status Write(const Results& results, const std::vector<Stage>& stages,
                     const ScoreSheet* sheet);

 private:
  std::optional<OutputFile> json_;
  std::optional<OutputFile> junit_;
};

}  // namespace grading

#endif  // RAFTLAB_GRADING_CAMPAIGN_H_
