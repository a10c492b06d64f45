// Part of Raftlab, under the MIT License (see LICENSE).
//
// Which of a submission's entries are the files that a student may edit, and what to say about the
// others.

#ifndef RAFTLAB_GRADING_SELECTION_H_
#define RAFTLAB_GRADING_SELECTION_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "grading/entries.h"
#include "grading/intake.h"

namespace grading {

struct Selection {
  std::map<std::string, std::string> contents;  // by path in the tree
  std::vector<Finding> findings;
};

// Could this be one of the files? True of all that Select() may choose.
bool MayBeEditable(std::string_view path, const std::vector<EditableFile>& editable);

Selection Select(const Entries& entries, const std::vector<EditableFile>& editable);

}  // namespace grading

#endif  // RAFTLAB_GRADING_SELECTION_H_
