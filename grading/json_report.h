// Part of Raftlab, under the MIT License (see LICENSE).
//
// Results as one JSON document, for other programs. Keys are added, never changed; a change of
// meaning is a new schema name.
//
//   {"schema": "raftlab-results-1",
//    "command": "test" | "grade",
//    "strategy": "mix",                   as asked for
//    "seeds": [1, 2, ...],
//    "real_seconds": 1.2,
//    "interrupted_by": 0,                 the signal that stopped it early: some runs are missing
//    "fault": "",                         why the framework gave up, or ""
//    "stages": [{"stage", "lab", "percent", "title", "tests": 3, "passed": 3,
//                "points", "possible"}],  points only when graded
//    "tests": [{"test", "stage", "about", "servers", "verdict", "runs": 10, "passed": 9, "failed":
//    1,
//               "skipped": 0, "framework_faults": 0, "virtual_seconds", "real_ms", "rpcs", "bytes",
//               "commits",                medians over the runs that count
//               "failures": {"safety": [4]},  seeds by verdict
//               "replay": "./lab replay ...", of the first failure, or ""
//               "points", "weight", "graded", "title"}],  only when graded
//    "runs": [{"test", "seed", "strategy", "isolated", "verdict", "message", "report", "hash",
//    "virtual_seconds",
//              "cpu_ms", "real_ms", "servers", "rpcs", "bytes", "commits", "weather", "warnings",
//              "notes", "faults",         framework faults of earlier attempts
//              ...}],                     and whatever else the test program said, as it said it
//    "labs": [{"lab", "percent"}]}        only when graded

#ifndef RAFTLAB_GRADING_JSON_REPORT_H_
#define RAFTLAB_GRADING_JSON_REPORT_H_

#include <string>
#include <vector>

#include "grading/points.h"
#include "grading/results.h"
#include "grading/rubric.h"

namespace grading {

// `sheet` is null if nothing was graded.
std::string JsonReport(const Results& results, const std::vector<Stage>& stages,
                       const ScoreSheet* sheet);

}  // namespace grading

#endif  // RAFTLAB_GRADING_JSON_REPORT_H_
