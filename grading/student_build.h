// Part of Raftlab, under the MIT License (see LICENSE).
//
// Makes a shared object of a student's files and the given ones around them: the student's side of
// the border, which a server process of the judge loads. The compiler runs in the sandbox. It sees
// the compiler and its headers, the headers that students have, and the student's files: no test,
// no judge, no key.

#ifndef RAFTLAB_GRADING_STUDENT_BUILD_H_
#define RAFTLAB_GRADING_STUDENT_BUILD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/grade.h"
#include "grading/sandbox.h"

namespace grading {

// What stands around the student's files in one lab. Paths in the tree.
struct Sdk {
  std::vector<std::string> folders;         // whose editable files are the student's
  std::vector<std::string> header_folders;  // all headers in them, but not below
  std::vector<std::string> files;
  std::vector<std::string> sources;  // those of `files` that are compiled
  // Taken from the tree as students have it, if the student did not send it.
  std::vector<std::string> replaceable;
  // Compiled as well, but gone before any file of the student's is: the reference's.
  std::vector<std::string> unseen = {};
};
// Of the lab that this test program is of ("raft_tests"). A service runs on the student's own Raft,
// or on the reference's.
absl::StatusOr<Sdk> SdkOf(const std::string& program, bool reference_raft);
// Does the lab run on a Raft, which may be the student's or not?
bool RunsOnRaft(const std::string& program);
// Is the file one of the student's in that lab?
bool IsStudents(const Sdk& sdk, const std::string& path);

struct StudentBuildRequest {
  std::string files;               // the folder with the student's files: TakeSubmission()
  std::vector<std::string> taken;  // their paths in it; those of other labs stay out
  std::string tree;                // the project's sources
  Sdk sdk;
  std::string library;                               // to be written; its folder exists
  SandboxLimits limits = {.cpu = absl::Seconds(60),  // of each file's compiler
                          .wall = absl::Seconds(180),
                          .memory_bytes = int64_t{2} << 30,
                          .file_bytes = int64_t{64} << 20,
                          .output_bytes = 64 << 10};
};

struct StudentBuild {
  BuildOutcome outcome;
  std::vector<Finding> findings;  // what is suspicious in the code, and why there is no library
};

// The student's mistakes are in the result. An error is ours: a full disk, a sandbox that no longer
// works, or an interrupt (Cancelled).
absl::StatusOr<StudentBuild> BuildStudent(const StudentBuildRequest& request,
                                          const Sandbox& sandbox);

// The compiler's first line of --version: "c++ (Debian 12.2.0-14) 12.2.0".
std::string CompilerVersion();

}  // namespace grading

#endif  // RAFTLAB_GRADING_STUDENT_BUILD_H_
