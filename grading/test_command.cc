// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/commands.h"
#include "grading/isolation.h"
#include "grading/terminal.h"

namespace grading {
namespace {

constexpr char kDefaultSeeds[] = "10";

}  // namespace

int TestCommand(const CampaignOptions& options, const Site& site) {
  absl::StatusOr<Campaign> campaign = MakeCampaign("test", options, kDefaultSeeds);
  if (!campaign.ok()) return Complain(campaign.status());
  const absl::StatusOr<Catalog> catalog = LoadCatalog(site);
  if (!catalog.ok()) return Complain(catalog.status());
  const auto tests = SelectAll(catalog->tests, options.names);
  if (!tests.ok()) return Complain(tests.status());
  campaign->tests = *tests;
  std::map<std::string, Isolation> isolations;
  if (options.isolated) {
    auto made = IsolateOwnServers(site, ProgramsOf(campaign->tests));
    if (!made.ok()) return Complain(made.status());
    isolations = *std::move(made);
  }
  for (const auto& [program, isolation] : isolations) {
    campaign->launches[program] = JudgeOf(site, program, isolation);
  }
  absl::StatusOr<ReportFiles> files = ReportFiles::Open(options);
  if (!files.ok()) return Complain(files.status());
  const Results results = RunCampaign(*campaign, site);
  const absl::Status written = files->Write(results, catalog->stages, nullptr);
  if (!written.ok()) return Complain(written);
  return ExitCodeOf(results);
}

}  // namespace grading
