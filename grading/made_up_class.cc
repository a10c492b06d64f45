// Part of Raftlab, under the MIT License (see LICENSE).
//
//   made_up_class DIR [SUBMISSIONS TESTS]
//
// Writes the folder of a graded class that was made up: the submissions of some_class.h, one whose
// report and build output have a megabyte of hostile text, and, if asked, a large class of
// SUBMISSIONS with TESTS tests each.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "grading/export.h"
#include "grading/some_class.h"

namespace grading {
namespace {

constexpr int kSeeds = 20;

Grade Megabyte() {
  Grade grade = SomeClass().grades[4];
  grade.submission = "megabyte";
  std::string text;
  while (text.size() < 1'000'000) text += kHostile;
  grade.build.output = text;
  grade.results.tests[2].runs[1].report = text;
  return grade;
}

// Some verdict that depends on all three, mostly a pass.
Verdict Draw(int submission, int test, int seed) {
  const unsigned mixed = (submission * 2654435761u) ^ (test * 40503u) ^ (seed * 97u * (test + 3));
  const unsigned weak = submission % 7;  // of seven, some fail much, some nothing
  if (mixed % 100 >= weak * weak * 2) return Verdict::kPass;
  return static_cast<Verdict>(static_cast<int>(Verdict::kSafety) + mixed / 100 % 8);
}

ClassGrades LargeClass(int submissions, int tests) {
  std::vector<Stage> stages;
  std::vector<RubricRow> rubric;
  const int per_stage = (tests + 3) / 4;
  for (int i = 0; i < tests; ++i) {
    const std::string stage =
        absl::StrCat("2", std::string(1, static_cast<char>('A' + i / per_stage)));
    if (stages.empty() || stages.back().name != stage) {
      Stage next = SomeStages()[0];
      next.name = stage;
      next.percent = 25;
      stages.push_back(next);
    }
    rubric.push_back({.stage = stage,
                      .test = absl::StrCat("Raft", stage, ".Test", i),
                      .points = 100.0 / per_stage,
                      .title = absl::StrCat("What test ", i, " is about")});
  }
  ClassGrades grades;
  for (const Stage& stage : stages) grades.stages.push_back(stage.name);
  grades.strategy = "mix";
  grades.seeds = kSeeds;
  grades.seed_policy = "per-submission";
  grades.seed_commitment = std::string(64, 'c');
  grades.all_stages = stages;
  for (int s = 0; s < submissions; ++s) {
    Grade grade = SomeClass().grades[6];
    grade.submission = absl::StrFormat("student-%03d", s);
    grade.results.tests.clear();
    for (int t = 0; t < tests; ++t) {
      std::vector<Verdict> verdicts;
      for (int seed = 0; seed < kSeeds; ++seed) verdicts.push_back(Draw(s, t, seed));
      grade.results.tests.push_back(MakeResult(rubric[t].test, rubric[t].stage, verdicts));
    }
    grade.sheet = MakeScoreSheet(stages, rubric, grade.results.tests);
    grades.grades.push_back(grade);
  }
  return grades;
}

int Main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::fprintf(stderr, "usage: made_up_class DIR [SUBMISSIONS TESTS]\n");
    return 2;
  }
  ClassGrades grades = SomeClass();
  grades.grades.push_back(Megabyte());
  if (argc == 4) grades = LargeClass(std::atoi(argv[2]), std::atoi(argv[3]));
  const absl::Status status = WriteReports(grades, argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace grading

int main(int argc, char** argv) { return grading::Main(argc, argv); }
