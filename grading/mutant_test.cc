// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/mutant.h"

#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "grading/catalog.h"
#include "grading/mutant_build.h"

namespace grading {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPatch[] = R"(Number: E2
Title: a vote is granted: without a look at votedFor
Rule: Figure 2
Class: safety
Hard: 1
Stage: 2A
Killed by: elections
Message: voted twice

--- a/raft/raft.cc
+++ b/raft/raft.cc	2026-01-01
@@ -1 +1 @@
-a
+b
)";

std::vector<Stage> Stages() {
  std::vector<Stage> stages(4);
  stages[0].name = "2A";
  stages[1].name = "2B";
  stages[2].name = "3A";
  stages[3].name = "4B";
  for (Stage& stage : stages) stage.program = "raft_tests";
  stages[2].program = "kvraft_tests";
  stages[3].program = "shardkv_tests";
  return stages;
}

// Of the patch with `from` replaced.
Mutant Parse(const std::string& from = "", const std::string& to = "") {
  const std::string text = from.empty() ? kPatch : absl::StrReplaceAll(kPatch, {{from, to}});
  return ParseMutant("E2_vote", text, Stages());
}

TEST(MutantTest, AHeaderAndADiff) {
  const Mutant mutant = Parse();
  EXPECT_EQ(mutant.wrong, "");
  EXPECT_EQ(mutant.number, "E2");
  EXPECT_EQ(mutant.title, "a vote is granted: without a look at votedFor");
  EXPECT_EQ(mutant.kind, "safety");
  EXPECT_EQ(mutant.hard, 1);
  EXPECT_EQ(mutant.killed_by, "elections");
  EXPECT_EQ(mutant.id(), "E2_vote");
}

TEST(MutantTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(Parse("Title: ", "Titel: ").wrong, HasSubstr("no `Key: value` of ours: Titel: a"));
  EXPECT_THAT(Parse("Rule: Figure 2\n", "").wrong, HasSubstr("has no Rule"));
  EXPECT_THAT(Parse("Hard: 1", "Hard: 4").wrong, HasSubstr("Hard is 1, 2 or 3, not 4."));
  EXPECT_THAT(Parse("Class: safety", "Class: S").wrong, HasSubstr("Class is one of safety,"));
  EXPECT_THAT(Parse("Stage: 2A", "Stage: 2E").wrong,
              HasSubstr("Stage is one of 2A, 2B, 3A, 4B, not 2E."));
  EXPECT_THAT(Parse("voted twice", "voted (twice").wrong, HasSubstr("no regular expression"));
  EXPECT_THAT(Parse("\n\n", "\n").wrong, HasSubstr("no header"));
  EXPECT_THAT(Parse("+++ b/raft/raft.cc", "x").wrong, HasSubstr("no unified diff"));
  EXPECT_THAT(Parse("+++ b/raft/raft.cc", "+++ b/raft/server.cc").wrong,
              HasSubstr("it changes b/raft/server.cc; a mutant of this stage may change "
                        "raft/messages.h, "));
}

TEST(MutantTest, EachStageHasItsFiles) {
  EXPECT_EQ(Parse().folder, "raft");
  EXPECT_THAT(Parse("Stage: 2A", "Stage: 3A").wrong, HasSubstr("it changes b/raft/raft.cc; "));
  const std::string patch =
      absl::StrReplaceAll(kPatch, {{"Stage: 2A", "Stage: 3A"}, {"raft/raft.cc", "kvraft/clerk.h"}});
  const Mutant clerk = ParseMutant("K1", patch, Stages());
  EXPECT_EQ(clerk.wrong, "");
  EXPECT_EQ(clerk.folder, "kvraft");
  const std::string state = absl::StrReplaceAll(
      kPatch, {{"Stage: 2A", "Stage: 4B"}, {"raft/raft.cc", "shardkv/shard_state.h"}});
  const Mutant shards = ParseMutant("M1", state, Stages());
  EXPECT_EQ(shards.wrong, "");
  EXPECT_EQ(shards.folder, "shardkv");
}

