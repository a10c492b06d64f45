// Part of Raftlab, under the MIT License (see LICENSE).
//
// Random histories of Get, Put and Append whose texts can be told apart, of any size, for tests and
// benchmarks: legal, or spoiled as a wrong server would.

#ifndef RAFTLAB_LINEARIZABILITY_RANDOM_KV_HISTORY_H_
#define RAFTLAB_LINEARIZABILITY_RANDOM_KV_HISTORY_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linearizability/kv_model.h"
#include "linearizability/random_history.h"

namespace linearizability {

enum class Fault { kNone, kStaleRead, kLostAppend, kDoubledAppend, kReorderedAppend, kLostPut };

struct KvShape {
  Shape shape = {};
  int keys = 1;
  int append_percent = 50;
  int put_percent = 5;  // the rest is Get
  Fault fault = Fault::kNone;
  int fault_percent = 0;  // of operations that could show the fault
};

inline KvHistory RandomKvHistory(const KvShape& kv, Random& random) {
  KvHistory history;
  std::vector<std::vector<std::string>> values(kv.keys, {""});  // each key's, oldest first
  int64_t number = 0;
  const auto percent = [&random](int p) { return static_cast<int>(Draw(random, 100)) < p; };
  for (auto& [moment, op] : RandomIntervals<KvOperation>(kv.shape, random)) {
    const size_t key = Draw(random, kv.keys);
    op.input.key = absl::StrCat("k", key);
    std::string value = values[key].back();
    const std::string text = absl::StrCat(op.client, " ", ++number, ";");
    const int kind = static_cast<int>(Draw(random, 100));
    const bool is_wrong = percent(kv.fault_percent);
    const bool happens = !op.is_open() || percent(50);
    if (kind < kv.append_percent) {
      op.input.kind = KvInput::Kind::kAppend;
      op.input.value = text;
      if (!(is_wrong && kv.fault == Fault::kLostAppend)) {
        const size_t before_last = value.size() < 2 ? 0 : value.rfind(';', value.size() - 2) + 1;
        const bool swaps = is_wrong && kv.fault == Fault::kReorderedAppend && !value.empty();
        value.insert(swaps ? before_last : value.size(), text);
        if (is_wrong && kv.fault == Fault::kDoubledAppend) value += text;
      }
    } else if (kind < kv.append_percent + kv.put_percent) {
      op.input.kind = KvInput::Kind::kPut;
      op.input.value = text;
      if (!(is_wrong && kv.fault == Fault::kLostPut)) value = text;
    } else {
      op.input.kind = KvInput::Kind::kGet;
      op.output.value = value;
      if (is_wrong && kv.fault == Fault::kStaleRead) {
        const size_t back = Draw(random, std::min<size_t>(values[key].size(), 4));
        op.output.value = values[key][values[key].size() - 1 - back];
      }
    }
    if (happens && op.input.kind != KvInput::Kind::kGet) {
      values[key].push_back(std::move(value));
      if (values[key].size() > 8) values[key].erase(values[key].begin());
    }
    history.push_back(std::move(op));
  }
  return history;
}

// Replaces the texts `2 17;` of a random history by a few, wherever they stand. What was legal
// stays so.
inline KvHistory WithTexts(KvHistory history, const std::vector<std::string>& texts) {
  const auto replace = [&texts](const std::string& value) {
    std::string replaced;
    size_t number = 0;
    for (char c : value) {
      if (c == ' ') number = 0;
      if (c >= '0' && c <= '9') number = 10 * number + (c - '0');
      if (c == ';') replaced += texts[number % texts.size()];
    }
    return replaced;
  };
  for (KvOperation& op : history) {
    op.input.value = replace(op.input.value);
    op.output.value = replace(op.output.value);
  }
  return history;
}

inline std::vector<std::string> FewTexts(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(absl::StrCat(i, ";"));
  return texts;
}

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_RANDOM_KV_HISTORY_H_
