// Part of Raftlab, under the MIT License (see LICENSE).

#include <optional>

#include "absl/status/status.h"
#include "grading/commands.h"
#include "grading/report_text.h"
#include "grading/terminal.h"

namespace grading {
namespace {

constexpr char kDefaultSeeds[] = "20";

absl::Status CheckOptions(const GradeOptions& options) {
  if (options.reference) {
    if (options.submissions.empty() && options.key.empty() && options.budget.empty() &&
        options.raft.empty() && !options.shared_seeds) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "--reference grades this tree, with seeds that everybody knows; it goes with neither "
        "submissions nor their options.");
  }
  return absl::InvalidArgumentError(
      "what is to be graded? `./lab grade submissions/ --out grades/` grades what students sent, "
      "`./lab grade --reference` this tree.");
}

// --out DIR is short for the JSON and JUnit files in it, and the score sheet.
absl::StatusOr<std::optional<OutputFile>> OpenOut(const std::string& out,
                                                  CampaignOptions* campaign) {
  if (out.empty()) return std::nullopt;
  const absl::Status made = MakeFolder("--out", out);
  if (!made.ok()) return made;
  if (campaign->json.empty()) campaign->json = out + "/results.json";
  if (campaign->junit.empty()) campaign->junit = out + "/results.xml";
  auto sheet = OutputFile::Open("--out", out + "/scores.txt");
  if (!sheet.ok()) return sheet.status();
  return std::optional<OutputFile>(*std::move(sheet));
}

}  // namespace

int GradeCommand(const GradeOptions& given, const Site& site) {
  if (!given.reference && !given.submissions.empty()) return GradeSubmissionsCommand(given, site);
  GradeOptions options = given;
  const absl::Status checked = CheckOptions(options);
  if (!checked.ok()) return Complain(checked);
  absl::StatusOr<Campaign> campaign = MakeCampaign("grade", options.campaign, kDefaultSeeds);
  if (!campaign.ok()) return Complain(campaign.status());
  const absl::StatusOr<Catalog> catalog = LoadCatalog(site);
  if (!catalog.ok()) return Complain(catalog.status());
  const auto rubric = LoadRubric(site);
  if (!rubric.ok()) return Complain(rubric.status());
  const absl::Status fits = CheckRubric(*rubric, catalog->tests);
  if (!fits.ok()) return Complain(fits);
  const auto selected = SelectStages(*catalog, options.stages);
  if (!selected.ok()) return Complain(selected.status());
  auto out = OpenOut(options.out, &options.campaign);
  if (!out.ok()) return Complain(out.status());
  absl::StatusOr<ReportFiles> files = ReportFiles::Open(options.campaign);
  if (!files.ok()) return Complain(files.status());

  campaign->tests = selected->tests;
  const Results results = RunCampaign(*campaign, site);
  const ScoreSheet sheet = MakeScoreSheet(selected->stages, *rubric, results.tests);
  const bool whole = results.interrupted_by == 0 && results.fault.empty();
  const std::string text =
      whole ? ScoreSheetText(sheet) : "\nNo score sheet: not every test was run.\n";
  Print(text);
  absl::Status written = files->Write(results, selected->stages, whole ? &sheet : nullptr);
  if (out->has_value()) written.Update((*out)->Write(text));
  if (!written.ok()) return Complain(written);
  return ExitCodeOf(results);
}

}  // namespace grading
