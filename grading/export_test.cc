// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/export.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "grading/class_junit.h"
#include "grading/grade_json.h"
#include "grading/some_class.h"

namespace grading {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class ExportTest : public ::testing::Test {
 protected:
  ExportTest() : folder_(absl::StrCat(::testing::TempDir(), "/export_test.", getpid())) {}
  ~ExportTest() override { fs::remove_all(folder_); }

  void Overwrite(const std::string& path, const std::string& text) {
    std::ofstream(folder_ + "/" + path, std::ios::binary) << text;
  }

  const std::string folder_;
};

TEST_F(ExportTest, WhatWasWrittenIsRead) {
  const ClassGrades grades = SomeClass();
  ASSERT_EQ(WriteReports(grades, folder_), absl::OkStatus());
  for (const char* name : {"grades.json", "grades.html", "grades.csv", "canvas.csv", "moodle.csv",
                           "junit.xml", "submissions/empty/report.html"}) {
    EXPECT_TRUE(fs::exists(folder_ + "/" + name)) << name;
  }
  const auto read = ReadClass(folder_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ClassJson(*read), ClassJson(grades));
  EXPECT_EQ(ClassJunit(*read), ClassJunit(grades)) << "the runs that passed are not needed";
  for (const Grade& grade : grades.grades) {
    const auto one = ReadGrade(folder_, grade.submission);
    ASSERT_TRUE(one.ok()) << one.status();
    EXPECT_TRUE(*one == grade) << "with the runs that passed";
  }
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    files += entry.is_regular_file();
  EXPECT_EQ(files, 6 + 2 * grades.grades.size()) << "no temporary file is left";
}

TEST_F(ExportTest, BadFoldersAreRefused) {
  EXPECT_EQ(std::string(ReadClass(folder_).status().message()),
            absl::StrCat("cannot read ", folder_,
                         "/grades.json; name the folder that `./lab grade --out` wrote."));
  ASSERT_EQ(WriteReports(SomeClass(), folder_), absl::OkStatus());
  EXPECT_TRUE(absl::IsNotFound(ReadGrade(folder_, "nobody").status()));
  EXPECT_THAT(std::string(ReadGrade(folder_, "../x").status().message()),
              HasSubstr("is no name of a submission"));
  fs::copy_file(folder_ + "/submissions/partial/grade.json",
                folder_ + "/submissions/perfect/grade.json", fs::copy_options::overwrite_existing);
  EXPECT_THAT(std::string(ReadGrade(folder_, "perfect").status().message()),
              EndsWith("is of another submission; grade that submission again."));
  Overwrite("submissions/partial/grade.json", "{");
  EXPECT_THAT(std::string(ReadGrade(folder_, "partial").status().message()),
              EndsWith("/grade.json is not a grade: it is not JSON, or only part of it; grade that "
                       "submission again."));
  Overwrite("grades.json", "[]");
  EXPECT_THAT(std::string(ReadClass(folder_).status().message()),
              EndsWith("is not \"raftlab-class-1\"; grade the class again."));
}

TEST_F(ExportTest, NoNameLeadsOutOfTheFolder) {
  ClassGrades grades = SomeClass();
  for (const char* name : {"", ".", "..", "../x", "a/b", "a b", "a\n", "\xff"}) {
    EXPECT_FALSE(IsSubmissionName(name)) << name;
    grades.grades[0].submission = name;
    EXPECT_TRUE(absl::IsInvalidArgument(WriteReports(grades, folder_))) << name;
  }
  EXPECT_TRUE(IsSubmissionName("a.B-c_9"));
  ASSERT_EQ(WriteReports(SomeClass(), folder_), absl::OkStatus());
  Overwrite("grades.json", ClassJson(grades));
  EXPECT_THAT(std::string(ReadClass(folder_).status().message()),
              HasSubstr("is no name of a submission"));
}

}  // namespace
}  // namespace grading
