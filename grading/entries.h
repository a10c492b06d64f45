// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a submission holds, read from a folder, an archive or a git repository, whoever made it.
// Nothing is written, no symbolic link is followed, nothing of the submission is run. What is wrong
// with it is a finding; an error is ours.

#ifndef RAFTLAB_GRADING_ENTRIES_H_
#define RAFTLAB_GRADING_ENTRIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "grading/grade.h"
#include "grading/sandbox.h"

namespace grading {

inline constexpr int64_t kLargestFile = 1 << 20;                // bytes that are read of one
inline constexpr int64_t kMostUnpacked = int64_t{256} << 20;    // bytes behind an archive
inline constexpr int64_t kLargestArchive = int64_t{256} << 20;  // bytes
inline constexpr int kMostEntries = 50'000;
inline constexpr size_t kLongestPath = 512;
inline constexpr int kMostContents = 64;  // files that are read
inline constexpr int kDeepestFolder = 32;

struct Entry {
  enum class Kind { kFile, kSymlink, kHardLink, kOther };
  std::string path;  // as the submission has it, '/' between the parts; any bytes
  Kind kind = Kind::kFile;
  std::string target;  // of a link
  int64_t bytes = 0;   // of a file
  // Of a file that was wanted and is not larger than kLargestFile.
  std::optional<std::string> content;
};

struct Entries {
  std::vector<Entry> entries;  // without folders
  std::vector<Finding> findings;
  bool broken = false;  // as `findings` say: nothing may be taken
};

// Whether the content of the file at this path is of interest.
using Wanted = absl::FunctionRef<bool(std::string_view path)>;

// Adds that the submission cannot be read.
void Break(const std::string& kind, const std::string& text, Entries* entries);

// All files below the folder, without what git keeps there.
absl::StatusOr<Entries> ReadFolder(const std::string& path, Wanted wanted);

// A .tar, also compressed by gzip, bzip2, xz or zstd, or a .zip; told by its content. A process of
// its own, with limits on time and memory, reads it.
absl::StatusOr<Entries> ReadArchive(const std::string& path, Wanted wanted);

// The tree of the last commit of a repository: `path` is its .git folder or a bare one. It is
// copied without its configuration, hooks, attributes and ways into other repositories.
absl::StatusOr<Entries> ReadGit(const std::string& path, const Sandbox& sandbox, Wanted wanted);

// The same for a file that `git bundle create` made.
absl::StatusOr<Entries> ReadBundle(const std::string& path, const Sandbox& sandbox, Wanted wanted);

}  // namespace grading

#endif  // RAFTLAB_GRADING_ENTRIES_H_
