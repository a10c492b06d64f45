// Part of Raftlab, under the MIT License (see LICENSE).
//
// A repository can make git run programs (hooks, filters, core.fsmonitor) and read other
// repositories (commondir, alternates, symbolic links). So git sees a copy that holds objects and
// references alone, in a sandbox, and is asked only for objects: no file is checked out.

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "grading/entries.h"
#include "grading/files.h"
#include "grading/plain_text.h"
#include "grading/run_limited.h"

namespace grading {
namespace {

constexpr int64_t kLargestList = 16 << 20;                  // bytes that git says
constexpr int64_t kLargestRepository = int64_t{512} << 20;  // bytes
constexpr char kRepository[] = "/repository";               // in the sandbox
constexpr char kBundle[] = "/bundle";

// What the copy has instead of the repository's own.
constexpr char kConfig[] = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";

// Is this a file that git needs, and that names no place outside?
bool IsNeeded(std::string_view path) {
  if (path == "HEAD" || path == "packed-refs" || path == "shallow") return true;
  if (path.starts_with("refs/")) return true;
  return path.starts_with("objects/") && path != "objects/info/alternates" &&
         path != "objects/info/http-alternates";
}

// Copies what is needed of the repository in `path`; false if that breaks `entries`.
absl::StatusOr<bool> CopyRepository(const std::string& path, const std::string& to,
                                    Entries* entries) {
  const auto list = ReadFolder(path, [](std::string_view) { return false; });
  if (!list.ok()) return list.status();
  if (list->broken) {
    *entries = *list;
    return false;
  }
  int64_t bytes = 0;
  for (const Entry& entry : list->entries) {
    if (!IsNeeded(entry.path)) continue;
    if (entry.kind != Entry::Kind::kFile) {
      Break("damaged", "its git repository has links in place of files", entries);
      return false;
    }
    bytes += entry.bytes;
    if (bytes > kLargestRepository) {
      Break("too-large",
            absl::StrCat("its git repository has more than ", kLargestRepository >> 20, " MiB"),
            entries);
      return false;
    }
    const auto content = ReadFileBelow(path, entry.path, kLargestRepository);
    if (!content.has_value()) {
      Break("unreadable", "its git repository cannot be read", entries);
      return false;
    }
    if (absl::Status status = WriteNewFile(to, entry.path, *content); !status.ok()) return status;
  }
  return true;
}

class Git {
 public:
  Git(const Sandbox& sandbox, const std::string& repository) : sandbox_(sandbox) {
    spec_.environment = {{"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_CONFIG_GLOBAL", "/dev/null"},
                         {"GIT_ATTR_NOSYSTEM", "1"},   {"GIT_TERMINAL_PROMPT", "0"},
                         {"GIT_OPTIONAL_LOCKS", "0"},  {"HOME", "/nonexistent"}};
    spec_.read_only = {{.host = repository, .inside = kRepository}};
  }

  // For a repository that git is to fill.
  void Fill(const std::string& bundle) {
    spec_.writable = std::move(spec_.read_only);
    spec_.read_only = {{.host = bundle, .inside = kBundle}};
    spec_.devices = true;  // /dev/urandom, for the names of temporary files
  }
  std::string bundle() const { return sandbox_.PathOf(spec_, kBundle); }

