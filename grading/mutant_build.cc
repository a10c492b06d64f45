// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/mutant_build.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grading/crypto.h"
#include "grading/export.h"
#include "grading/files.h"
#include "grading/run_limited.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

// Where CMake has the objects of the lab's servers, below the build.
std::string ObjectsOf(const std::string& folder) {
  return absl::StrCat(folder, "/CMakeFiles/", folder, "_server.dir/");
}

SandboxLimits CompilerLimits() {
  return {.cpu = absl::Seconds(120), .wall = absl::Seconds(600), .output_bytes = 32 << 10};
}

class Builder {
 public:
  Builder(const Mutant& mutant, const Site& site)
      : mutant_(mutant),
        site_(site),
        lab_(ZooLabOf(mutant.folder)),
        name_(absl::StrCat("lib", lab_.folder, "_server.so")),
        folder_(fs::path(site.build) / "mutants"),
        work_(folder_ / absl::StrCat(".", mutant.id(), ".", getpid())) {}
  ~Builder() {
    std::error_code ignored;
    fs::remove_all(work_, ignored);
  }

  absl::StatusOr<MutantBuild> Build() {
    absl::Status status = LayOut();
    if (status.ok() && result_.problem.empty()) status = Digest();
    if (!status.ok()) return status;
    if (!result_.problem.empty()) return result_;
    const fs::path home = folder_ / absl::StrCat(mutant_.id(), ".", result_.digest.substr(0, 16));
    result_.library = home / name_;
    if (fs::exists(result_.library)) return result_;
    if (status = Compile(); !status.ok()) return status;
    if (!result_.problem.empty()) {
      result_.library.clear();
      return result_;
    }
    RemoveOld();
    std::error_code error;
    fs::rename(work_, home, error);  // or another tool was first
    if (fs::exists(result_.library)) return result_;
    return absl::InternalError(absl::StrCat("cannot make ", home.string(), ": ", error.message()));
  }

 private:
  // The lab's files as the mutant has them.
  absl::Status LayOut() {
    std::error_code error;
    fs::create_directories(folder_, error);
    fs::remove_all(work_, error);  // of a process that was killed
    for (const std::string& file : lab_.files) {
      const std::string path = absl::StrCat(lab_.folder, "/", file);
      const auto text =
          ReadTextFile(absl::StrCat(mutant_.control ? mutant_.path : site_.root, "/", path));
      if (!text.ok()) return Problem("lacks a file", absl::StrCat(path, "\n"));
      if (absl::Status status = WriteNewFile(folder_, InFolder(path), *text); !status.ok())
        return status;
    }
    if (mutant_.control) return absl::OkStatus();
    return Run({"patch", "--strip=1", "--fuzz=0", "--batch", "--no-backup-if-mismatch",
                "--directory=" + work_.string(), "--input=" + mutant_.path},
               "does not apply");
  }

  // Reads the files, and notes which of them differ from the reference.
  absl::Status Digest() {
    const auto commands = ReadTextFile(site_.build + "/compile_commands.json");
    if (!commands.ok()) return commands.status();
    const auto target = FindServerTarget(*commands, lab_.folder);
    if (!target.ok()) return target.status();
    target_ = *target;
    result_.sanitized = absl::StrContains(target_.compiler, "-fsanitize=");
    const auto reference = ReadTextFile(site_.ServersPath(lab_.folder + "_tests"));
    if (!reference.ok()) return reference.status();
    std::string all = absl::StrCat(target_.compiler, "\n", Sha256Hex(*reference), "\n");
    for (const std::string& file : lab_.files) {
      const std::string path = absl::StrCat(lab_.folder, "/", file);
      const auto text = ReadTextFile(work_ / path);
      if (!text.ok()) return text.status();
      const auto original = ReadTextFile(absl::StrCat(site_.root, "/", path));
      if (!original.ok()) return original.status();
      if (*text != *original) changed_.insert(file);
      absl::StrAppend(&all, Sha256Hex(*text), "\n");
    }
    result_.digest = Sha256Hex(all);
    return absl::OkStatus();
  }

