// Part of Raftlab, under the MIT License (see LICENSE).
//
// Legal histories of Get, Put and Append, spoiled in one place as a wrong server would, and so that
// by construction nothing can explain it. REQUIRES of all: texts are distinct and end in a
// semicolon.

#ifndef RAFTLAB_LINEARIZABILITY_SPOIL_H_
#define RAFTLAB_LINEARIZABILITY_SPOIL_H_

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "linearizability/random_kv_history.h"

namespace linearizability {

class Spoiler {
 public:
  Spoiler(KvHistory* history, Random* random) : history_(*history), random_(*random) {
    for (size_t i = 0; i < history_.size(); ++i) {
      const KvOperation& op = history_[i];
      if (op.input.kind != KvInput::Kind::kGet) writer_.emplace(op.input.value, i);
      if (op.input.kind == KvInput::Kind::kGet && !op.is_open()) gets_.push_back(i);
    }
    std::shuffle(gets_.begin(), gets_.end(), random_);
  }

  // False if the history has no place for it.
  bool Spoil(Fault fault) {
    switch (fault) {
      case Fault::kStaleRead:
        return StaleRead();
      case Fault::kLostAppend:
        return LoseAppend();
      case Fault::kDoubledAppend:
        return DoubleAppend();
      case Fault::kReorderedAppend:
        return ReorderAppends();
      case Fault::kNone:
      case Fault::kLostPut:
        return false;
    }
    return false;
  }

 private:
  std::string& Value(size_t get) { return history_[get].output.value; }
  bool IsBefore(size_t x, size_t y) const {
    return history_[x].return_ns && *history_[x].return_ns < history_[y].call_ns;
  }

  // The texts of a value.
  static std::vector<std::string> TextsOf(std::string_view value) {
    std::vector<std::string> texts;
    for (size_t end = 0; end < value.size();) {
      const size_t begin = end;
      end = value.find(';', begin) + 1;
      texts.emplace_back(value.substr(begin, end - begin));
    }
    return texts;
  }
  bool IsPut(const std::string& text) const {
    return history_[writer_.at(text)].input.kind == KvInput::Kind::kPut;
  }

  // A Get returned more than one that comes after it, of the same Put.
  bool StaleRead() {
    std::map<std::string, size_t> first;  // by key: a Get that ended early
    for (size_t get : gets_) {
      const auto [it, is_new] = first.emplace(history_[get].input.key, get);
      if (*history_[get].return_ns < *history_[it->second].return_ns) it->second = get;
    }
    for (size_t late : gets_) {
      // Any earlier Get that saw a beginning of the value will do; so will the first of all.
      for (size_t early :
           {gets_[Draw(random_, gets_.size())], first.at(history_[late].input.key)}) {
        const std::vector<std::string> texts = TextsOf(Value(early));
        if (history_[early].input.key != history_[late].input.key || !IsBefore(early, late))
          continue;
        if (texts.empty() || (texts.size() == 1 && IsPut(texts[0]))) continue;
        const size_t least = IsPut(texts[0]) ? 1 : 0;
        std::string stale;
        const size_t kept = least + Draw(random_, texts.size() - least);
        for (size_t i = 0; i < kept; ++i) stale += texts[i];
        Value(late) = stale;
        return true;
      }
    }
    return false;
  }

  // No Get shows an append which began after the Put of a value, and ended before a Get of it.
  bool LoseAppend() {
    for (size_t get : gets_) {
      const std::vector<std::string> texts = TextsOf(Value(get));
      for (const std::string& text : texts) {
        const size_t append = writer_.at(text);
        if (IsPut(text) || !IsBefore(append, get)) continue;
        if (IsPut(texts[0]) && !IsBefore(writer_.at(texts[0]), append)) continue;
        return ReplaceEverywhere(history_[get].input.key, text, "");
      }
    }
    return false;
  }

  bool DoubleAppend() {
    for (size_t get : gets_) {
      const std::vector<std::string> texts = TextsOf(Value(get));
      if (texts.empty() || IsPut(texts.back())) continue;
      return ReplaceEverywhere(history_[get].input.key, texts.back(), texts.back() + texts.back());
    }
    return false;
  }

  // Two appends of which one ended before the other began.
  bool ReorderAppends() {
    for (size_t get : gets_) {
      const std::vector<std::string> texts = TextsOf(Value(get));
      for (size_t i = 0; i + 1 < texts.size(); ++i) {
        if (IsPut(texts[i]) || !IsBefore(writer_.at(texts[i]), writer_.at(texts[i + 1]))) continue;
        // Both are there in this Get. Where only the first was, the second is now.
        return ReplaceEverywhere(history_[get].input.key, texts[i] + texts[i + 1],
                                 texts[i + 1] + texts[i]);
      }
    }
    return false;
  }

  bool ReplaceEverywhere(const std::string& key, const std::string& from, const std::string& to) {
    for (size_t get : gets_) {
      if (history_[get].input.key != key) continue;
      // At a text's beginning, not within one.
      size_t at = Value(get).find(from);
      while (at != std::string::npos && at > 0 && Value(get)[at - 1] != ';') {
        at = Value(get).find(from, at + 1);
      }
      if (at != std::string::npos) Value(get).replace(at, from.size(), to);
    }
    return true;
  }

  KvHistory& history_;
  Random& random_;
  std::unordered_map<std::string, size_t> writer_;
  std::vector<size_t> gets_;
};

}  // namespace linearizability

#endif  // RAFTLAB_LINEARIZABILITY_SPOIL_H_