  // What `git ARGUMENTS` prints.
  absl::StatusOr<LimitedRun> Run(const std::vector<std::string>& arguments, int64_t most) const {
    const SandboxLimits limits = {.cpu = absl::Seconds(30),
                                  .wall = absl::Seconds(120),
                                  .memory_bytes = int64_t{2} << 30,
                                  .file_bytes = kLargestRepository,
                                  .output_bytes = most};
    std::vector<std::string> command = {
        "git", "--no-replace-objects",     "--git-dir", sandbox_.PathOf(spec_, kRepository),
        "-c",  "core.hooksPath=/dev/null", "-c",        "core.fsmonitor=false",
        "-c",  "protocol.allow=never",     "-c",        "protocol.file.allow=always",
        "-c",  "safe.directory=*"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return RunLimited(sandbox_.Command(spec_, limits, command), limits, Streams::kOutput);
  }

 private:
  const Sandbox& sandbox_;
  SandboxSpec spec_;
};

void GitFailed(const std::string& what, const LimitedRun& run, Entries* entries) {
  Break(
      "damaged",
      absl::StrCat("git cannot ", what, " (it ", run.output_cut ? "says too much" : run.Why(), ")"),
      entries);
}

struct TreeRow {
  Entry entry;
  std::string object;
};

// A row of `git ls-tree -r -l -z`: "100644 blob HASH    1234\tPATH".
std::optional<TreeRow> ParseRow(const std::string& row) {
  const size_t tab = row.find('\t');
  if (tab == std::string::npos) return std::nullopt;
  const std::vector<std::string> fields =
      absl::StrSplit(row.substr(0, tab), ' ', absl::SkipEmpty());
  if (fields.size() != 4) return std::nullopt;
  TreeRow parsed;
  parsed.object = fields[2];
  Entry& entry = parsed.entry;
  entry.path = row.substr(tab + 1);
  if (fields[0] == "120000") {
    entry.kind = Entry::Kind::kSymlink;
  } else if (fields[1] != "blob" || !absl::SimpleAtoi(fields[3], &entry.bytes)) {
    entry.kind = Entry::Kind::kOther;  // a submodule
  }
  return parsed;
}

absl::Status ReadTree(const Git& git, Wanted wanted, Entries* entries) {
  const auto list = git.Run({"ls-tree", "-r", "-l", "-z", "--full-tree", "HEAD"}, kLargestList);
  if (!list.ok()) return list.status();
  if (!list->ok() || list->output_cut) {
    GitFailed("list the files of its last commit", *list, entries);
    return absl::OkStatus();
  }
  int kept = 0;
  for (const std::string& row :
       std::vector<std::string>(absl::StrSplit(list->output, '\0', absl::SkipEmpty()))) {
    std::optional<TreeRow> parsed = ParseRow(row);
    if (!parsed.has_value()) continue;
    Entry& entry = parsed->entry;
    if (entry.kind == Entry::Kind::kFile && entry.bytes <= kLargestFile && kept < kMostContents &&
        wanted(entry.path)) {
      const auto blob = git.Run({"cat-file", "blob", parsed->object}, kLargestFile);
      if (!blob.ok()) return blob.status();
      if (!blob->ok() || blob->output_cut) {
        GitFailed(absl::StrCat("read ", PlainText(entry.path)), *blob, entries);
        return absl::OkStatus();
      }
      entry.content = blob->output;
      ++kept;
    }
    entries->entries.push_back(std::move(entry));
  }
  return absl::OkStatus();
}

// Which of a bundle's references is what the student means; "" if that is open.
std::string ChooseReference(const std::string& heads) {
  std::vector<std::string> names;
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(heads, '\n', absl::SkipEmpty()))) {
    const std::pair<std::string, std::string> fields =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    names.push_back(fields.second);
  }
  for (const char* name : {"HEAD", "refs/heads/main", "refs/heads/master"}) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  }
  return names.size() == 1 && !absl::StartsWith(names[0], "-") ? names[0] : "";
}

// An empty repository that a bundle can be fetched into.
absl::Status MakeRepository(const std::string& path) {
  std::error_code error;
  for (const char* folder : {"", "/objects", "/refs"}) {
    std::filesystem::create_directory(path + folder, error);
    if (absl::Status status = GiveToSandbox(path + folder); !status.ok()) return status;
  }
  if (absl::Status status = WriteNewFile(path, "config", kConfig); !status.ok()) return status;
  return WriteNewFile(path, "HEAD", "ref: refs/heads/submission\n");
}

}  // namespace

absl::StatusOr<Entries> ReadGit(const std::string& path, const Sandbox& sandbox, Wanted wanted) {
  Entries entries;
  absl::StatusOr<ScratchFolder> copy = ScratchFolder::Make();
  if (!copy.ok()) return copy.status();
  const absl::StatusOr<bool> copied = CopyRepository(path, copy->path(), &entries);
  if (!copied.ok()) return copied.status();
  if (!*copied) return entries;
  for (const char* folder : {"objects", "refs"}) {
    std::error_code ignored;
    std::filesystem::create_directory(absl::StrCat(copy->path(), "/", folder), ignored);
  }
  if (absl::Status status = WriteNewFile(copy->path(), "config", kConfig); !status.ok()) {
    return status;
  }
  const absl::Status status = ReadTree(Git(sandbox, copy->path()), wanted, &entries);
  if (!status.ok()) return status;
  return entries;
}

absl::StatusOr<Entries> ReadBundle(const std::string& path, const Sandbox& sandbox, Wanted wanted) {
  Entries entries;
  absl::StatusOr<ScratchFolder> scratch = ScratchFolder::Make();
  if (!scratch.ok()) return scratch.status();
  const std::string repository = scratch->path() + "/repository";
  const auto content = ReadRegularFile(AT_FDCWD, path, kLargestArchive);
  if (!content.has_value()) {
    Break("unreadable", "its bundle cannot be read, or is too large", &entries);
    return entries;
  }
  absl::Status status = MakeRepository(repository);
  if (status.ok()) status = WriteNewFile(scratch->path(), "bundle", *content);
  if (!status.ok()) return status;

  Git git(sandbox, repository);
  git.Fill(scratch->path() + "/bundle");
  const auto heads = git.Run({"bundle", "list-heads", git.bundle()}, kLargestList);
  if (!heads.ok()) return heads.status();
  if (!heads->ok() || heads->output_cut) {
    GitFailed("read its bundle", *heads, &entries);
    return entries;
  }
  const std::string reference = ChooseReference(heads->output);
  if (reference.empty()) {
    Break("damaged", "its bundle has several branches and none of them is HEAD, main or master",
          &entries);
    return entries;
  }
  const auto fetched = git.Run({"fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
                                git.bundle(), absl::StrCat(reference, ":refs/heads/submission")},
                               kLargestList);
  if (!fetched.ok()) return fetched.status();
  if (!fetched->ok()) {
    GitFailed("unpack its bundle", *fetched, &entries);
    return entries;
  }
  status = ReadTree(git, wanted, &entries);
  if (!status.ok()) return status;
  return entries;
}

}  // namespace grading
