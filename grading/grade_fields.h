// Part of Raftlab, under the MIT License (see LICENSE).
//
// The fields of everything in a grade, each struct's listed once, for the archives of
// json_archive.h. The keys are the schemas' (json_report.h, grade_json.h): they are added, never
// changed.

#ifndef RAFTLAB_GRADING_GRADE_FIELDS_H_
#define RAFTLAB_GRADING_GRADE_FIELDS_H_

#include <string>

#include "grading/grade.h"
#include "grading/json_archive.h"

namespace grading {

template <typename Archive>
void Fields(Archive& archive, Is<Run> auto& run) {
  archive("test", run.test);
  archive("seed", run.seed);
  archive("strategy", run.strategy);
  archive("isolated", run.isolated);
  archive("verdict", run.verdict);
  archive("message", run.message);
  archive("report", run.report);
  archive("hash", run.hash);
  archive("virtual_seconds", run.virtual_seconds);
  archive("cpu_ms", run.cpu_ms);
  archive("real_ms", run.real_ms);
  archive("servers", run.servers);
  archive("rpcs", run.rpcs);
  archive("bytes", run.bytes);
  archive("commits", run.commits);
  archive("weather", run.weather);
  archive("warnings", run.warnings);
  archive("notes", run.notes);
  archive("faults", run.faults);
  archive("extra", run.extra);
}

template <typename Archive>
void Fields(Archive& archive, Is<Test> auto& test) {
  archive("test", test.name);
  archive("stage", test.stage);
  archive("servers", test.servers);
  archive("about", test.about);
  archive("program", test.program);
}

template <typename Archive>
void Fields(Archive& archive, Is<TestResult> auto& result) {
  archive("test", result.test);
  archive("runs", result.runs);
}

template <typename Archive>
void Fields(Archive& archive, Is<Results> auto& results) {
  archive("command", results.command);
  archive("strategy", results.strategy);
  archive("seeds", results.seeds);
  archive("real_seconds", results.real_seconds);
  archive("interrupted_by", results.interrupted_by);
  archive("fault", results.fault);
  archive("tests", results.tests);
}

template <typename Archive>
void Fields(Archive& archive, Is<Finding> auto& finding) {
  archive("severity", finding.severity);
  archive("kind", finding.kind);
  archive("text", finding.text);
}

template <typename Archive>
void Fields(Archive& archive, Is<TakenFile> auto& file) {
  archive("path", file.path);
  archive("bytes", file.bytes);
  archive("sha256", file.sha256);
}

template <typename Archive>
void Fields(Archive& archive, Is<BuildOutcome> auto& build) {
  archive("ok", build.ok);
  archive("output", build.output);
  archive("cpu_seconds", build.cpu_seconds);
}

template <typename Archive>
void Fields(Archive& archive, Is<Stage> auto& stage) {
  archive("name", stage.name);
  archive("lab", stage.lab);
  archive("program", stage.program);
  archive("percent", stage.percent);
  archive("title", stage.title);
}

template <typename Archive>
void Fields(Archive& archive, Is<Tally> auto& tally) {
  archive("passed", tally.passed);
  archive("failed", tally.failed);
  archive("wrong_answers", tally.wrong_answers);
}

template <typename Archive>
void Fields(Archive& archive, Is<TestScore> auto& score) {
  archive("test", score.test);
  archive("title", score.title);
  archive("tally", score.tally);
  archive("weight", score.weight);
  archive("points", score.points);
  archive("graded", score.graded);
}

template <typename Archive>
void Fields(Archive& archive, Is<StageScore> auto& score) {
  archive("stage", score.stage);
  archive("tests", score.tests);
  archive("points", score.points);
  archive("possible", score.possible);
}

template <typename Archive>
void Fields(Archive& archive, Is<LabScore> auto& score) {
  archive("lab", score.lab);
  archive("percent", score.percent);
}

template <typename Archive>
void Fields(Archive& archive, Is<ScoreSheet> auto& sheet) {
  archive("stages", sheet.stages);
  archive("labs", sheet.labs);
}

template <typename Archive>
void Fields(Archive& archive, Is<Grade> auto& grade) {
  archive("submission", grade.submission);
  archive("source", grade.source);
  archive("digest", grade.digest);
  archive("framework", grade.framework);
  archive("compiler", grade.compiler);
  archive.Added("raft", grade.raft);
  archive("findings", grade.findings);
  archive("files", grade.files);
  archive("build", grade.build);
  archive("sheet", grade.sheet);
  archive("results", grade.results);
}

template <typename Archive>
void Fields(Archive& archive, Is<ClassGrades> auto& grades) {
  archive("stages", grades.stages);
  archive("strategy", grades.strategy);
  archive("seeds", grades.seeds);
  archive("seed_policy", grades.seed_policy);
  archive("seed_commitment", grades.seed_commitment);
  archive("all_stages", grades.all_stages);
  archive("grades", grades.grades);
}

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADE_FIELDS_H_
