// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/grade_json.h"

#include <cstdint>
#include <limits>
#include <string>

#include <boost/pfr.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/grade_fields.h"
#include "grading/some_class.h"

namespace grading {
namespace {

using ::testing::HasSubstr;

// Counts the fields that Fields() names.
class FieldCounter {
 public:
  template <typename T>
  static size_t Count() {
    FieldCounter counter;
    T value;
    Fields(counter, value);
    return counter.fields_;
  }
  template <typename T>
  void operator()(const char*, T&) {
    ++fields_;
  }
  template <typename T>
  void Added(const char*, T&) {
    ++fields_;
  }

 private:
  size_t fields_ = 0;
};

template <typename T>
class FieldsTest : public ::testing::Test {};
using Structs =
    ::testing::Types<Test, Run, TestResult, Results, Finding, TakenFile, BuildOutcome, Stage, Tally,
                     TestScore, StageScore, LabScore, ScoreSheet, Grade, ClassGrades>;
TYPED_TEST_SUITE(FieldsTest, Structs);

TYPED_TEST(FieldsTest, NoFieldIsForgotten) {
  EXPECT_EQ(FieldCounter::Count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
}

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

// Hostile in every string, extreme in every number.
Grade ExtremeGrade() {
  Grade grade = SomeClass().grades[4];
  grade.build.output = std::string(3'000'000, '\x1b') + AllBytes();
  grade.build.cpu_seconds = 1.0 / 3;
  grade.files[0].bytes = std::numeric_limits<int64_t>::min();
  grade.findings[0].kind = AllBytes();
  Run& run = grade.results.tests[2].runs[1];
  run.seed = std::numeric_limits<uint64_t>::max();
  run.rpcs = std::numeric_limits<int64_t>::max();
  run.virtual_seconds = -0.1 + 1e-17;
  run.warnings = {"", AllBytes(), std::string(1, '\0')};
  run.extra = {
      {"verdict", "not the verdict"}, {"faults", {1, 2}}, {"nested", {{"a", {1, nullptr}}}}};
  grade.results.interrupted_by = 2;
  return grade;
}

TEST(GradeJsonTest, ReadsBackWhatItWrote) {
  const Grade grade = ExtremeGrade();
  const auto read = GradeFromJson(GradeJson(grade));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == grade);
  EXPECT_EQ(*GradeFromJson(GradeJson(Grade())), Grade());
}

TEST(GradeJsonTest, ReadsWhatWasWrittenBeforeThereWereServices) {
  Grade grade = SomeClass().grades[5];
  grade.raft = "reference";
  EXPECT_EQ(GradeFromJson(GradeJson(grade))->raft, "reference");
  auto json = nlohmann::json::parse(GradeJson(grade));
  json.erase("raft");
  grade.raft = "";
  EXPECT_TRUE(*GradeFromJson(json.dump()) == grade);
}

TEST(GradeJsonTest, AClassIsAbridged) {
  ClassGrades grades = SomeClass();
  grades.seed_commitment = AllBytes();
  grades.grades.push_back(ExtremeGrade());
  const auto read = ClassFromJson(ClassJson(grades));
  ASSERT_TRUE(read.ok()) << read.status();
  for (Grade& grade : grades.grades) grade = Abridged(std::move(grade));
  EXPECT_TRUE(*read == grades);
  EXPECT_EQ(read->grades[6].results.tests[0].runs.size(), 0u);
  EXPECT_EQ(read->grades[6].sheet.stages[0].tests[0].tally.passed, 4);
  const TestResult& twice = read->grades[5].results.tests[1];
  ASSERT_EQ(twice.runs.size(), 2u);
  EXPECT_THAT(twice.runs[0].report, HasSubstr("liveness broken"));
  EXPECT_EQ(twice.runs[1].report, "") << "only the first failure's";
  EXPECT_EQ(twice.runs[1].message, "liveness broken");
}

std::string WhyNot(const std::string& text) {
  const auto grade = GradeFromJson(text);
  return grade.ok() ? "it is one" : std::string(grade.status().message());
}

TEST(GradeJsonTest, OtherFilesAreRejected) {
  const std::string good = GradeJson(SomeClass().grades[5]);
  const auto change = [&](const std::string& from, const std::string& to) {
    const size_t at = good.find(from);
    return WhyNot(std::string(good).replace(at, from.size(), to));
  };
  EXPECT_EQ(WhyNot(""), "is not a grade: it is not JSON, or only part of it");
  EXPECT_EQ(WhyNot(good.substr(0, good.size() / 2)),
            "is not a grade: it is not JSON, or only part of it");
  EXPECT_EQ(WhyNot("[]"), "is not a grade: its \"schema\" is not \"raftlab-grade-1\"");
  EXPECT_EQ(WhyNot(ClassJson(SomeClass())),
            "is not a grade: its \"schema\" is not \"raftlab-grade-1\"");
  EXPECT_EQ(WhyNot(std::string(1'000'000, '[')), "is not a grade: it is nested too deeply");
  EXPECT_EQ(change("\"seeds\"", "\"seads\""), "is not a grade: results.seeds is missing");
  EXPECT_EQ(change("\"seed\": 2", "\"seed\": -2"),
            "is not a grade: results.tests[0].runs[1].seed is no whole number that fits");
  EXPECT_EQ(change("\"servers\": 3", "\"servers\": 3000000000"),
            "is not a grade: results.tests[0].test.servers is no whole number that fits");
  EXPECT_EQ(change("\"liveness\"", "\"lively\""),
            "is not a grade: results.tests[1].runs[1].verdict is no verdict");
  EXPECT_EQ(change("\"g++ 12.2.0\"", "[]"), "is not a grade: compiler is no text");
  EXPECT_EQ(change("\"ok\": true", "\"ok\": 1"),
            "is not a grade: build.ok is neither true nor false");
  EXPECT_EQ(change("\"findings\": []", "\"findings\": 1"), "is not a grade: findings is no list");
  EXPECT_EQ(WhyNot(std::string(good).insert(1, "\"a new key\": {},")), "it is one");
  EXPECT_THAT(std::string(ClassFromJson(good).status().message()),
              HasSubstr("is not the grades of a class: its \"schema\""));
}

}  // namespace
}  // namespace grading
