// Part of Raftlab, under the MIT License (see LICENSE).
//
// The lines that go between this tool and `<test program> --worker --jobs J`: one JSON object a
// line, jobs in, results out in the order in which they are done.
//
//   {"id":7,"test":"Raft2A.InitialElection","seed":17,"strategy":"mix","log":false}
//   {"id":7,"test":"Raft2A.InitialElection","seed":17,"strategy":"mix","verdict":"pass","message":"",
//    "report":"","hash":"16 hex
//    digits","virtual_seconds":7.312,"cpu_ms":3.1,"real_ms":4.0,"servers":3,
//    "rpcs":123,"bytes":4567,"commits":11,"weather":"","warnings":[],"notes":[]}
//
// A worker may keep answers back until it has read as many jobs as it runs at once, or the end of
// its input; after its last answer it ends. Keys that we do not know are kept as they are, in
// Run::extra.

#ifndef RAFTLAB_GRADING_PROTOCOL_H_
#define RAFTLAB_GRADING_PROTOCOL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "grading/results.h"

namespace grading {

struct Job {
  std::string test;
  uint64_t seed = 0;
  std::string strategy;
};

// With the newline.
std::string FormatJob(int64_t id, const Job& job);

struct ReportedRun {
  int64_t id = 0;
  Run run;
};

// Only "id", "verdict" and a matching type of the other known keys are demanded. The error is a
// sentence without its end.
absl::StatusOr<ReportedRun> ParseResult(const std::string& line);

}  // namespace grading

#endif  // RAFTLAB_GRADING_PROTOCOL_H_
