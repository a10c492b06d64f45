// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/submissions.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestName = 100;

// `raft` of `raft/Raft.CC`.
std::string Stem(const fs::path& path) { return absl::AsciiStrToLower(path.stem().string()); }

// Suffixes that archives have; of a .tar.gz one after the other.
constexpr const char* kArchiveSuffixes[] = {".gz",  ".bz2", ".xz",  ".zst",   ".tar",
                                            ".tgz", ".txz", ".zip", ".bundle"};

bool HasArchiveSuffix(const fs::path& path) {
  return std::any_of(std::begin(kArchiveSuffixes), std::end(kArchiveSuffixes), [&](auto suffix) {
    return absl::EqualsIgnoreCase(path.extension().string(), suffix);
  });
}

bool IsHidden(const fs::path& path) {
  const std::string name = path.filename();
  return name.empty() || name[0] == '.' || name == "__MACOSX";
}

// In the order of their names, without the hidden ones.
std::vector<fs::path> EntriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!IsHidden(at->path())) entries.push_back(at->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool IsPlainFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path, error));
}

bool IsBareRepository(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / "HEAD", error) && fs::is_directory(path / "objects", error) &&
         fs::is_directory(path / "refs", error);
}

bool IsSubmission(const fs::path& folder, const std::vector<std::string>& editable) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder / ".git", error)) || IsBareRepository(folder)) {
    return true;
  }
  const std::vector<fs::path> entries = EntriesOf(folder);
  return std::any_of(entries.begin(), entries.end(), [&](const fs::path& entry) {
    const bool is_folder = IsPlainFolder(entry);
    return std::any_of(editable.begin(), editable.end(), [&](const fs::path& file) {
      if (is_folder) {
        return absl::EqualsIgnoreCase(entry.filename().string(), file.begin()->string());
      }
      return entry.has_extension() && !HasArchiveSuffix(entry) && Stem(entry.stem()) == Stem(file);
    });
  });
}

void AddFolder(const fs::path& folder, const std::vector<std::string>& editable,
               std::vector<fs::path>* found) {
  if (IsSubmission(folder, editable)) return found->push_back(folder);
  const std::vector<fs::path> entries = EntriesOf(folder);
  std::vector<fs::path> candidates;  // a README is none
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(candidates),
               [](const auto& entry) { return IsPlainFolder(entry) || HasArchiveSuffix(entry); });
  if (candidates.size() == 1 && IsPlainFolder(candidates[0]) &&
      IsSubmission(candidates[0], editable)) {
    return found->push_back(candidates[0]);
  }
  found->insert(found->end(), entries.begin(), entries.end());
}

std::string SafeName(const fs::path& path) {
  std::string name = path.filename();
  for (const char* suffix : kArchiveSuffixes) {
    const size_t length = std::string_view(suffix).size();
    if (name.size() > length && absl::EndsWithIgnoreCase(name, suffix) && !IsPlainFolder(path)) {
      name.resize(name.size() - length);
    }
  }
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  }
  if (name.empty() || name[0] == '.' || name[0] == '-') name = absl::StrCat("_", name);
  return name.substr(0, kLongestName - 8);
}

}  // namespace

absl::StatusOr<std::vector<SubmissionPath>> FindSubmissions(
    const std::vector<std::string>& paths, const std::vector<std::string>& editable) {
  std::vector<fs::path> found;
  for (const std::string& path : paths) {
    std::error_code error;
    // Who types a symbolic link means what it leads to. "/a/b/." is named b.
    const fs::path real = fs::canonical(path, error);
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot read the submission ", PlainText(path), ": ", error.message(), "."));
    }
    const size_t before = found.size();
    if (fs::is_directory(real, error)) {
      AddFolder(real, editable, &found);
    } else {
      found.push_back(real);
    }
    if (found.size() > before) continue;
    return absl::InvalidArgumentError(absl::StrCat("there is no submission in the folder ",
                                                   PlainText(path),
                                                   ": name a submission, or a folder of them."));
  }
  std::vector<SubmissionPath> submissions;
  std::set<std::string> names;
  for (const fs::path& path : found) {
    const std::string name = SafeName(path);
    std::string unique = name;
    for (int i = 2; !names.insert(absl::AsciiStrToLower(unique)).second; ++i) {
      unique = absl::StrCat(name, "-", i);
    }
    submissions.push_back({.name = unique, .path = path});
  }
  return submissions;
}

}  // namespace grading
