// Part of Raftlab, under the MIT License (see LICENSE).
//
// The CSV files for gradebooks, and the roster.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/csv.h"
#include "grading/golden.h"
#include "grading/grade_json.h"
#include "grading/gradebook_csv.h"
#include "grading/roster.h"
#include "grading/some_class.h"

namespace grading {
namespace {

using ::testing::HasSubstr;

constexpr char kRoster[] =
    "submission,student,id,sis_user_id,sis_login_id,section,email\r\n"
    "partial,\"Lamport, Leslie\",11,s-11,leslie,\"A, morning\",leslie@example.edu\r\n"
    "perfect,\"Liskov, Barbara\",12,s-12,barbara,B,barbara@example.edu\r\n"
    "perfect,\"=HYPERLINK(\"\"http://x\"\")\",13,s-13,+49,B,@sum\r\n"
    "absent,Nobody,14,s-14,nobody,B,nobody@example.edu\r\n";

std::vector<Student> SomeRoster() { return *ParseRoster(kRoster, "roster.csv"); }

TEST(CsvTest, Rfc4180) {
  EXPECT_EQ(CsvHeader({"a", "b c", "d,e", "f\"g", "h\ni", ""}),
            "a,b c,\"d,e\",\"f\"\"g\",\"h\ni\",\r\n");
  EXPECT_EQ(CsvRow().Points(12.345).Points({}).Points(-1).Points(100).str(), "12.35,,-1,100\r\n");
}

TEST(CsvTest, NoTextIsAFormula) {
  for (const char* text : {"=1", "+1", "-1", "@x"}) {
    EXPECT_EQ(CsvRow().Text(text).str(), std::string("'") + text + "\r\n");
  }
  EXPECT_EQ(CsvRow().Text("\t=1").str(), "'\t=1\r\n");
  EXPECT_EQ(CsvRow().Text("\n=1").str(), "\"'\n=1\"\r\n");
  EXPECT_EQ(CsvRow().Text("\r=1").str(), "'\uFFFD=1\r\n");
  EXPECT_EQ(CsvRow().Text("a=1-2").str(), "a=1-2\r\n");
}

TEST(RosterTest, BadOnesAreRefused) {
  const auto why = [](const std::string& rows) {
    const std::string header = "submission,student,id,sis_user_id,sis_login_id,section,email\n";
    return std::string(ParseRoster(header + rows, "r.csv").status().message());
  };
  EXPECT_EQ(why("a,b,1,2,3,4,5\na,c,1,2,3,4,5\n"), "");
  EXPECT_EQ(why("a,b,1\n"), "r.csv, row 2 has 3 fields; wanted 7.");
  EXPECT_EQ(why(",b,1,2,3,4,5\n"), "r.csv: the row of \"b\" names no submission.");
  EXPECT_EQ(why("a,b,1,2,3,4,5\na,b,1,2,3,4,5\n"), "r.csv: \"b\" of a is there twice.");
  EXPECT_THAT(std::string(ParseRoster("name,grade\n", "r.csv").status().message()),
              HasSubstr("r.csv begins with \"name,grade\"; wanted \"submission,student,id"));
}

TEST(RosterTest, GapsAreSaid) {
  ClassGrades grades = SomeClass();
  std::erase_if(grades.grades,
                [](const Grade& grade) { return !grade.submission.starts_with("p"); });
  EXPECT_EQ(RosterGaps(grades, SomeRoster()),
            "of these in the roster nothing was graded: absent.\n");
  EXPECT_EQ(RosterGaps(grades, {}),
            "the roster does not have these submissions, whose names stand as SIS Login ID: "
            "partial, perfect.\n");
  EXPECT_THAT(MatchRoster(grades, SomeRoster()), ::testing::SizeIs(3));
}

TEST(GradebookTest, Plain) { ExpectGolden("grades.csv", PlainCsv(SomeClass())); }

TEST(GradebookTest, Canvas) {
  ExpectGolden("canvas.csv",
               CanvasCsv(SomeClass(), SomeRoster(), {{"2B", "The log, graded (12345)"}}));
}

TEST(GradebookTest, CanvasWithoutARoster) {
  EXPECT_THAT(CanvasCsv(SomeClass(), {}, {}), HasSubstr("\r\npartial,,,partial,,70,47.5\r\n"));
}

TEST(GradebookTest, Moodle) {
  ExpectGolden("moodle.csv", MoodleCsv(SomeClass(), SomeRoster(), {}));
}

TEST(GradebookTest, AnEmptyClass) {
  EXPECT_EQ(PlainCsv({}), "submission,status,total,errors,warnings,digest\r\n");
}

TEST(GradebookTest, AnAbridgedClassIsEnough) {
  ClassGrades small = SomeClass();
  for (Grade& grade : small.grades) grade = Abridged(grade);
  EXPECT_EQ(PlainCsv(small), PlainCsv(SomeClass()));
  EXPECT_EQ(MoodleCsv(small, {}, {}), MoodleCsv(SomeClass(), {}, {}));
}

}  // namespace
}  // namespace grading
