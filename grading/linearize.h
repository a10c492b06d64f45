// Part of Raftlab, under the MIT License (see LICENSE).
//
// What ./lab linearize says of a file, without the file: from a text to a verdict, a text and a
// page.

#ifndef RAFTLAB_GRADING_LINEARIZE_H_
#define RAFTLAB_GRADING_LINEARIZE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "linearizability/report.h"

namespace grading {

struct Linearization {
  linearizability::Verdict verdict = linearizability::Verdict::kUnknown;
  std::string text = {};
  std::string html = {};
};

// `file` is how the history is called. An empty format: json if the history begins with {, else
// plain. An empty model: the one that the history names. InvalidArgument: a sentence.
absl::StatusOr<Linearization> Linearize(const std::string& file, std::string_view history,
                                        const std::string& format, const std::string& model,
                                        const linearizability::Limits& limits);

// The two formats, in words and examples.
std::string_view HistoryFormats();

}  // namespace grading

#endif  // RAFTLAB_GRADING_LINEARIZE_H_
