// Part of Raftlab, under the MIT License (see LICENSE).
//
// Makes the shared object of one of the zoo: its changed files are compiled as CMake compiles its
// lab's target, such as raft_server, and linked with that target's other objects. It stays under
// BUILD/mutants/ until something that it is made of changes.

#ifndef RAFTLAB_GRADING_MUTANT_BUILD_H_
#define RAFTLAB_GRADING_MUTANT_BUILD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/catalog.h"
#include "grading/mutant.h"

namespace grading {

struct MutantBuild {
  std::string library = {};  // empty if there is none
  std::string digest = {};   // of all that the library is made of
  std::string problem = {};  // why there is none: "does not apply", "does not compile"
  std::string output = {};   // of patch or the compiler, then
  bool sanitized = false;    // it needs address space without measure
};

// An error is ours: a full disk, a build that lacks the target, or an interrupt (Cancelled).
absl::StatusOr<MutantBuild> BuildMutant(const Mutant& mutant, const Site& site);

// How CMake makes a lab's servers, the target FOLDER_server.
struct ServerTarget {
  std::string compiler;              // with its flags, without file names: shell words
  std::vector<std::string> sources;  // "raft.cc", as CMake names their objects
};
// `json` is CMake's compile_commands.json.
absl::StatusOr<ServerTarget> FindServerTarget(const std::string& json, const std::string& folder);

}  // namespace grading

#endif  // RAFTLAB_GRADING_MUTANT_BUILD_H_
