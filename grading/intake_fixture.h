// Part of Raftlab, under the MIT License (see LICENSE).
//
// For the tests of intake: a folder to make submissions in, and what became of one.

#ifndef RAFTLAB_GRADING_INTAKE_FIXTURE_H_
#define RAFTLAB_GRADING_INTAKE_FIXTURE_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "grading/intake.h"

namespace grading {

class IntakeFixture : public ::testing::Test {
 protected:
  IntakeFixture() { std::filesystem::create_directories(folder_); }
  ~IntakeFixture() override { std::filesystem::remove_all(folder_); }

  // A file below the folder.
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text;
  }
  // `script` runs in the folder.
  void Bash(const std::string& script) {
    const std::string command =
        absl::StrCat("cd '", folder_.string(), "' && exec bash -euc '", script, "'");
    ASSERT_EQ(std::system(command.c_str()), 0) << script;
  }

  // Takes what is at the path; checks that nothing but files that may be edited was written.
  Submission Take(const std::string& path) {
    const std::filesystem::path out = folder_ / "out";
    std::filesystem::remove_all(out);
    std::filesystem::create_directories(out / "taken");
    const std::string before = Listing();
    const absl::StatusOr<Submission> taken = TakeSubmission(
        {.name = "alice", .path = folder_ / path}, editable_, sandbox_, out / "taken");
    EXPECT_TRUE(taken.ok()) << taken.status();
    if (!taken.ok()) return {};
    EXPECT_EQ(Listing(), before);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(out / "taken")) {
      EXPECT_FALSE(entry.is_symlink()) << entry.path();
    }
    contents_.clear();
    for (const TakenFile& file : taken->files) contents_.push_back(Content(file.path));
    return *taken;
  }
  // One string a finding: "error symlink: sentence".
  static std::vector<std::string> Lines(const Submission& submission) {
    std::vector<std::string> lines;
    for (const Finding& finding : submission.findings) {
      const char* const severities[] = {"note", "warning", "error"};
      lines.push_back(absl::StrCat(severities[static_cast<int>(finding.severity)], " ",
                                   finding.kind, ": ", finding.text));
    }
    return lines;
  }
  static std::vector<std::string> Paths(const Submission& submission) {
    std::vector<std::string> paths;
    for (const TakenFile& file : submission.files) paths.push_back(file.path);
    return paths;
  }
  std::string Content(const std::string& path) {
    std::ifstream file(folder_ / "out/taken" / path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / absl::StrCat("raftlab-intake-test.", getpid());
  const std::vector<EditableFile> editable_ = {{.path = "raft/raft.h"},
                                               {.path = "raft/raft.cc"},
                                               {.path = "raft/messages.h", .required = false}};
  const FoundSandbox found_ = FindSandbox();
  Sandbox sandbox_ = found_.sandbox;
  std::vector<std::string> contents_;  // of the files that were taken last

 private:
  // All below the test's folder, but what is taken.
  std::string Listing() const {
    std::string all;
    for (auto at = std::filesystem::recursive_directory_iterator(folder_);
         at != std::filesystem::recursive_directory_iterator(); ++at) {
      if (at->path() == folder_ / "out/taken") at.disable_recursion_pending();
      absl::StrAppend(&all, at->path().string(), "\n");
    }
    return all;
  }
};

}  // namespace grading

#endif  // RAFTLAB_GRADING_INTAKE_FIXTURE_H_
