// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/student_build.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <system_error>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "grading/files.h"
#include "grading/process.h"
#include "grading/run_limited.h"
#include "grading/suspicious.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr char kSources[] = "/build/sources";  // in the sandbox
constexpr char kObjects[] = "/build/objects";
constexpr char kLibrary[] = "libserver.so";
constexpr int64_t kLargestSource = 16 << 20;

bool IsSource(const std::string& path) { return absl::EndsWith(path, ".cc"); }

// A given file of which the project's tree holds two versions: what students have is the one
// without the solution, also where the rest is compiled with it.
std::string AsStudentsHaveIt(const std::string& path, const std::string& text) {
  return absl::StrCat(
      "#pragma push_macro(\"LAB_SOLUTION\")\n#undef LAB_SOLUTION\n#define LAB_SOLUTION 0\n#line 1 "
      "\"",
      path, "\"\n", text, "\n#pragma pop_macro(\"LAB_SOLUTION\")\n");
}

class Builder {
 public:
  Builder(const StudentBuildRequest& request, const Sandbox& sandbox, const ScratchFolder& scratch)
      : request_(request),
        sandbox_(sandbox),
        sources_(scratch.path() + "/sources"),
        objects_(scratch.path() + "/objects") {
    std::copy_if(request.taken.begin(), request.taken.end(), std::back_inserter(taken_),
                 [&](const std::string& path) { return IsStudents(request.sdk, path); });
    spec_.read_only = {{.host = sources_, .inside = kSources}};
    spec_.writable = {{.host = objects_, .inside = kObjects}};
    spec_.working_folder = kSources;
    spec_.environment = {{"LC_ALL", "C"}, {"TMPDIR", "/tmp"}, {"CCACHE_DISABLE", "1"}};
    // A compiler that was not installed with the system.
    const fs::path prefix = fs::path(RAFTLAB_CXX_COMPILER).parent_path().parent_path();
    if (!absl::StartsWith(prefix.string() + "/", "/usr/")) {
      spec_.read_only.push_back({.host = prefix, .inside = prefix});
    }
  }

