// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/isolation.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/terminal.h"

namespace grading {
namespace {

// A server's process limits itself further (sim/lockdown.cc); these are for the one that starts
// them.
constexpr SandboxLimits kServerLimits = {.cpu = absl::ZeroDuration(),
                                         .wall = absl::ZeroDuration(),
                                         .memory_bytes = 0,
                                         .file_bytes = int64_t{64} << 20,
                                         .tmp_bytes = 1 << 20,
                                         .processes = 1024,
                                         .open_files = 1024,
                                         .output_bytes = 0};

absl::StatusOr<std::string> CopyReadable(const std::string& from, const std::string& folder) {
  namespace fs = std::filesystem;
  const std::string to = absl::StrCat(folder, "/", fs::path(from).filename().string());
  std::error_code error;
  fs::copy_file(from, to, error);
  if (!error) {
    fs::permissions(to,
                    fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                        fs::perms::others_read | fs::perms::others_exec,
                    error);
  }
  if (error) return absl::InternalError(absl::StrCat("cannot copy ", from, ": ", error.message()));
  return to;
}

}  // namespace

absl::StatusOr<Isolation> Isolation::Make(const Site& site, const Sandbox& sandbox,
                                          const std::string& library) {
  absl::StatusOr<ScratchFolder> folder = ScratchFolder::Make();
  if (!folder.ok()) return folder.status();
  const auto host = CopyReadable(site.NodeHostPath(), folder->path());
  if (!host.ok()) return host.status();
  const auto copy = CopyReadable(library, folder->path());
  if (!copy.ok()) return copy.status();
  const SandboxSpec spec = {
      .read_only = {{*host, "/lab/node_host"}, {*copy, "/lab/libserver.so"}},
      .working_folder = "/",
      .environment = {{"GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"}},  // as in sim/run.cc
  };
  std::vector<std::string> arguments = {"--node-host"};
  const std::vector<std::string> command = sandbox.Command(
      spec, kServerLimits,
      {sandbox.PathOf(spec, "/lab/node_host"), sandbox.PathOf(spec, "/lab/libserver.so")});
  arguments.insert(arguments.end(), command.begin(), command.end());
  return Isolation(*std::move(folder), std::move(arguments));
}

absl::StatusOr<std::map<std::string, Isolation>> IsolateOwnServers(
    const Site& site, const std::vector<std::string>& programs) {
  const FoundSandbox found = FindSandbox();
  if (!found.warning.empty()) Complain(absl::UnavailableError(found.warning));
  std::map<std::string, Isolation> isolations;
  for (const std::string& program : programs) {
    auto isolation = Isolation::Make(site, found.sandbox, site.ServersPath(program));
    if (!isolation.ok()) return isolation.status();
    isolations.emplace(program, *std::move(isolation));
  }
  return isolations;
}

Launch JudgeOf(const Site& site, const std::string& program, const Isolation& isolation) {
  return {site.JudgePath(program), isolation.arguments()};
}

}  // namespace grading