  // What the mutant has changed; the rest is there.
  absl::Status Compile() {
    const bool header_changed = std::ranges::any_of(
        changed_, [](const std::string& file) { return absl::EndsWith(file, ".h"); });
    std::vector<std::string> link = {"-shared", "-o", work_ / name_};
    for (const std::string& source : target_.sources) {
      link.push_back(absl::StrCat(site_.build, "/", ObjectsOf(lab_.folder), source, ".o"));
      const bool includes_it = std::ranges::find(lab_.compiled, source) != lab_.compiled.end();
      if (!changed_.contains(source) && !(header_changed && includes_it)) continue;
      link.back() = work_ / absl::StrCat(source, ".o");
      const bool is_ours = std::ranges::find(lab_.files, source) != lab_.files.end();
      const fs::path folder = (is_ours ? work_ : fs::path(site_.root)) / lab_.folder;
      absl::Status status = CompileOne(folder / source, link.back());
      if (!status.ok() || !result_.problem.empty()) return status;
    }
    return RunCompiler(link);
  }

  // The mutant's headers come first, and its paths are shown as those of the tree.
  absl::Status CompileOne(const std::string& source, const std::string& object) {
    return RunCompiler({"-iquote", work_, absl::StrCat("-ffile-prefix-map=", work_.string(), "/="),
                        "-c", source, "-o", object});
  }

  absl::Status RunCompiler(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"sh", "-c", target_.compiler + " \"$@\"", "sh"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return Run(command, "does not compile");
  }

  absl::Status Run(const std::vector<std::string>& command, const std::string& problem) {
    const auto run = RunLimited(command, CompilerLimits());
    if (!run.ok()) return run.status();
    if (run->ok()) return absl::OkStatus();
    return Problem(problem, absl::StrCat(run->output, command[0], " ", run->Why(), "\n"));
  }

  absl::Status Problem(const std::string& problem, const std::string& output) {
    result_.problem = problem;
    result_.output = output;
    return absl::OkStatus();
  }

  // What was made of this mutant's former selves: id.DIGEST.
  void RemoveOld() {
    std::error_code ignored;
    std::vector<fs::path> old;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
      if (entry.path().stem() == mutant_.id()) old.push_back(entry.path());
    }
    for (const fs::path& path : old) fs::remove_all(path, ignored);
  }

  std::string InFolder(const std::string& path) const {
    return absl::StrCat(work_.filename().string(), "/", path);
  }

  const Mutant& mutant_;
  const Site& site_;
  const ZooLab& lab_;
  const std::string name_;  // the library's
  const fs::path folder_;
  const fs::path work_;
  ServerTarget target_;
  std::set<std::string> changed_;  // of the lab's files
  MutantBuild result_;
};

}  // namespace

absl::StatusOr<MutantBuild> BuildMutant(const Mutant& mutant, const Site& site) {
  if (!mutant.wrong.empty()) {
    return MutantBuild{.problem = "is no mutant", .output = mutant.wrong + "\n"};
  }
  return Builder(mutant, site).Build();
}

absl::StatusOr<ServerTarget> FindServerTarget(const std::string& json, const std::string& folder) {
  const auto commands = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  const std::string output = absl::StrCat(" -o ", ObjectsOf(folder));
  ServerTarget target;
  for (const auto& entry : commands.is_array() ? commands : nlohmann::json::array()) {
    const std::string command = entry.value("command", "");
    const size_t end = command.find(output);
    if (end == std::string::npos) continue;
    const std::string object = command.substr(end + output.size());
    target.compiler = command.substr(0, end);
    target.sources.push_back(object.substr(0, object.find(".o ")));
  }
  if (!target.sources.empty()) return target;
  return absl::InternalError(absl::StrCat("the build's compile_commands.json does not say how ",
                                          folder,
                                          "_server is compiled; configure it with CMake anew."));
}

}  // namespace grading