  // Lays the student's files over the given ones.
  absl::Status LayOut() {
    for (const std::string& folder : {sources_, objects_}) {
      std::error_code error;
      fs::create_directory(folder, error);
      if (error) return absl::InternalError(absl::StrCat("cannot make ", folder, "."));
    }
    if (absl::Status status = GiveToSandbox(objects_); !status.ok()) return status;
    for (const std::string& folder : request_.sdk.header_folders) {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(fs::path(request_.tree) / folder, error)) {
        if (entry.path().extension() != ".h") continue;
        const std::string path = absl::StrCat(folder, "/", entry.path().filename().string());
        if (absl::Status status = CopyFrom(request_.tree, path); !status.ok()) return status;
      }
    }
    for (const std::string& path : request_.sdk.files) {
      if (absl::Status status = CopyFrom(request_.tree, path); !status.ok()) return status;
    }
    for (const std::string& path : taken_) {
      if (absl::Status status = CopyFrom(request_.files, path); !status.ok()) return status;
    }
    for (const std::string& path : request_.sdk.replaceable) {
      if (Took(path)) continue;
      const auto text = ReadFileBelow(request_.tree, path, kLargestSource);
      if (!text.has_value()) return CannotRead(request_.tree, path);
      absl::Status status = WriteNewFile(sources_, path, AsStudentsHaveIt(path, *text));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Build() {
    std::vector<std::string> link = {"-shared", "-Wl,-z,noexecstack",
                                     absl::StrCat("-Wl,-soname,", kLibrary), "-o",
                                     Object(kLibrary)};
    for (const std::string& source : request_.sdk.unseen) {
      if (absl::Status status = CompileUnseen(source); !status.ok()) return status;
      link.push_back(ObjectOf(source));
    }
    std::vector<std::string> sources;
    std::copy_if(taken_.begin(), taken_.end(), std::back_inserter(sources), IsSource);
    sources.insert(sources.end(), request_.sdk.sources.begin(), request_.sdk.sources.end());
    for (const std::string& source : sources) {
      const absl::StatusOr<bool> ok = Compile(source);
      if (!ok.ok() || !*ok) return ok.status();
      if (Took(source)) {
        if (absl::Status status = ScanObject(source, ObjectOf(source)); !status.ok()) return status;
      }
      link.push_back(ObjectOf(source));
    }
    const absl::StatusOr<bool> linked = Run("the shared object", link);
    if (!linked.ok() || !*linked) return linked.status();
    return Deliver();
  }

  void ScanSources() {
    for (const std::string& path : taken_) {
      const auto text = ReadFileBelow(request_.files, path, kLargestSource);
      if (text.has_value()) Add(ScanSource(path, *text));
    }
  }

  StudentBuild TakeResult() { return std::move(result_); }

 private:
  bool Took(const std::string& path) const {
    return std::find(taken_.begin(), taken_.end(), path) != taken_.end();
  }
  std::string Object(const std::string& name) const {
    return absl::StrCat(sandbox_.PathOf(spec_, kObjects), "/", name);
  }
  std::string ObjectOf(const std::string& source) const {
    return Object(absl::StrReplaceAll(source, {{"/", "_"}}) + ".o");
  }
  void Add(const std::vector<Finding>& findings) {
    result_.findings.insert(result_.findings.end(), findings.begin(), findings.end());
  }

  static absl::Status CannotRead(const std::string& root, const std::string& path) {
    return absl::InternalError(absl::StrCat("cannot read ", root, "/", path, "."));
  }
  absl::Status CopyFrom(const std::string& root, const std::string& path) {
    const auto text = ReadFileBelow(root, path, kLargestSource);
    if (!text.has_value()) return CannotRead(root, path);
    return WriteNewFile(sources_, path, *text);
  }

  absl::StatusOr<bool> Compile(const std::string& source) {
    return Run(source, {"-std=c++20", "-O2", "-g1", "-fno-omit-frame-pointer", "-fPIC",
                        "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-DNDEBUG",
                        "-DLAB_SOLUTION=1", "-fdiagnostics-color=never", "-I.",
                        absl::StrCat("-ffile-prefix-map=", sandbox_.PathOf(spec_, kSources), "="),
                        "-c", source, "-o", ObjectOf(source)});
  }

  // A compiler's error can show any line that it can read, and a report shows the compiler's words.
  absl::Status CompileUnseen(const std::string& source) {
    const absl::StatusOr<bool> ok = Compile(source);
    if (!ok.ok()) return ok.status();
    if (!*ok) {
      return absl::InternalError(
          absl::StrCat(source, " of this tree does not compile: ", result_.outcome.output));
    }
    std::error_code error;
    fs::remove(fs::path(sources_) / source, error);
    if (error) return absl::InternalError(absl::StrCat("cannot remove ", source, "."));
    return absl::OkStatus();
  }

  // One run of the compiler; false if it failed by the student's doing.
  absl::StatusOr<bool> Run(const std::string& what, const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {RAFTLAB_CXX_COMPILER};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto run = RunLimited(sandbox_.Command(spec_, request_.limits, command), request_.limits);
    if (!run.ok()) return run.status();
    BuildOutcome& outcome = result_.outcome;
    outcome.cpu_seconds += run->cpu_seconds;
    const size_t room = static_cast<size_t>(request_.limits.output_bytes);
    const bool cut = run->output_cut || outcome.output.size() + run->output.size() > room;
    outcome.output.append(run->output, 0, room - std::min(room, outcome.output.size()));
    if (cut) absl::StrAppend(&outcome.output, "\n(The rest was cut.)\n");
    if (run->ok()) return true;
    if (absl::Status status = CheckSandbox(); !status.ok()) return status;
    const std::string why = Why(*run);
    absl::StrAppend(&outcome.output, "The compiler of ", what, " ", why, ".\n");
    Add({{.severity = Finding::Severity::kError,
          .kind = "build",
          .text = absl::StrCat("It does not build: the compiler of ", what, " ", why, ".")}});
    return false;
  }

  // The compiler's driver does not pass on why its child died, but says so.
  std::string Why(const LimitedRun& run) const {
    if (!run.limit.empty()) return run.limit;
    for (const char* words : {"out of memory", "virtual memory exhausted", "memory exhausted",
                              "Cannot allocate memory", "std::bad_alloc"}) {
      if (request_.limits.memory_bytes == 0 || !absl::StrContains(run.output, words)) continue;
      return absl::StrCat("needed more than ", request_.limits.memory_bytes >> 20,
                          " MiB of memory");
    }
    if (absl::StrContains(run.output, "CPU time limit exceeded")) {
      return absl::StrCat("used up its ", absl::ToInt64Seconds(request_.limits.cpu),
                          " s of CPU time");
    }
    if (absl::StrContains(run.output, "File size limit exceeded")) {
      return absl::StrCat("wrote a file of more than ", request_.limits.file_bytes >> 20, " MiB");
    }
    return run.end;
  }

  // A sandbox that fails must not cost the student anything.
  absl::Status CheckSandbox() const {
    const auto run =
        RunLimited(sandbox_.Command(spec_, request_.limits, {"true"}), request_.limits);
    if (!run.ok()) return run.status();
    if (run->ok()) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat("the compiler's sandbox ", run->Why(), ", saying: ", run->output));
  }

