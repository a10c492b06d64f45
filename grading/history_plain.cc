// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/history_plain.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "grading/history_fields.h"

namespace grading {
namespace {

namespace lin = linearizability;

constexpr std::string_view kBlanks = " \t\r";

struct Word {
  std::string text = {};
  bool is_quoted = false;
};

// The words of a line; none if a quoted one is not well-formed.
std::optional<std::vector<Word>> WordsOf(std::string_view line) {
  std::vector<Word> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return words;
    Word word{.is_quoted = line.front() == '"'};
    size_t end = std::min(line.find_first_of(kBlanks), line.size());
    if (word.is_quoted) {
      end = 1;
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      if (end >= line.size()) return std::nullopt;
      const std::string inner(line.substr(1, end - 1));
      if (!absl::CUnescape(inner, &word.text)) return std::nullopt;
      ++end;
      if (end < line.size() && kBlanks.find(line[end]) == kBlanks.npos) return std::nullopt;
    } else {
      word.text = line.substr(0, end);
    }
    words.push_back(std::move(word));
    line.remove_prefix(end);
  }
}

// The words one after another, for the fields of history_fields.h.
class WordReader {
 public:
  explicit WordReader(const std::vector<Word>& words) : words_(words) {}

  template <typename Enum>
  void Name(const char* key, Enum& value) {
    std::string name;
    Field(key, name);
    int number = 0;
    for (const char* known : kNamesOf<Enum>) {
      if (name == known) value = static_cast<Enum>(number);
      if (name == known) return;
      ++number;
    }
    Wrong(key, "is nothing that this model knows");
  }
  template <typename T>
  void Field(const char* key, T& value) {
    if (next_ == words_.size()) return Wrong(key, "is missing");
    Take(key, words_[next_++].text, value);
  }
  template <typename T>
  void Optional(const char* key, std::optional<T>& value) {
    if (next_ < words_.size() && words_[next_].text == "-" && !words_[next_].is_quoted) {
      ++next_;
    } else {
      Field(key, value.emplace());
    }
  }

  // What is wrong with the line; empty if nothing is. Call it last: it looks for other words.
  std::string Complaint() {
    if (next_ < words_.size()) Wrong(words_[next_].text, "is a word too many");
    return wrong_;
  }

 private:
  void Take(const char*, const std::string& word, std::string& value) { value = word; }
  void Take(const char* key, const std::string& word, bool& value) {
    if (word != "true" && word != "false") return Wrong(key, "is neither true nor false");
    value = word == "true";
  }
  template <typename Number>
  void Take(const char* key, const std::string& word, Number& value) {
    if (!absl::SimpleAtoi(word, &value)) Wrong(key, "is no whole number that fits");
  }
  void Wrong(const std::string& key, const char* what) {
    if (wrong_.empty()) wrong_ = absl::StrCat("\"", key, "\" ", what);
  }

  const std::vector<Word>& words_;
  size_t next_ = 0;
  std::string wrong_;
};

// Calls take(number, words) for each line that is neither blank nor a comment, until one returns an
// error.
template <typename Function>
absl::Status ForEachLine(std::string_view text, Function take) {
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = one.find_first_not_of(kBlanks);
    if (first == one.npos || one[first] == '#') continue;
    const std::optional<std::vector<Word>> words = WordsOf(one);
    if (!words)
      return WrongLine(line, "has a quote without its end, or an escape that is none in C");
    if (absl::Status status = take(line, *words); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status TakeBand(int line, std::vector<Word> words, std::vector<lin::ViewBand>* bands) {
  words.erase(words.begin());
  WordReader reader(words);
  lin::ViewBand band;
  reader.Field("begin", band.begin_ns);
  reader.Optional("end", band.end_ns);
  reader.Field("name", band.name);
  if (const std::string wrong = reader.Complaint(); !wrong.empty()) return WrongLine(line, wrong);
  if (band.end_ns && *band.end_ns < band.begin_ns) {
    return WrongLine(line, "\"end\" is before \"begin\"");
  }
  bands->push_back(std::move(band));
  return absl::OkStatus();
}

}  // namespace

template <typename M>
absl::StatusOr<HistoryFile<M>> ParsePlainHistory(std::string_view text) {
  HistoryFile<M> file;
  bool is_first = true;
  const absl::Status status = ForEachLine(text, [&](int line, const std::vector<Word>& words) {
    if (std::exchange(is_first, false) && words[0].text == "model") {
      if (words.size() == 2 && words[1].text == kModelName<M>) return absl::OkStatus();
      return WrongLine(line, absl::StrCat("is not `model ", kModelName<M>, "`"));
    }
    if (words[0].text == "band") return TakeBand(line, words, &file.bands);
    lin::OperationOf<M> op;
    WordReader reader(words);
    FieldsOf<M>(reader, op);
    if (const std::string wrong = reader.Complaint(); !wrong.empty()) return WrongLine(line, wrong);
    if (op.return_ns && *op.return_ns < op.call_ns) {
      return WrongLine(line, "\"return\" is before \"call\"");
    }
    file.history.push_back(std::move(op));
    file.lines.push_back(line);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return file;
}

std::optional<std::string> ModelOfPlainHistory(std::string_view text) {
  std::optional<std::string> model;
  // An error, so that it ends after one line.
  ForEachLine(text, [&](int line, const std::vector<Word>& words) {
    if (words.size() == 2 && words[0].text == "model") model = words[1].text;
    return WrongLine(line, "");
  }).IgnoreError();
  return model;
}

#define RAFTLAB_HISTORY_OF(M) \
  template absl::StatusOr<HistoryFile<lin::M>> ParsePlainHistory<lin::M>(std::string_view text)
RAFTLAB_HISTORY_OF(KvModel);
RAFTLAB_HISTORY_OF(VersionedKvModel);
RAFTLAB_HISTORY_OF(RegisterModel);
RAFTLAB_HISTORY_OF(CounterModel);
RAFTLAB_HISTORY_OF(QueueModel);
RAFTLAB_HISTORY_OF(LockModel);
#undef RAFTLAB_HISTORY_OF

}  // namespace grading
