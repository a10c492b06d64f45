// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/submissions.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace grading {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubmissionsTest : public ::testing::Test {
 protected:
  SubmissionsTest() { fs::create_directories(folder_); }
  ~SubmissionsTest() override { fs::remove_all(folder_); }

  void Touch(const std::string& path) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << "x";
  }
  // "NAME=PATH", the path below the test's folder.
  std::vector<std::string> Find(const std::vector<std::string>& paths) {
    std::vector<std::string> full;
    for (const std::string& path : paths) full.push_back(folder_ / path);
    const auto found = FindSubmissions(full, {"raft/raft.h", "raft/raft.cc", "raft/messages.h"});
    if (!found.ok()) return {std::string(found.status().message())};
    std::vector<std::string> lines;
    for (const SubmissionPath& one : *found) {
      lines.push_back(absl::StrCat(one.name, "=", fs::relative(one.path, folder_).string()));
    }
    return lines;
  }

  const fs::path folder_ = fs::canonical(fs::temp_directory_path()) /
                           absl::StrCat("raftlab-submissions-test.", getpid());
};

TEST_F(SubmissionsTest, OneIsKnownByItsFiles) {
  Touch("tree/raft/raft.cc");
  Touch("flat/raft.h");
  Touch("misnamed/Raft.cpp");
  Touch("text/raft.cc.txt");
  Touch("top/lab2/raft/raft.cc");
  Touch("top/README");
  Touch("git/.git/HEAD");
  Touch("bare.git/HEAD");
  fs::create_directories(folder_ / "bare.git/objects");
  fs::create_directories(folder_ / "bare.git/refs");
  Touch("alice.tar.gz");
  EXPECT_THAT(
      Find({"tree", "flat/", "misnamed/.", "text", "top", "git", "bare.git", "alice.tar.gz"}),
      ElementsAre("tree=tree", "flat=flat", "misnamed=misnamed", "text=text", "lab2=top/lab2",
                  "git=git", "bare.git=bare.git", "alice=alice.tar.gz"));
}

TEST_F(SubmissionsTest, OthersAreFoldersOfThem) {
  Touch("class/bob/raft/raft.cc");
  Touch("class/alice.zip");
  Touch("class/raft.zip");
  Touch("class/grades.csv");
  Touch("class/.DS_Store");
  Touch("class/__MACOSX/x");
  Touch("one/carol/raft.cc");
  Touch("one/README.txt");
  EXPECT_THAT(Find({"class", "one"}),
              ElementsAre("alice=class/alice.zip", "bob=class/bob", "grades.csv=class/grades.csv",
                          "raft=class/raft.zip", "carol=one/carol"));
}

TEST_F(SubmissionsTest, NamesAreSafeAndUnique) {
  for (const char* name : {"a b.zip", "a_b.zip", "A_B.tgz", "-rf.tar", "\xff\x01.zip"}) Touch(name);
  Touch(std::string(200, 'x') + ".zip");
  EXPECT_THAT(Find({"a b.zip", "a_b.zip", "A_B.tgz", "-rf.tar", "\xff\x01.zip", "a b.zip"}),
              ElementsAre("a_b=a b.zip", "a_b-2=a_b.zip", "A_B-3=A_B.tgz", "_-rf=-rf.tar",
                          "__=\xff\x01.zip", "a_b-4=a b.zip"));
  EXPECT_LT(Find({std::string(200, 'x') + ".zip"})[0].find('='), 100u);
}

TEST_F(SubmissionsTest, WhatIsNotThereIsSaid) {
  EXPECT_THAT(Find({"nobody"})[0], HasSubstr("/nobody: No such file or directory."));
  fs::create_directories(folder_ / "empty");
  EXPECT_THAT(Find({"empty"})[0], HasSubstr("/empty: name a submission, or a folder of them."));
}

}  // namespace
}  // namespace grading
