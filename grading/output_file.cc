// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"

namespace grading {

absl::StatusOr<OutputFile> OutputFile::Open(const std::string& option, const std::string& path) {
  const auto error = [&](const std::string& why) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write ", option, " ", path, ": ", why,
                     "; name a file in a folder that you can write."));
  };
  if (path.empty()) return error("the name is empty");
  struct stat found = {};
  const bool exists = stat(path.c_str(), &found) == 0;
  if (exists && S_ISDIR(found.st_mode)) return error("it is a folder");
  const bool direct = exists && !S_ISREG(found.st_mode);
  if (exists && access(path.c_str(), W_OK) != 0) return error(std::strerror(errno));
  const std::string temporary = direct ? "" : absl::StrCat(path, ".", getpid(), ".tmp");
  const int file = direct ? open(path.c_str(), O_WRONLY | O_CLOEXEC)
                          : open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return error(std::strerror(errno));
  return OutputFile(path, temporary, file);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      file_(std::exchange(other.file_, -1)) {}

OutputFile::~OutputFile() {
  if (file_ >= 0) close(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status OutputFile::Write(std::string_view text) {
  const auto error = [&] {
    return absl::InternalError(
        absl::StrCat("cannot write ", path_, ": ", std::strerror(errno), "."));
  };
  while (!text.empty()) {
    const ssize_t written = write(file_, text.data(), text.size());
    if (written < 0 && errno != EINTR) return error();
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  if (close(std::exchange(file_, -1)) != 0) return error();
  if (temporary_.empty()) return absl::OkStatus();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return error();
  temporary_.clear();
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& option, const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && std::filesystem::is_directory(path)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("cannot make the folder ", option, " ", path, ": ",
                                                 error ? error.message() : "it is a file",
                                                 "; name one that you can write."));
}

}  // namespace grading
