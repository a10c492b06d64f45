// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/sandbox.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "grading/plain_text.h"
#include "grading/process.h"
#include "grading/run_limited.h"

namespace grading {
namespace {

using Words = std::vector<std::string>;

constexpr char kPath[] = "/usr/bin:/usr/sbin";

void Append(Words* words, const Words& more) {
  words->insert(words->end(), more.begin(), more.end());
}

// No privileges, and none to be won.
Words DropPrivileges() {
  Words words = {"setpriv", "--no-new-privs"};
  if (geteuid() == 0) {
    const std::string user = absl::StrCat(kSandboxUser);
    Append(&words, {absl::StrCat("--reuid=", user), absl::StrCat("--regid=", user),
                    "--clear-groups", "--inh-caps=-all", "--pdeathsig", "KILL"});
  }
  return words;
}

// Set inside of the sandbox: the limit on processes then counts those of the sandbox alone.
Words Limit(const SandboxLimits& limits) {
  Words words = {"prlimit", "--core=0"};
  const auto add = [&](const char* option, int64_t limit) {
    if (limit > 0) words.push_back(absl::StrCat("--", option, "=", limit));
  };
  if (const int64_t seconds = absl::ToInt64Seconds(limits.cpu); seconds > 0) {
    words.push_back(
        absl::StrCat("--cpu=", seconds, ":", seconds + 1));  // first SIGXCPU, then -KILL
  }
  add("as", limits.memory_bytes);
  add("fsize", limits.file_bytes);
  add("nproc", limits.processes);
  add("nofile", limits.open_files);
  words.push_back("--");
  return words;
}

// /usr, and the folders of the root that belong to it.
Words System() {
  namespace fs = std::filesystem;
  Words words = {"--ro-bind", "/usr", "/usr"};
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code error;
    if (fs::is_symlink(name, error)) {
      Append(&words, {"--symlink", fs::read_symlink(name, error).string(), name});
    } else if (fs::is_directory(name, error)) {
      Append(&words, {"--ro-bind", name, name});
    }
  }
  Append(&words, {"--ro-bind-try", "/etc/alternatives", "/etc/alternatives"});
  return words;
}

Words Bubblewrap(const SandboxSpec& spec, const SandboxLimits& limits) {
  Words words = {"bwrap",          "--unshare-all",
                 "--unshare-user", "--disable-userns",
                 "--new-session",  "--die-with-parent",
                 "--cap-drop",     "ALL",
                 "--hostname",     "sandbox",
                 "--clearenv",     "--setenv",
                 "PATH",           kPath};
  for (const auto& [name, value] : spec.environment) Append(&words, {"--setenv", name, value});
  Append(&words, System());
  if (limits.tmp_bytes > 0) Append(&words, {"--size", absl::StrCat(limits.tmp_bytes)});
  Append(&words, {"--tmpfs", "/tmp"});
  if (spec.proc) Append(&words, {"--proc", "/proc"});
  if (spec.devices) Append(&words, {"--dev", "/dev"});
  if (!spec.devices) Append(&words, {"--dev-bind", "/dev/null", "/dev/null"});
  for (const SandboxBind& bind : spec.read_only) {
    Append(&words, {"--ro-bind", bind.host, bind.inside});
  }
  for (const SandboxBind& bind : spec.writable) Append(&words, {"--bind", bind.host, bind.inside});
  Append(&words, {"--remount-ro", "/", "--chdir", spec.working_folder, "--"});
  return words;
}

// An empty environment and the working folder.
Words Environment(const SandboxSpec& spec, const std::string& working_folder) {
  Words words = {"env", "-i", absl::StrCat("--chdir=", working_folder),
                 absl::StrCat("PATH=", kPath)};
  for (const auto& [name, value] : spec.environment) {
    words.push_back(absl::StrCat(name, "=", value));
  }
  return words;
}

// What a run of `true` in bubblewrap says; empty if it works.
std::string WhyNoBubblewrap() {
  for (const char* program : {"bwrap", "setpriv", "prlimit"}) {
    if (!IsInPath(program)) return absl::StrCat("the program ", program, " is not installed");
  }
  const SandboxLimits limits = {.wall = absl::Seconds(20)};
  const auto run =
      RunLimited(Sandbox(Sandbox::Kind::kBubblewrap).Command({}, limits, {"true"}), limits);
  if (!run.ok()) return std::string(run.status().message());
  if (run->ok()) return "";
  const std::vector<std::string> lines = absl::StrSplit(run->output, '\n');
  return absl::StrCat("bubblewrap ", run->Why(),
                      lines[0].empty() ? "" : ", saying: ", PlainText(lines[0]));
}

}  // namespace

Words Sandbox::Command(const SandboxSpec& spec, const SandboxLimits& limits,
                       const Words& program) const {
  Words words = DropPrivileges();
  words.push_back("--");
  switch (kind_) {
    case Kind::kBubblewrap:
      Append(&words, Bubblewrap(spec, limits));
      break;
    case Kind::kNone:
      Append(&words, Environment(spec, PathOf(spec, spec.working_folder)));
      break;
  }
  Append(&words, Limit(limits));
  Append(&words, program);
  return words;
}

std::string Sandbox::PathOf(const SandboxSpec& spec, const std::string& inside) const {
  if (kind_ == Kind::kBubblewrap) return inside;
  for (const auto* binds : {&spec.read_only, &spec.writable}) {
    for (const SandboxBind& bind : *binds) {
      if (inside == bind.inside) return bind.host;
      if (absl::StartsWith(inside, bind.inside + "/")) {
        return bind.host + inside.substr(bind.inside.size());
      }
    }
  }
  return inside;
}

std::string Protection(const Sandbox& sandbox) {
  const std::string user = geteuid() == 0 ? absl::StrCat("as user ", kSandboxUser) : "as this user";
  if (sandbox.kind() == Sandbox::Kind::kBubblewrap) {
    return absl::StrCat("Student code runs in bubblewrap, ", user,
                        ": it sees no other files and no network.");
  }
  return absl::StrCat("Student code runs with limits alone, ", user,
                      ": it sees the files that this user may read.");
}

FoundSandbox FindSandbox() {
  const std::string why = WhyNoBubblewrap();
  if (why.empty()) return {Sandbox(Sandbox::Kind::kBubblewrap), ""};
  return {Sandbox(Sandbox::Kind::kNone),
          absl::StrCat("There is no sandbox, so student code can read and write whatever ",
                       geteuid() == 0 ? absl::StrCat("user ", kSandboxUser) : "this user",
                       " can: ", why, ".")};
}

absl::Status GiveToSandbox(const std::string& folder) {
  if (geteuid() != 0 || lchown(folder.c_str(), kSandboxUser, kSandboxUser) == 0) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      absl::StrCat("cannot give ", folder, " to the sandbox: ", std::strerror(errno)));
}

}  // namespace grading
