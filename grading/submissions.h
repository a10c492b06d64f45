// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which submissions the paths on a command line name.

#ifndef RAFTLAB_GRADING_SUBMISSIONS_H_
#define RAFTLAB_GRADING_SUBMISSIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grading {

struct SubmissionPath {
  std::string name;  // of [A-Za-z0-9._-], at most 100 characters, unlike all others, also in case
  std::string path;
};

// A path that is no folder is one submission. So is a folder that holds .git, or is a bare git
// repository, or in which lies, under its own name (`raft.cc`) or the name of its folder (`raft`),
// one of the files that students may edit, as `editable` lists them ("raft/raft.cc"); upper and
// lower case and the suffix do not matter, so that a misnamed file is seen as well. A folder with
// one folder, which is of this kind, and without archives is that one. Every other folder is a
// folder of submissions: each entry is one, in the order of their names, but for those that begin
// with "." or "__MACOSX".
//
// An error is a sentence: a path is not there, or a folder is empty.
absl::StatusOr<std::vector<SubmissionPath>> FindSubmissions(
    const std::vector<std::string>& paths, const std::vector<std::string>& editable);

}  // namespace grading

#endif  // RAFTLAB_GRADING_SUBMISSIONS_H_
