// Part of Raftlab, under the MIT License (see LICENSE).

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/commands.h"
#include "grading/names.h"
#include "grading/output_file.h"
#include "grading/process.h"
#include "grading/terminal.h"

namespace grading {
namespace {

absl::Status CheckStage(const ReleaseOptions& options, const Site& site) {
  const auto stages = LoadStages(site);
  if (!stages.ok()) return stages.status();
  std::vector<std::string> names;
  for (const Stage& stage : *stages) names.push_back(stage.name);
  if (options.stage.empty()) {
    return absl::InvalidArgumentError(
        "which stage? `./lab release 2A` makes what students of 2A receive; "
        "handout/stages.csv has the stages.");
  }
  if (std::ranges::find(names, options.stage) == names.end()) {
    return absl::InvalidArgumentError(absl::StrCat("no stage is called ", options.stage,
                                                   NearestHint(options.stage, names),
                                                   " handout/stages.csv has the stages."));
  }
  if (options.update && options.stage == names.front()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.stage, " is the first stage, so no student has one before it; `",
                     "./lab release ", options.stage, "` makes its handout."));
  }
  return absl::OkStatus();
}

absl::Status CheckFiles(const ReleaseOptions& options, const std::string& out) {
  if (!options.previous.empty() && !options.update) {
    return absl::InvalidArgumentError(
        "--previous only means something for an update; add --update.");
  }
  if (!options.previous.empty() && access(options.previous.c_str(), R_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read --previous ", options.previous,
                                                   "; name the handout that students have."));
  }
  // Opened and left again: a bad path is said before anything is built.
  return OutputFile::Open("--out", out).status();
}

}  // namespace

int ReleaseCommand(const ReleaseOptions& options, const Site& site) {
  absl::Status checked = CheckStage(options, site);
  if (!checked.ok()) return Complain(checked);
  const std::string out =
      !options.out.empty()
          ? options.out
          : absl::StrCat(options.update ? "update-" : "handout-", options.stage, ".tar.gz");
  checked = CheckFiles(options, out);
  if (!checked.ok()) return Complain(checked);
  std::vector<std::string> command = {"bash", site.root + "/handout/release.sh"};
  if (options.update) command.push_back("--update");
  if (!options.previous.empty()) {
    command.insert(command.end(), {"--previous", std::filesystem::absolute(options.previous)});
  }
  if (options.no_verify) command.push_back("--no-verify");
  command.insert(command.end(), {options.stage, std::filesystem::absolute(out)});
  // The script's exit code and its words are ours.
  return Complain(Exec(command));
}

}  // namespace grading
