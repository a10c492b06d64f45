// Part of Raftlab, under the MIT License (see LICENSE).
//
// The JSON and JUnit files, whole.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grading/json_report.h"
#include "grading/junit_report.h"
#include "grading/some_results.h"

namespace grading {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Stage StageOf2A() {
  Stage stage;
  stage.name = "2A";
  stage.lab = "2";
  stage.program = "raft_tests";
  stage.percent = 25;
  stage.title = "Leader election";
  return stage;
}

Results OnePassOneFailure() {
  return MakeResults({MakeResult("Raft2A.X", "2A", {Verdict::kPass}),
                      MakeResult("Raft2A.Y", "2A", {Verdict::kSafety})});
}

TEST(JsonReportTest, KeepsTheSchema) {
  Results results = MakeResults({MakeResult("Raft2A.Y", "2A", {Verdict::kSafety})});
  results.tests[0].runs[0].extra = {{"elections", 2}, {"seed", "never overwritten"}};
  EXPECT_EQ(JsonReport(results, {StageOf2A()}, nullptr), R"({
 "schema": "raftlab-results-1",
 "command": "test",
 "strategy": "mix",
 "seeds": [
  1
 ],
 "real_seconds": 1.25,
 "interrupted_by": 0,
 "fault": "",
 "stages": [
  {
   "stage": "2A",
   "lab": "2",
   "percent": 25.0,
   "title": "Leader election",
   "tests": 1,
   "passed": 0
  }
 ],
 "tests": [
  {
   "test": "Raft2A.Y",
   "stage": "2A",
   "about": "",
   "servers": 3,
   "verdict": "safety",
   "runs": 1,
   "passed": 0,
   "failed": 1,
   "skipped": 0,
   "framework_faults": 0,
   "virtual_seconds": 7.5,
   "real_ms": 4.0,
   "rpcs": 1234.0,
   "bytes": 1234567.0,
   "commits": 11.0,
   "failures": {
    "safety": [
     1
    ]
   },
   "replay": "./lab replay Raft2A.Y --seed 1"
  }
 ],
 "runs": [
  {
   "test": "Raft2A.Y",
   "seed": 1,
   "strategy": "mix",
   "isolated": false,
   "verdict": "safety",
   "message": "safety broken",
   "report": "seed 1: safety broken\nwanted 1, got 2\n",
   "hash": "00000000deadbeef",
   "virtual_seconds": 7.5,
   "cpu_ms": 3.0,
   "real_ms": 4.0,
   "servers": 3,
   "rpcs": 1234,
   "bytes": 1234567,
   "commits": 11,
   "weather": "",
   "warnings": [],
   "notes": [],
   "faults": [],
   "elections": 2
  }
 ]
}
)");
}

TEST(JsonReportTest, HasPointsWhenGraded) {
  const Results results = OnePassOneFailure();
  const ScoreSheet sheet =
      MakeScoreSheet({StageOf2A()},
                     {{.stage = "2A", .test = "Raft2A.X", .points = 70, .title = "title of X"},
                      {.stage = "2A", .test = "Raft2A.Y", .points = 30, .title = "title of Y"}},
                     results.tests);
  const auto json = nlohmann::json::parse(JsonReport(results, {StageOf2A()}, &sheet));
  EXPECT_EQ(json["stages"][0]["points"], 70);
  EXPECT_EQ(json["tests"][1]["points"], 0);
  EXPECT_EQ(json["tests"][1]["title"], "title of Y");
  EXPECT_EQ(json["labs"][0]["percent"], 70);
}

TEST(JsonReportTest, SurvivesHostileBytes) {
  Results results = OnePassOneFailure();
  results.tests[1].runs[0].report = std::string("\xff\x00\x1b\xC0", 4);
  EXPECT_FALSE(
      nlohmann::json::parse(JsonReport(results, {}, nullptr), nullptr, false).is_discarded());
}

TEST(JunitReportTest, OneCaseATest) {
  Results results = OnePassOneFailure();
  results.tests.push_back(MakeResult("Raft2B.Z", "2B", {Verdict::kSkip}));
  results.tests.push_back(MakeResult("Raft2B.W", "2B", {Verdict::kFrameworkFault}));
  results.tests[3].runs[0].report = "ours";
  EXPECT_EQ(JunitReport(results), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="raftlab" tests="4" failures="1" errors="1" skipped="1" time="0.016">
 <testsuite name="2A" tests="2" failures="1" errors="0" skipped="0" time="0.008">
  <testcase classname="Raft2A" name="X" time="0.004"/>
  <testcase classname="Raft2A" name="Y" time="0.004">
   <failure type="safety" message="safety broken">)"
                                  "&#10;==== Raft2A.Y: safety, seed 1 ====&#10;"
                                  "seed 1: safety broken&#10;wanted 1, got 2&#10;&#10;"
                                  "1 of 1 seed failed: safety 1 (seed 1)&#10;"
                                  "replay it: ./lab replay Raft2A.Y --seed 1&#10;"
                                  R"(</failure>
  </testcase>
 </testsuite>
 <testsuite name="2B" tests="2" failures="0" errors="1" skipped="1" time="0.008">
  <testcase classname="Raft2B" name="Z" time="0.004">
   <skipped message="skip broken"/>
  </testcase>
  <testcase classname="Raft2B" name="W" time="0.004">
   <error type="framework-fault" message="framework-fault broken">)"
                                  "&#10;==== Raft2B.W: framework-fault, seed 1 ====&#10;"
                                  "ours&#10;&#10;"
                                  "framework-fault 1 (seed 1): not your code's fault; it costs no "
                                  "points. Please report it.&#10;"
                                  "replay it: ./lab replay Raft2B.W --seed 1&#10;"
                                  R"(</error>
  </testcase>
 </testsuite>
</testsuites>
)");
}

TEST(JunitReportTest, HostileBytesStayText) {
  Results results = OnePassOneFailure();
  results.tests[1].runs[0].message = "]]></failure><evil a=\"\x01\xff\">";
  const std::string xml = JunitReport(results);
  EXPECT_THAT(xml, Not(HasSubstr("]]>")));
  EXPECT_THAT(xml, Not(HasSubstr("<evil")));
  EXPECT_THAT(xml, Not(HasSubstr("\x01")));
  EXPECT_THAT(xml, HasSubstr("\xEF\xBF\xBD\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace grading
