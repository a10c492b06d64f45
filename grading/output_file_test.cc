// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/output_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <gtest/gtest.h>

namespace grading {
namespace {

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() { std::filesystem::create_directories(folder_); }
  ~OutputFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Read(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  int FilesInFolder() {
    return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  const std::string folder_ = testing::TempDir() + "output_file_test." + std::to_string(getpid());
};

TEST_F(OutputFileTest, AppearsWhenItIsWhole) {
  const std::string path = folder_ + "/results.json";
  std::ofstream(path) << "old";
  auto file = OutputFile::Open("--json", path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Read(path), "old");
  EXPECT_TRUE(file->Write("new").ok());
  EXPECT_EQ(Read(path), "new");
  EXPECT_EQ(FilesInFolder(), 1);
}

TEST_F(OutputFileTest, LeavesNoTraceWithoutWrite) {
  { EXPECT_TRUE(OutputFile::Open("--json", folder_ + "/results.json").ok()); }
  EXPECT_EQ(FilesInFolder(), 0);
}

TEST_F(OutputFileTest, BadPathsAreNamed) {
  EXPECT_EQ(OutputFile::Open("--json", folder_ + "/no/results.json").status().message(),
            "cannot write --json " + folder_ +
                "/no/results.json: No such file or directory; name a file in a folder that you can "
                "write.");
  EXPECT_TRUE(absl::IsInvalidArgument(OutputFile::Open("--json", folder_).status()));
}

TEST_F(OutputFileTest, DevicesAreNotReplaced) {
  auto file = OutputFile::Open("--json", "/dev/null");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->Write("text").ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(OutputFileTest, MakesFolders) {
  EXPECT_TRUE(MakeFolder("--out", folder_ + "/a/b").ok());
  EXPECT_TRUE(MakeFolder("--out", folder_ + "/a/b").ok());
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_FALSE(MakeFolder("--out", folder_ + "/file").ok());
}

}  // namespace
}  // namespace grading
