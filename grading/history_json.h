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
// {"base64": "..."}. Reading is strict: what is missing, superfluous or of another type is an error
// that names the line, since a history that is misread may pass for legal.

#ifndef RAFTLAB_GRADING_HISTORY_JSON_H_
#define RAFTLAB_GRADING_HISTORY_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "linearizability/kv_model.h"
#include "linearizability/model.h"
#include "linearizability/report.h"
#include "linearizability/simple_models.h"
#include "linearizability/versioned_kv_model.h"

namespace grading {

// For KvModel, VersionedKvModel, RegisterModel, CounterModel, QueueModel and LockModel.
// InvalidArgument: `line 3: "call" is missing`.
template <typename M>
absl::StatusOr<linearizability::History<M>> ParseHistory(std::string_view text);

template <typename M>
std::string FormatHistory(const linearizability::History<M>& history);

// Reads the text as a history of the model with this name and checks it. An empty name: the one
// that the first line gives. InvalidArgument, too, if there is no such model.
absl::StatusOr<linearizability::Report> CheckHistoryText(
    std::string_view text, std::string_view model, const linearizability::Limits& limits = {});

}  // namespace grading

#endif  // RAFTLAB_GRADING_HISTORY_JSON_H_
