// Part of Raftlab, under the MIT License (see LICENSE).
//
// Histories as plain text, to be written by hand or by other programs: a line an operation, in any
// order, of words with blanks between them.
//
//   # the model comes first, and may be left out
//   model kv
//   1 100 250 append x "1 7;"
//   3 300 420 get x "1 7;"
//   1 500 - put x "1 8;"
//   band 240 310 partition
//
// An operation is client, call, return (- if it had no answer), and then what a line of
// history_json.h has after these, in the order of the table there: op, inputs, outputs. A number or
// output that is null there is - here. A word may stand in quotes, with escapes as in C. A band is
// begin, end (- if none) and name. What begins with # is a comment.

#ifndef RAFTLAB_GRADING_HISTORY_PLAIN_H_
#define RAFTLAB_GRADING_HISTORY_PLAIN_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "grading/history_file.h"

namespace grading {

// For the six models. InvalidArgument: `line 3: "call" is missing`.
template <typename M>
absl::StatusOr<HistoryFile<M>> ParsePlainHistory(std::string_view text);

// The model that the text names, none if it names none.
std::optional<std::string> ModelOfPlainHistory(std::string_view text);

}  // namespace grading

#endif  // RAFTLAB_GRADING_HISTORY_PLAIN_H_
