// Part of Raftlab, under the MIT License (see LICENSE).
//
// Histories as text: a line of JSON an operation (JSON Lines), in any order. The first line names
// the schema and the model, and may be left out:
//
//   {"schema": "raftlab-history-1", "model": "kv"}
//   {"client": 1, "call": 100, "return": 250, "op": "append", "key": "x", "value": "1 7;"}
//   {"client": 3, "call": 300, "return": 420, "op": "get", "key": "x", "output": "1 7;"}
//   {"client": 1, "call": 500, "return": null, "op": "put", "key": "x", "value": "1 8;"}
//
// Times are whole nanoseconds. An operation whose `return` is null, or missing, had no answer: it
// may have happened or not, and has no outputs. What else is in a line depends on the model:
//
//   model         op                         inputs            outputs
//   kv            get                        key               output: text
//                 put, append                key, value: text
//   versioned-kv  get                        key               outcome: ok with output and version,
//                                                              or no_key
//                 put                        key, value,       outcome: ok, no_key, version, maybe
//                                            version
//   register      read                                         output
//                 write                      value
//                 cas                        expected, value   ok: true or false
//   counter       read                                         output
//                 add                        delta             output, or none
//   queue         enqueue                    value
//                 dequeue                                      output; null: the queue was empty
//   lock          acquire                    owner
//                 try_acquire, release       owner             ok: true or false
//
// Values are whole numbers where it does not say text. A text that is not UTF-8 is
// {"base64": "..."}. What else was going on, for the picture, has lines of its own:
//
//   {"band": "partition", "begin": 240, "end": 310}
//
// A band without end, or with null, went on to the end. Reading is strict: what is missing,
// superfluous or of another type is an error that names the line, since a history that is misread
// may pass for legal.

#ifndef RAFTLAB_GRADING_HISTORY_JSON_H_
#define RAFTLAB_GRADING_HISTORY_JSON_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "grading/history_file.h"

namespace grading {

// For KvModel, VersionedKvModel, RegisterModel, CounterModel, QueueModel and LockModel.
// InvalidArgument: `line 3: "call" is missing`.
template <typename M>
absl::StatusOr<HistoryFile<M>> ParseHistory(std::string_view text);

template <typename M>
std::string FormatHistory(const linearizability::History<M>& history,
                          const std::vector<linearizability::ViewBand>& bands = {});

// The model that the first line names, none if it names none.
std::optional<std::string> ModelOfHistory(std::string_view text);

}  // namespace grading

#endif  // RAFTLAB_GRADING_HISTORY_JSON_H_
