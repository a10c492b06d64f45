// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a person should look at in a student's code: things that no Raft needs and attacks on the
// grader do. Nothing here costs a point, and nothing here is a defence.

#ifndef RAFTLAB_GRADING_SUSPICIOUS_H_
#define RAFTLAB_GRADING_SUSPICIOUS_H_

#include <string>
#include <string_view>
#include <vector>

#include "grading/grade.h"

namespace grading {

// Reads the code without its comments: names as whole words, strings apart from names. `path` is
// the file's, for the findings, which name lines. At most 20 findings a file.
std::vector<Finding> ScanSource(const std::string& path, std::string_view text);

// Reads what `nm --format=posix` prints about the object that `path` was compiled to: the functions
// of the system that it calls, and those of others that it defines anew.
std::vector<Finding> ScanSymbols(const std::string& path, std::string_view symbols);

}  // namespace grading

#endif  // RAFTLAB_GRADING_SUSPICIOUS_H_
