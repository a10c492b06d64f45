// Part of Raftlab, under the MIT License (see LICENSE).
//
// Where the tool finds things, and what there is to run: the stages, the test programs that they
// name, and the tests that those programs list.

#ifndef RAFTLAB_GRADING_CATALOG_H_
#define RAFTLAB_GRADING_CATALOG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/results.h"
#include "grading/rubric.h"

namespace grading {

// The tree and the build that this tool belongs to. The launcher says so in RAFTLAB_ROOT and
// RAFTLAB_BUILD; a tool started by hand knows where it was built.
struct Site {
  std::string root;
  std::string build;

  static Site Find();
  std::string ProgramPath(const std::string& program) const;
  // For isolated runs. Of the program "raft_tests": its judge, "raft_judge", and the tree's own
  // servers, "libraft_server.so".
  std::string JudgePath(const std::string& program) const;
  std::string ServersPath(const std::string& program) const;
  std::string NodeHostPath() const;
};

// The lab's folder: "raft" of the program "raft_tests".
std::string FolderOf(const std::string& program);

struct Catalog {
  std::vector<Stage> stages;
  std::vector<Test> tests;  // stage by stage, in the programs' order
};

// InvalidArgument and NotFound are for the user to repair; anything else is a fault of the
// framework.
absl::StatusOr<Catalog> LoadCatalog(const Site& site);
// LAB_STAFF begin
// The stages that `wanted` names ("2A,2B"; empty: all), and their tests.
absl::StatusOr<Catalog> SelectStages(const Catalog& all, const std::string& wanted);
// LAB_STAFF end
absl::StatusOr<std::vector<Stage>> LoadStages(const Site& site);
absl::StatusOr<std::vector<RubricRow>> LoadRubric(const Site& site);

// The tests in the JSON lines that `program --list` printed.
absl::StatusOr<std::vector<Test>> ParseTestList(const std::string& lines,
                                                const std::string& program);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CATALOG_H_
