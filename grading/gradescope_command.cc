// Part of Raftlab, under the MIT License (see LICENSE).
//
// `./lab gradescope`: checks its words and becomes gradescope/make_zip.sh.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grading/commands.h"
#include "grading/crypto.h"
#include "grading/names.h"
#include "grading/output_file.h"
#include "grading/platforms.h"
#include "grading/process.h"
#include "grading/seeds.h"
#include "grading/terminal.h"

namespace grading {
namespace {

// The reference solution, over all stages of lab 2, then takes half of the 6 minutes that half a
// core has by default.
constexpr char kDefaultSeeds[] = "40";
constexpr int kLeastMinutes = 5;  // less is used up by the compiler
constexpr int kMostMinutes = 40;  // Gradescope's own limit

// As `grade --stages` takes them.
absl::StatusOr<std::string> StagesOf(const AutograderOptions& options, const Site& site) {
  const auto stages = LoadStages(site);
  if (!stages.ok()) return stages.status();
  std::vector<std::string> known;
  for (const Stage& stage : *stages) known.push_back(stage.name);
  if (options.stage.empty() == options.stages.empty()) {
    return absl::InvalidArgumentError(
        "which stages? `./lab gradescope 2B` grades those up to 2B, `./lab gradescope --stages "
        "2B` that one alone.");
  }
  const std::vector<std::string> wanted = options.stages.empty()
                                              ? std::vector<std::string>{options.stage}
                                              : absl::StrSplit(options.stages, ',');
  for (const std::string& stage : wanted) {
    if (std::ranges::find(known, stage) != known.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat("no stage is called ", stage,
                                                   NearestHint(stage, known),
                                                   " handout/stages.csv has the stages."));
  }
  if (!options.stages.empty()) return options.stages;
  known.erase(std::ranges::find(known, options.stage) + 1, known.end());
  return absl::StrJoin(known, ",");
}

absl::Status CheckSeeds(const std::string& seeds, const std::string& key_file) {
  if (const auto parsed = ParseSeeds(seeds); !parsed.ok()) return parsed.status();
  if (key_file.empty()) return absl::OkStatus();
  return ReadKeyFile(key_file).status();
}

absl::Status CheckMinutes(const std::string& text) {
  int minutes = 0;
  if (absl::SimpleAtoi(text, &minutes) && minutes >= kLeastMinutes && minutes <= kMostMinutes) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("--minutes ", text, ": it is a whole number from ",
                                                 kLeastMinutes, " to ", kMostMinutes, "."));
}

absl::Status CheckVisibility(const std::string& visibility) {
  if (IsGradescopeVisibility(visibility)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--visibility ", visibility, ": it is hidden, after_due_date, after_published or visible."));
}

std::string Or(const std::string& given, const std::string& otherwise) {
  return given.empty() ? otherwise : given;
}

}  // namespace

int GradescopeCommand(const AutograderOptions& options, const Site& site) {
  const auto stages = StagesOf(options, site);
  if (!stages.ok()) return Complain(stages.status());
  const std::string seeds = Or(options.seeds, kDefaultSeeds);
  const std::string minutes = Or(options.minutes, "10");
  const std::string visibility = Or(options.visibility, "hidden");
  const std::string out = Or(options.out, "autograder.zip");
  absl::Status checked = CheckSeeds(seeds, options.key_file);
  checked.Update(CheckMinutes(minutes));
  checked.Update(CheckVisibility(visibility));
  checked.Update(OutputFile::Open("--out", out).status());
  if (!checked.ok()) return Complain(checked);
  const std::string key =
      options.key_file.empty() ? "" : std::filesystem::absolute(options.key_file).string();
  // The script's exit code and its words are ours.
  return Complain(Exec({"bash", site.root + "/grading/gradescope/make_zip.sh", *stages, seeds,
                        minutes, visibility, key, std::filesystem::absolute(out).string()}));
}

}  // namespace grading
