// Part of Raftlab, under the MIT License (see LICENSE).
//
// A file that the tool will write when it is done. It is opened before anything runs, so that a bad
// path is said at once, and appears under its name only when it is whole.

#ifndef RAFTLAB_GRADING_OUTPUT_FILE_H_
#define RAFTLAB_GRADING_OUTPUT_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grading {

class OutputFile {
 public:
  // `option` is the option that named the path, for the error, which is an InvalidArgument.
  static absl::StatusOr<OutputFile> Open(const std::string& option, const std::string& path);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();  // without Write: leaves no trace

  absl::Status Write(std::string_view text);

 private:
  OutputFile(std::string path, std::string temporary, int file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}

  std::string path_;
  std::string temporary_;  // empty if we write to a device or pipe itself
  int file_;
};

// Makes the folder and those above it, if they are missing.
absl::Status MakeFolder(const std::string& option, const std::string& path);

}  // namespace grading

#endif  // RAFTLAB_GRADING_OUTPUT_FILE_H_