  absl::Status ScanObject(const std::string& source, const std::string& object) {
    const auto run =
        RunLimited(sandbox_.Command(spec_, request_.limits, {"nm", "--format=posix", object}),
                   request_.limits, Streams::kOutput);
    if (!run.ok()) return run.status();
    if (run->ok()) Add(ScanSymbols(source, run->output));
    return absl::OkStatus();
  }

  absl::Status Deliver() {
    const auto bytes = ReadFileBelow(objects_, kLibrary, request_.limits.file_bytes);
    if (!bytes.has_value()) return CannotRead(objects_, kLibrary);
    const fs::path library = request_.library;
    std::error_code ignored;
    fs::remove(library, ignored);
    result_.outcome.ok = true;
    return WriteNewFile(library.parent_path(), library.filename(), *bytes);
  }

  const StudentBuildRequest& request_;
  const Sandbox& sandbox_;
  const std::string sources_;  // on the host
  const std::string objects_;
  std::vector<std::string> taken_;
  SandboxSpec spec_;
  StudentBuild result_;
};

}  // namespace

absl::StatusOr<Sdk> SdkOf(const std::string& program, bool reference_raft) {
  Sdk sdk = {.folders = {"raft"},
             .header_folders = {"sim", "labgob", "labrpc"},
             .files = {"raft/apply.h", "raft/apply.cc", "raft/persister.h", "raft/persister.cc",
                       "raft/server.h"},
             .sources = {"raft/apply.cc", "raft/persister.cc"},
             .replaceable = {"raft/messages.h"}};
  const auto add = [](std::vector<std::string>* to, std::initializer_list<const char*> paths) {
    to->insert(to->end(), paths.begin(), paths.end());
  };
  if (program == "raft_tests") {
    add(&sdk.files, {"raft/server.cc"});
    add(&sdk.sources, {"raft/server.cc"});
    return sdk;
  }
  if (program != "kvraft_tests" && program != "shardkv_tests") {
    return absl::InternalError(
        absl::StrCat("nobody has said what the submissions of ", program, " are built with."));
  }
  if (reference_raft) {
    sdk.folders = {};
    sdk.replaceable = {};
    add(&sdk.files, {"raft/messages.h", "raft/raft.h", "raft/raft.cc"});
    sdk.unseen = {"raft/raft.cc"};
  }
  if (program == "shardkv_tests") {
    add(&sdk.folders, {"shardkv"});
    add(&sdk.files, {"kvraft/program.h", "shardkv/config.h", "shardkv/config.cc",
                     "shardkv/program.h", "shardkv/program.cc"});
    add(&sdk.sources, {"shardkv/config.cc", "shardkv/program.cc"});
    // A student may do without files of their own for what is in the last six.
    add(&sdk.replaceable,
        {"shardkv/ctrl_messages.h", "shardkv/shard_messages.h", "shardkv/balance.h",
         "shardkv/balance.cc", "shardkv/replica.h", "shardkv/replica.cc", "shardkv/shard_state.h",
         "shardkv/shard_state.cc"});
    return sdk;
  }
  add(&sdk.folders, {"kvraft"});
  add(&sdk.files, {"kvraft/program.h", "kvraft/program.cc"});
  add(&sdk.sources, {"kvraft/program.cc"});
  add(&sdk.replaceable, {"kvraft/kv_messages.h"});
  return sdk;
}

bool RunsOnRaft(const std::string& program) { return program != "raft_tests"; }

bool IsStudents(const Sdk& sdk, const std::string& path) {
  const std::string folder = path.substr(0, path.find('/'));
  return std::find(sdk.folders.begin(), sdk.folders.end(), folder) != sdk.folders.end();
}

absl::StatusOr<StudentBuild> BuildStudent(const StudentBuildRequest& request,
                                          const Sandbox& sandbox) {
  const absl::StatusOr<ScratchFolder> scratch = ScratchFolder::Make();
  if (!scratch.ok()) return scratch.status();
  Builder builder(request, sandbox, *scratch);
  absl::Status status = builder.LayOut();
  builder.ScanSources();
  if (status.ok()) status = builder.Build();
  if (!status.ok()) return status;
  return builder.TakeResult();
}

std::string CompilerVersion() {
  const auto output = OutputOf({RAFTLAB_CXX_COMPILER, "--version"}, absl::Seconds(20));
  if (!output.ok()) return "unknown";
  const std::vector<std::string> lines = absl::StrSplit(*output, '\n');
  return lines[0];
}

}  // namespace grading
