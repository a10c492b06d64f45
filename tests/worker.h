// Part of Raftlab, under the MIT License (see LICENSE).
//
// The line between ./lab and a test program: JSON objects, one a line.
//
//   --list prints a line for each test:
//   {"test":"Raft2A.InitialElection","stage":"2A","about":"..."}.
//   --worker --jobs J reads jobs from standard input
//     {"id":7,"test":"Raft2A.InitialElection","seed":17,"strategy":"mix","log":false}
//   runs at most J at a time, and answers on standard output as they end
//     {"id":7,"test":...,"seed":17,"strategy":"mix","schedule":"pct","verdict":"pass","message":"",
//      "report":"","hash":"0123456789abcdef","events":812,"virtual_seconds":3.1,"cpu_ms":0.9,
//      "real_ms":1.1,"peak_kb":5120,"servers":3,"rpcs":60,"bytes":4800,"commits":0,"warnings":[...]}
//   It ends after the last job when standard input ends.

#ifndef RAFTLAB_TESTS_WORKER_H_
#define RAFTLAB_TESTS_WORKER_H_

#include <string>
#include <vector>

namespace tests {

// Each returns the program's exit code: 0, or 2 if the arguments are no good.
int ListTests();
int ServeJobs(const std::vector<std::string>& arguments);

}  // namespace tests

#endif  // RAFTLAB_TESTS_WORKER_H_
