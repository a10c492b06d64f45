// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/intake.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grading/crypto.h"
#include "grading/entries.h"
#include "grading/files.h"
#include "grading/selection.h"

namespace grading {
namespace {

namespace fs = std::filesystem;
using Severity = Finding::Severity;

// Reads `from` and selects; findings go to `submission`.
class Taker {
 public:
  Taker(const std::vector<EditableFile>& editable, const Sandbox& sandbox, Submission* submission)
      : editable_(editable), sandbox_(sandbox), submission_(submission) {}

  absl::StatusOr<Selection> Take(const std::string& path) {
    const auto wanted = [this](std::string_view file) { return MayBeEditable(file, editable_); };
    const fs::file_status status = StatusOf(path);
    if (fs::is_symlink(status)) {
      Add(Severity::kError, "symlink", "The submission is a symbolic link and was not followed.");
      return Selection();
    }
    if (!fs::is_directory(status)) {
      const bool bundle = absl::EndsWithIgnoreCase(path, ".bundle");
      return SelectFrom(bundle ? ReadBundle(path, sandbox_, wanted) : ReadArchive(path, wanted));
    }
    const fs::file_type git = StatusOf(path + "/.git").type();
    if (git == fs::file_type::directory) return TakeWorkingCopy(path, wanted);
    if (git != fs::file_type::not_found) {
      Add(Severity::kWarning, "git",
          "Its .git is not a folder and was not followed; the files were taken from the folder.");
    } else if (IsBare(path)) {
      return SelectFrom(ReadGit(path, sandbox_, wanted));
    }
    return SelectFrom(ReadFolder(path, wanted));
  }

 private:
  static fs::file_status StatusOf(const fs::path& path) {
    std::error_code error;
    return fs::symlink_status(path, error);
  }
  static bool IsBare(const std::string& path) {
    return fs::is_regular_file(StatusOf(path + "/HEAD")) &&
           fs::is_directory(StatusOf(path + "/objects")) &&
           fs::is_directory(StatusOf(path + "/refs"));
  }

  void Add(Severity severity, const std::string& kind, const std::string& text) {
    submission_->findings.push_back({.severity = severity, .kind = kind, .text = text});
  }
  void Add(const std::vector<Finding>& findings) {
    submission_->findings.insert(submission_->findings.end(), findings.begin(), findings.end());
  }

  absl::StatusOr<Selection> SelectFrom(const absl::StatusOr<Entries>& entries) {
    if (!entries.ok()) return entries.status();
    Add(entries->findings);
    if (entries->broken) return Selection();
    Selection selection = Select(*entries, editable_);
    Add(selection.findings);
    return selection;
  }

  // What was committed counts; if nothing was, what lies there.
  absl::StatusOr<Selection> TakeWorkingCopy(const std::string& path, Wanted wanted) {
    absl::StatusOr<Entries> committed = ReadGit(path + "/.git", sandbox_, wanted);
    if (!committed.ok()) return committed.status();
    const absl::StatusOr<Entries> folder = ReadFolder(path, wanted);
    if (!folder.ok()) return folder.status();
    const Selection uncommitted = Select(*folder, editable_);
    Selection selection;
    if (!committed->broken) selection = Select(*committed, editable_);
    if (selection.contents.empty() && !uncommitted.contents.empty()) {
      Add(committed->findings);
      Add(Severity::kWarning, "git",
          "Its git repository holds none of the files in its last commit; those in its folder were "
          "taken.");
      return SelectFrom(folder);
    }
    Add(committed->findings);
    Add(selection.findings);
    for (const auto& [file, content] : selection.contents) {
      const auto there = uncommitted.contents.find(file);
      if (there == uncommitted.contents.end() || there->second == content) continue;
      Add(Severity::kWarning, "uncommitted",
          absl::StrCat(file, " was changed after the last commit; the committed one was taken."));
    }
    return selection;
  }

  const std::vector<EditableFile>& editable_;
  const Sandbox& sandbox_;
  Submission* submission_;
};

}  // namespace

absl::StatusOr<Submission> TakeSubmission(const SubmissionPath& from,
                                          const std::vector<EditableFile>& editable,
                                          const Sandbox& sandbox, const std::string& destination) {
  Submission submission;
  submission.name = from.name;
  submission.source = from.path;
  const absl::StatusOr<Selection> selection = Taker(editable, sandbox, &submission).Take(from.path);
  if (!selection.ok()) return selection.status();
  std::vector<std::string> lines;
  for (const auto& [path, content] : selection->contents) {
    if (absl::Status status = WriteNewFile(destination, path, content); !status.ok()) return status;
    submission.files.push_back({.path = path,
                                .bytes = static_cast<int64_t>(content.size()),
                                .sha256 = Sha256Hex(content)});
    lines.push_back(absl::StrCat(submission.files.back().sha256, "  ", path, "\n"));
  }
  if (!lines.empty()) submission.digest = Sha256Hex(absl::StrJoin(lines, ""));
  submission.complete = IsComplete(submission.files, editable);
  return submission;
}

bool IsComplete(const std::vector<TakenFile>& files, const std::vector<EditableFile>& editable) {
  return std::ranges::all_of(editable, [&](const EditableFile& file) {
    return !file.required || std::ranges::find(files, file.path, &TakenFile::path) != files.end();
  });
}

}  // namespace grading
