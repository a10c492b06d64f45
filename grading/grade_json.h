// Part of Raftlab, under the MIT License (see LICENSE).
//
// A grade, and a class of them, as JSON documents: what an interrupted grading goes on from, what
// `./lab export` reads, and what other programs may read. Keys are added, never changed; a change
// of meaning is a new schema name. Read back, a document gives the same struct.
//
//   {"schema": "raftlab-grade-1",
//    "submission": "alice",       its name in the class
//    "source",                    where it was read from
//    "digest",                    SHA-256 over the files taken, or ""
//    "framework", "compiler",
//    "raft": "own" | "reference" | "",   that services ran on, from lab 3 on
//    "findings": [{"severity": "note" | "warning" | "error", "kind", "text"}],
//    "files": [{"path", "bytes", "sha256"}],
//    "build": {"ok", "output", "cpu_seconds"},
//    "sheet": {"stages": [{"stage": {"name", "lab", "program", "percent", "title"},
//                          "tests": [{"test", "title", "tally": {"passed", "failed",
//                                     "wrong_answers"}, "weight", "points", "graded"}],
//                          "points", "possible"}],
//              "labs": [{"lab", "percent"}]},
//    "results": {"command", "strategy", "seeds", "real_seconds", "interrupted_by", "fault",
//                "tests": [{"test": {"test", "stage", "servers", "about", "program"},
//                           "runs": [...]}]}}
//
// A run has the keys of json_report.h; what its test program said beyond them is in "extra".
//
//   {"schema": "raftlab-class-1",
//    "stages": ["2A", ...], "strategy", "seeds": 10, "seed_policy", "seed_commitment",
//    "all_stages": [{"name", "lab", "program", "percent", "title"}],
//    "grades": [...]}             as above, but abridged
//
// Abridged, so that a class stays small: without the runs that passed ("tally" counts them), and
// with the report only of each test's first failure and first fault of ours.
//
// A string that is not UTF-8 is {"base64": "..."}; a number that is not finite is null.

#ifndef RAFTLAB_GRADING_GRADE_JSON_H_
#define RAFTLAB_GRADING_GRADE_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "grading/grade.h"

namespace grading {

std::string GradeJson(const Grade& grade);
std::string ClassJson(const ClassGrades& grades);

// InvalidArgument, as the end of a sentence: "is not a grade: results.seeds is missing".
absl::StatusOr<Grade> GradeFromJson(std::string_view text);
absl::StatusOr<ClassGrades> ClassFromJson(std::string_view text);

// What ClassJson keeps of a grade; all that an exporter of a class needs.
Grade Abridged(Grade grade);

}  // namespace grading

#endif  // RAFTLAB_GRADING_GRADE_JSON_H_