// What a mutant may change is there, and what is compiled anew are sources.
TEST(MutantTest, TheFilesOfEachLabAreThere) {
  for (const ZooLab& lab : ZooLabs()) {
    const fs::path folder = fs::path(Site::Find().root) / lab.folder;
    for (const std::string& file : lab.files) EXPECT_TRUE(fs::exists(folder / file)) << file;
    for (const std::string& file : lab.files) {
      if (!absl::EndsWith(file, ".cc")) continue;
      EXPECT_THAT(lab.compiled, Contains(file));
    }
  }
}

TEST(MutantTest, NamesNumbersPatternsAndStagesSelect) {
  Mutant vote = Parse();
  Mutant log = Parse("Stage: 2A", "Stage: 2B");
  log.name = "R1_log";
  log.number = "R1";
  const std::vector<Mutant> zoo = {vote, log, {.name = "odd", .control = true}};
  const auto names = [&](const std::vector<std::string>& words, const std::string& stage) {
    const auto selected = SelectMutants(zoo, words, stage);
    std::string text = selected.ok() ? "" : std::string(selected.status().message());
    if (selected.ok()) {
      for (const Mutant& mutant : *selected) absl::StrAppend(&text, mutant.name, " ");
    }
    return text;
  };
  EXPECT_EQ(names({}, ""), "E2_vote R1_log odd ");
  EXPECT_EQ(names({"R1"}, ""), "R1_log ");
  EXPECT_EQ(names({"odd", "E*"}, ""), "E2_vote odd ");
  EXPECT_EQ(names({"E*", "E2"}, ""), "E2_vote ");
  EXPECT_EQ(names({"control-*"}, ""), "odd ");
  EXPECT_EQ(names({}, "2B"), "R1_log ");
  EXPECT_THAT(names({"E2_vot"}, ""),
              HasSubstr("no mutant is called E2_vot; the nearest is E2_vote"));
  EXPECT_THAT(names({}, "2C"), HasSubstr("no mutant is of the stage 2C."));
}

TEST(MutantTest, ASampleIsDrawnByAWord) {
  std::vector<Mutant> zoo = {{.name = "odd", .control = true}, {.name = "easy", .hard = 1}};
  for (int i = 0; i < 50; ++i) zoo.push_back({.name = absl::StrCat("hard", i), .hard = 2 + i % 2});
  const std::vector<Mutant> sample = SampleOf(zoo, "monday");
  EXPECT_EQ(sample.size(), 12u);
  EXPECT_EQ(sample[0].name, "odd");
  EXPECT_EQ(sample[1].name, "easy");
  EXPECT_EQ(sample, SampleOf(zoo, "monday"));
  EXPECT_NE(sample, SampleOf(zoo, "tuesday"));
  // Every one has its turn.
  std::set<std::string> drawn;
  for (int day = 0; day < 100; ++day) {
    for (const Mutant& mutant : SampleOf(zoo, absl::StrCat(day))) drawn.insert(mutant.name);
  }
  EXPECT_EQ(drawn.size(), zoo.size());
}

TEST(MutantTest, TheCompilerIsAskedAsCMakeAsksIt) {
  const std::string json = R"([
    {"command": "c++ -O2 -o raft/CMakeFiles/raft.dir/raft.cc.o -c raft.cc"},
    {"command": "c++ -DX=\"a b\" -O2 -o raft/CMakeFiles/raft_server.dir/raft.cc.o -c raft.cc"},
    {"command": "c++ -DX=\"a b\" -O2 -o raft/CMakeFiles/raft_server.dir/a.cc.o -c a.cc"},
    {"command": "c++ -o kvraft/CMakeFiles/kvraft_server.dir/__/raft/a.cc.o -c a.cc"}])";
  const auto target = FindServerTarget(json, "raft");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->compiler, "c++ -DX=\"a b\" -O2");
  EXPECT_THAT(target->sources, ElementsAre("raft.cc", "a.cc"));
  EXPECT_THAT(FindServerTarget(json, "kvraft")->sources, ElementsAre("__/raft/a.cc"));
  EXPECT_FALSE(FindServerTarget("[]", "raft").ok());
  EXPECT_FALSE(FindServerTarget("no JSON", "raft").ok());
}

}  // namespace
}  // namespace grading
