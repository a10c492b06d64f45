// Part of Raftlab, under the MIT License (see LICENSE).

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/commands.h"
#include "grading/process.h"
#include "grading/seeds.h"
#include "grading/terminal.h"

namespace grading {

int SelftestCommand(const std::string& jobs_text, const Site& site) {
  const auto jobs = ParseJobs(jobs_text);
  if (!jobs.ok()) return Complain(jobs.status());
  if (!IsInPath("ctest")) {
    return Complain(absl::NotFoundError(
        "ctest is not installed; on Debian and Ubuntu: apt-get install cmake."));
  }
  // ctest's exit code and its summary are ours.
  return Complain(Exec({"ctest", "--test-dir", site.build, "--output-on-failure",
                        "--no-tests=error", "-j", absl::StrCat(*jobs)}));
}

}  // namespace grading
