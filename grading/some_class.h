// Part of Raftlab, under the MIT License (see LICENSE).
//
// A class made by hand, for the tests of the exporters: a submission of every kind.

#ifndef RAFTLAB_GRADING_SOME_CLASS_H_
#define RAFTLAB_GRADING_SOME_CLASS_H_

#include <string>
#include <vector>

#include "grading/grade.h"
#include "grading/some_results.h"

namespace grading {

// Markup, an escape, a formula, a turn of direction, a half character, quotes.
inline constexpr char kHostile[] =
    "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "\x1b[31mred\x07 \u202Edesrever\u202C \xff\xC3 ]]> &amp; \"quoted\", 'single' \u2028 \\u003c";

inline std::vector<Stage> SomeStages() {
  Stage a;
  a.name = "2A";
  a.lab = "2";
  a.program = "raft_tests";
  a.percent = 40;
  a.title = "Leader election";
  Stage b = a;
  b.name = "2B";
  b.percent = 60;
  b.title = "The log";
  return {a, b};
}

inline std::vector<RubricRow> SomeRubric() {
  return {{.stage = "2A", .test = "Raft2A.X", .points = 60, .title = "One leader"},
          {.stage = "2A", .test = "Raft2A.Y", .points = 40, .title = "Another leader"},
          {.stage = "2B", .test = "Raft2B.Z", .points = 70, .title = "Agreement, \"basic\""},
          {.stage = "2B", .test = "Raft2B.W", .points = 30, .title = "Backup"}};
}

// Four tests over four seeds; `verdicts` are those of Raft2A.X, Raft2A.Y, Raft2B.Z, Raft2B.W.
inline Grade MakeGrade(const std::string& name, const std::vector<std::vector<Verdict>>& verdicts) {
  Grade grade;
  grade.submission = name;
  grade.source = "submissions/" + name + ".zip";
  grade.digest = std::string(64, 'd');
  grade.framework = "0123abc";
  grade.compiler = "g++ 12.2.0";
  grade.files = {{.path = "raft/raft.cc", .bytes = 12345, .sha256 = std::string(64, 'a')}};
  grade.build = {.ok = true, .output = "", .cpu_seconds = 6.5};
  grade.results = MakeResults(
      {MakeResult("Raft2A.X", "2A", verdicts.at(0)), MakeResult("Raft2A.Y", "2A", verdicts.at(1)),
       MakeResult("Raft2B.Z", "2B", verdicts.at(2)), MakeResult("Raft2B.W", "2B", verdicts.at(3))});
  grade.results.command = "grade";
  grade.sheet = MakeScoreSheet(SomeStages(), SomeRubric(), grade.results.tests);
  return grade;
}

// A grade without a run: 0 points everywhere.
inline Grade MakeUnbuilt(const std::string& name, const std::string& output) {
  const std::vector<Verdict> none = {Verdict::kCrash};
  Grade grade = MakeGrade(name, {none, none, none, none});
  for (StageScore& stage : grade.sheet.stages) {
    for (TestScore& test : stage.tests) test.tally = {};
  }
  grade.results.tests.clear();
  grade.results.seeds = {1, 2, 3, 4};
  grade.results.real_seconds = 0;
  grade.build = {.ok = false, .output = output, .cpu_seconds = 1.5};
  return grade;
}

inline ClassGrades SomeClass() {
  using enum Verdict;
  const std::vector<Verdict> pass = {kPass, kPass, kPass, kPass};
  Grade build_error = MakeUnbuilt("build-error", "raft/raft.cc:7:1: error: expected ';'\n");
  build_error.findings = {{Finding::Severity::kError, "build", "The submission does not compile."}};
  Grade empty = MakeUnbuilt("empty", "");
  empty.files.clear();
  empty.digest.clear();
  empty.build = {};
  empty.findings = {
      {Finding::Severity::kError, "missing-file", "There is no raft/raft.cc in the archive."}};
  Grade faulty = MakeGrade(
      "framework-fault",
      {pass, {kFrameworkFault, kFrameworkFault, kFrameworkFault, kFrameworkFault}, pass, pass});
  Grade findings = MakeGrade("has-findings", {pass, pass, pass, pass});
  findings.findings = {
      {Finding::Severity::kNote, "left-out", "README.md is none of the files that are taken."},
      {Finding::Severity::kWarning, "symlink", "raft/x.h is a symbolic link to /etc/passwd."}};
  Grade hostile = MakeGrade("hostile", {pass, pass, {kPass, kCrash, kPass, kPass}, pass});
  hostile.source = std::string("=cmd|' /C calc'!A0") + kHostile;
  hostile.findings = {{Finding::Severity::kWarning, "attack", std::string("=1+1 ") + kHostile}};
  hostile.files.push_back({.path = std::string("raft/") + kHostile, .bytes = 1, .sha256 = "00"});
  hostile.build.output = kHostile;
  hostile.results.tests[2].runs[1].message = kHostile;
  hostile.results.tests[2].runs[1].report = std::string("@SUM(1)\n") + kHostile;
  Grade partial = MakeGrade(
      "partial", {pass, {kPass, kLiveness, kPass, kLiveness}, {kPass, kPass, kHang, kPass}, pass});
  partial.results.tests[3].runs[2].warnings = {"a mutex was held across Call"};
  Grade perfect = MakeGrade("perfect", {pass, pass, pass, pass});
  const std::vector<Verdict> twenty(20, kPass);
  std::vector<Verdict> one_wrong = twenty;
  one_wrong[6] = kSafety;
  Grade capped = MakeGrade("safety-capped", {twenty, twenty, one_wrong, twenty});
  Grade skipped = MakeGrade("skipped", {pass, pass, pass, {kSkip, kSkip, kSkip, kSkip}});

  ClassGrades grades;
  grades.stages = {"2A", "2B"};
  grades.strategy = "mix";
  grades.seeds = 4;
  grades.seed_policy = "fixed";
  grades.all_stages = SomeStages();
  grades.grades = {build_error, empty,   faulty, findings, hostile,
                   partial,     perfect, capped, skipped};
  return grades;
}

}  // namespace grading

#endif  // RAFTLAB_GRADING_SOME_CLASS_H_
