// Part of Raftlab, under the MIT License (see LICENSE).
//
// Runs with the judge outside: a judge's program in the place of the test program, and the servers
// in a sandbox, each life of each in a process of its own.

#ifndef RAFTLAB_GRADING_ISOLATION_H_
#define RAFTLAB_GRADING_ISOLATION_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/campaign.h"
#include "grading/catalog.h"
#include "grading/files.h"
#include "grading/sandbox.h"

namespace grading {

class Isolation {
 public:
  // For the servers in the shared object `library`. Copies it, and what loads it, to where the
  // sandbox can read them; the copies are gone with this object.
  static absl::StatusOr<Isolation> Make(const Site& site, const Sandbox& sandbox,
                                        const std::string& library);

  // What a judge's program is told in the end of its command line.
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  Isolation(ScratchFolder folder, std::vector<std::string> arguments)
      : folder_(std::move(folder)), arguments_(std::move(arguments)) {}

  ScratchFolder folder_;
  std::vector<std::string> arguments_;
};

// The tree's own servers of these programs, isolated. Says on standard error if there is no
// sandbox.
absl::StatusOr<std::map<std::string, Isolation>> IsolateOwnServers(
    const Site& site, const std::vector<std::string>& programs);

// How the judge of `program` is started.
Launch JudgeOf(const Site& site, const std::string& program, const Isolation& isolation);

}  // namespace grading

#endif  // RAFTLAB_GRADING_ISOLATION_H_
