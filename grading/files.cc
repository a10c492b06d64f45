// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace grading {
namespace {

class File {
 public:
  explicit File(int number) : number_(number) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }
  // Keeps errno.
  void Become(int number) {
    const int why = errno;
    close(std::exchange(number_, number));
    errno = why;
  }

 private:
  int number_;
};

// A name in an open folder, whose number is -1 if it cannot be reached.
struct Place {
  std::unique_ptr<File> folder;
  std::string name;
};

// Goes down one part after the other, so that no symbolic link below `root` is followed.
Place FindPlace(const std::string& root, const std::string& path, bool make_folders) {
  std::vector<std::string> parts = absl::StrSplit(path, '/');
  Place place = {
      .folder = std::make_unique<File>(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      .name = std::move(parts.back())};
  parts.pop_back();
  for (const std::string& part : parts) {
    const int above = place.folder->number();
    if (above < 0) break;
    if (make_folders && mkdirat(above, part.c_str(), 0755) != 0 && errno != EEXIST) {
      place.folder->Become(-1);
      break;
    }
    place.folder->Become(
        openat(above, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  return place;
}

}  // namespace

std::optional<std::string> ReadRegularFile(int folder, const std::string& name, int64_t most) {
  // O_NONBLOCK: a fifo must not keep us waiting.
  const File file(
      openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (file.number() < 0) return std::nullopt;
  struct stat found = {};
  if (fstat(file.number(), &found) != 0) return std::nullopt;
  if (!S_ISREG(found.st_mode) || found.st_size > most) {
    errno = S_ISREG(found.st_mode) ? EFBIG : EINVAL;
    return std::nullopt;
  }
  std::string content(static_cast<size_t>(found.st_size), '\0');
  size_t length = 0;
  while (length < content.size()) {
    const ssize_t got = read(file.number(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;  // it has become shorter
    length += static_cast<size_t>(got);
  }
  content.resize(length);
  return content;
}

std::optional<std::string> ReadFileBelow(const std::string& root, const std::string& path,
                                         int64_t most) {
  const Place place = FindPlace(root, path, false);
  if (place.folder->number() < 0) return std::nullopt;
  return ReadRegularFile(place.folder->number(), place.name, most);
}

absl::Status WriteNewFile(const std::string& root, const std::string& path,
                          std::string_view content) {
  const auto error = [&] {
    return absl::InternalError(
        absl::StrCat("cannot write ", root, "/", path, ": ", std::strerror(errno), "."));
  };
  const auto& [folder, name] = FindPlace(root, path, true);
  if (folder->number() < 0) return error();
  const File file(openat(folder->number(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (file.number() < 0) return error();
  while (!content.empty()) {
    const ssize_t written = write(file.number(), content.data(), content.size());
    if (written < 0 && errno != EINTR) return error();
    if (written > 0) content.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<ScratchFolder> ScratchFolder::Make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string path = parent / "raftlab-XXXXXX";
  if (error || mkdtemp(path.data()) == nullptr || chmod(path.c_str(), 0755) != 0) {
    return absl::InternalError(absl::StrCat("cannot make a temporary folder in ", parent.string(),
                                            ": ", std::strerror(errno),
                                            "; set TMPDIR to one that you can write."));
  }
  return ScratchFolder(path);
}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace grading
