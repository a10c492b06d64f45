// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Test> SomeTests() {
  std::vector<Test> tests;
  for (const char* name : {"Raft2A.ReElection", "Raft2B.Backup", "Raft2B.Rejoin", "Raft2C.Figure8",
                           "Raft2C.Figure8Unreliable", "Kv3A.Basic"}) {
    Test test;
    test.name = name;
    test.stage = test.name.substr(test.name.find('.') - 2, 2);
    tests.push_back(test);
  }
  return tests;
}

std::vector<std::string> Selected(std::string_view word) {
  std::vector<std::string> names;
  const std::vector<Test> tests = SelectTests(SomeTests(), word).value();
  for (const Test& test : tests) names.push_back(test.name);
  return names;
}

std::string Complaint(std::string_view word) {
  return std::string(SelectTests(SomeTests(), word).status().message());
}

TEST(NamesTest, EditDistanceCountsSwapsOnceAndIgnoresCase) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("abc", ""), 3);
  EXPECT_EQ(EditDistance("Backup", "backup"), 0);
  EXPECT_EQ(EditDistance("Bakcup", "Backup"), 1);
  EXPECT_EQ(EditDistance("Bakup", "Backup"), 1);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(NamesTest, AWordFarFromAllHasNoNearest) {
  EXPECT_EQ(Nearest("tset", {"list", "test", "replay"}), "test");
  EXPECT_EQ(Nearest("elephant", {"list", "test", "replay"}), "");
  EXPECT_EQ(Nearest("x", {}), "");
}

TEST(NamesTest, GlobsCoverTheWholeText) {
  EXPECT_TRUE(MatchesGlob("*back*", "Raft2B.Backup"));
  EXPECT_TRUE(MatchesGlob("Raft2?.*", "Raft2B.Backup"));
  EXPECT_TRUE(MatchesGlob("*a*b*", "xxaxxaxxb"));
  EXPECT_TRUE(MatchesGlob("**", ""));
  EXPECT_FALSE(MatchesGlob("Back*", "Raft2B.Backup"));
  EXPECT_FALSE(MatchesGlob("", "x"));
  EXPECT_FALSE(MatchesGlob("*a", "ab"));
}

TEST(NamesTest, SelectsByLabStageSuiteTestAndPattern) {
  EXPECT_EQ(Selected("").size(), 6u);
  EXPECT_EQ(Selected("all").size(), 6u);
  EXPECT_EQ(Selected("2").size(), 5u);
  EXPECT_EQ(Selected("lab2").size(), 5u);
  EXPECT_THAT(Selected("2b"), ElementsAre("Raft2B.Backup", "Raft2B.Rejoin"));
  EXPECT_THAT(Selected("raft2a"), ElementsAre("Raft2A.ReElection"));
  EXPECT_THAT(Selected("Raft2B.Backup"), ElementsAre("Raft2B.Backup"));
  EXPECT_THAT(Selected("backup"), ElementsAre("Raft2B.Backup"));
  EXPECT_THAT(Selected("re"), ElementsAre("Raft2A.ReElection", "Raft2B.Rejoin", "Raft2C.Figure8",
                                          "Raft2C.Figure8Unreliable"));
}

TEST(NamesTest, AWholeNameIsNotAPattern) {
  EXPECT_THAT(Selected("Figure8"), ElementsAre("Raft2C.Figure8"));
  EXPECT_EQ(Selected("*Figure8*").size(), 2u);
  EXPECT_THAT(Complaint("Figure8*"), HasSubstr("no test or stage")) << "a pattern is for all of it";
}

TEST(NamesTest, AWrongNameGetsTheNearest) {
  EXPECT_EQ(Complaint("Raft2B.Bakcup"),
            "no test or stage is called Raft2B.Bakcup; the nearest is Raft2B.Backup. `./lab list` "
            "shows all.");
  EXPECT_THAT(Complaint("Bakcup"), HasSubstr("the nearest is Raft2B.Backup."));
  EXPECT_THAT(Complaint("2D"), HasSubstr("the nearest is 2A."));
  EXPECT_EQ(Complaint("elephants!"),
            "no test or stage is called elephants!. `./lab list` shows all.");
}

TEST(NamesTest, FindTestWantsOne) {
  EXPECT_EQ(FindTest(SomeTests(), "rejoin")->name, "Raft2B.Rejoin");
  EXPECT_THAT(FindTest(SomeTests(), "2B").status().message(),
              HasSubstr("2B names 2 tests, from Raft2B.Backup to Raft2B.Rejoin"));
}

}  // namespace
}  // namespace grading
