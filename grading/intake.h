// Part of Raftlab, under the MIT License (see LICENSE).
//
// Takes from a submission the files that a student may edit, and nothing else. Whatever is wrong
// with it becomes a finding.

#ifndef RAFTLAB_GRADING_INTAKE_H_
#define RAFTLAB_GRADING_INTAKE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/grade.h"
#include "grading/sandbox.h"
#include "grading/submissions.h"

namespace grading {

struct EditableFile {
  std::string path;      // in the tree: "raft/raft.cc"; its last part is no other file's
  bool required = true;  // without it nothing can be graded; else the given file takes its place
};

struct Submission {
  std::string name;
  std::string source;             // the path it was read from
  std::vector<Finding> findings;  // in the order in which they were made
  std::vector<TakenFile> files;   // by path
  std::string digest;             // SHA-256 over `files`; empty if there are none
  bool complete = false;          // all required files were taken
};

// Were all required ones of `editable` taken?
bool IsComplete(const std::vector<TakenFile>& files, const std::vector<EditableFile>& editable);

// Reads `from`: a folder, an archive, a git repository (its last commit) or a bundle. The files lie
// at its root or in one folder, at any depth: in the tree's shape ("lab2/raft/raft.cc"), or without
// folders ("raft.cc"), which is noted. They are written below `destination`, an empty folder.
//
// The digest is that of `sha256sum FILE...` over the files by path, one line each.
//
// An error is ours (a full disk), or an interrupt (Cancelled).
absl::StatusOr<Submission> TakeSubmission(const SubmissionPath& from,
                                          const std::vector<EditableFile>& editable,
                                          const Sandbox& sandbox, const std::string& destination);

}  // namespace grading

#endif  // RAFTLAB_GRADING_INTAKE_H_
