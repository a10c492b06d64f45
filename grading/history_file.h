// Part of Raftlab, under the MIT License (see LICENSE).
//
// What is in a file with a history, in either of its two forms: history_json.h, history_plain.h.

#ifndef RAFTLAB_GRADING_HISTORY_FILE_H_
#define RAFTLAB_GRADING_HISTORY_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grading/history_fields.h"
#include "linearizability/model.h"
#include "linearizability/view.h"

namespace grading {

template <linearizability::Model M>
struct HistoryFile {
  linearizability::History<M> history;
  std::vector<int> lines;  // of each operation, from 1
  std::vector<linearizability::ViewBand> bands;
};

inline constexpr char kModelNames[] = "kv, versioned-kv, register, counter, queue and lock";

// Calls take(model) with the model of this name; false if there is none.
template <typename Function>
bool WithModel(std::string_view name, Function take) {
  namespace lin = linearizability;
  const auto is_it = [&]<typename M>(M model) {
    if (name != kModelName<M>) return false;
    take(model);
    return true;
  };
  return is_it(lin::KvModel()) || is_it(lin::VersionedKvModel()) || is_it(lin::RegisterModel()) ||
         is_it(lin::CounterModel()) || is_it(lin::QueueModel()) || is_it(lin::LockModel());
}

// InvalidArgument: `line 3: "call" is missing`.
inline absl::Status WrongLine(int line, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", what));
}

}  // namespace grading

#endif  // RAFTLAB_GRADING_HISTORY_FILE_H_
