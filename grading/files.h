// Part of Raftlab, under the MIT License (see LICENSE).
//
// Files whose names and neighbours somebody else chose.

#ifndef RAFTLAB_GRADING_FILES_H_
#define RAFTLAB_GRADING_FILES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grading {

// The content of the regular file `name` in the open folder (or AT_FDCWD), of at most `most` bytes.
// Nothing if it is another thing, a symbolic link for one, or larger, or cannot be read; errno says
// why.
std::optional<std::string> ReadRegularFile(int folder, const std::string& name, int64_t most);

// The same for a path of several parts below the folder `root`. REQUIRES: as for WriteNewFile().
std::optional<std::string> ReadFileBelow(const std::string& root, const std::string& path,
                                         int64_t most);

// Makes a new file and the folders above it, below the folder `root`. REQUIRES: `path` is relative
// and has no "..". Who else can write below `root` cannot lead it elsewhere.
absl::Status WriteNewFile(const std::string& root, const std::string& path,
                          std::string_view content);

// A folder in the system's place for temporary files, which everybody may read; it is gone with
// this object.
class ScratchFolder {
 public:
  static absl::StatusOr<ScratchFolder> Make();

  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace grading

#endif  // RAFTLAB_GRADING_FILES_H_
