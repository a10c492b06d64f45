// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/names.h"

#include <algorithm>
#include <functional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace grading {
namespace {

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

bool SameWord(std::string_view a, std::string_view b) { return Lower(a) == Lower(b); }

std::string SuiteOf(const Test& test) { return test.name.substr(0, test.name.find('.')); }

std::string LastPartOf(const Test& test) {
  const size_t dot = test.name.find('.');
  return dot == std::string::npos ? test.name : test.name.substr(dot + 1);
}

// "2A" is of lab "2".
std::string LabOf(const Test& test) {
  const size_t end = test.stage.find_first_not_of("0123456789");
  return test.stage.substr(0, end);
}

std::vector<Test> Filter(const std::vector<Test>& tests,
                         const std::function<bool(const Test&)>& wanted) {
  std::vector<Test> found;
  std::ranges::copy_if(tests, std::back_inserter(found), wanted);
  return found;
}

// The name that a misspelled word is near to, as a name that SelectTests accepts.
std::string NearestTestName(const std::vector<Test>& tests, std::string_view word) {
  std::vector<std::string> full;
  std::vector<std::string> last;
  for (const Test& test : tests) {
    full.push_back(test.name);
    last.push_back(LastPartOf(test));
  }
  for (const Test& test : tests) {
    if (std::ranges::find(full, test.stage) == full.end()) full.push_back(test.stage);
  }
  if (word.find('.') != std::string_view::npos || word.size() < 4) return Nearest(word, full);
  const std::string near_last = Nearest(word, last);
  if (near_last.empty()) return Nearest(word, full);
  return std::ranges::find(tests, near_last, LastPartOf)->name;
}

}  // namespace

int EditDistance(std::string_view a, std::string_view b) {
  // Rows of the usual table; row[j] is the distance from the first i characters of a to j of b.
  std::vector<int> before_last(b.size() + 1);
  std::vector<int> last(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = absl::ascii_tolower(static_cast<unsigned char>(a[i - 1])) ==
                        absl::ascii_tolower(static_cast<unsigned char>(b[j - 1]));
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && SameWord(a.substr(i - 1, 1), b.substr(j - 2, 1)) &&
          SameWord(a.substr(i - 2, 1), b.substr(j - 1, 1))) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  int least = 0;
  for (const std::string& candidate : candidates) {
    const int distance = EditDistance(word, candidate);
    if (!nearest.empty() && distance >= least) continue;
    nearest = candidate;
    least = distance;
  }
  // More than half of it wrong is another word.
  const size_t longer = std::max(word.size(), nearest.size());
  return static_cast<size_t>(least) * 2 <= longer ? nearest : "";
}

std::string NearestHint(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "." : absl::StrCat("; the nearest is ", nearest, ".");
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  const std::string p = Lower(pattern);
  const std::string t = Lower(text);
  size_t i = 0;
  size_t j = 0;
  size_t star = std::string::npos;  // the last * seen, and the text that it covers up to
  size_t covered = 0;
  while (j < t.size()) {
    if (i < p.size() && p[i] == '*') {
      star = i++;
      covered = j;
    } else if (i < p.size() && (p[i] == '?' || p[i] == t[j])) {
      ++i;
      ++j;
    } else if (star != std::string::npos) {
      i = star + 1;
      j = ++covered;
    } else {
      return false;
    }
  }
  return p.find_first_not_of('*', i) == std::string::npos;
}

absl::StatusOr<std::vector<Test>> SelectTests(const std::vector<Test>& tests,
                                              std::string_view word) {
  if (word.empty() || SameWord(word, "all")) return tests;
  const std::function<bool(const Test&)> readings[] = {
      [&](const Test& t) { return SameWord(word, LabOf(t)) || SameWord(word, "lab" + LabOf(t)); },
      [&](const Test& t) { return SameWord(word, t.stage); },
      [&](const Test& t) { return SameWord(word, SuiteOf(t)); },
      [&](const Test& t) { return SameWord(word, t.name) || SameWord(word, LastPartOf(t)); },
      [&](const Test& t) { return MatchesGlob(word, t.name); },
      [&](const Test& t) { return Lower(t.name).find(Lower(word)) != std::string::npos; },
  };
  for (const auto& reading : readings) {
    std::vector<Test> found = Filter(tests, reading);
    if (!found.empty()) return found;
  }
  const std::string nearest = NearestTestName(tests, word);
  return absl::InvalidArgumentError(
      absl::StrCat("no test or stage is called ", std::string(word),
                   nearest.empty() ? "." : absl::StrCat("; the nearest is ", nearest, "."),
                   " `./lab list` shows all."));
}

absl::StatusOr<Test> FindTest(const std::vector<Test>& tests, std::string_view word) {
  absl::StatusOr<std::vector<Test>> found = SelectTests(tests, word);
  if (!found.ok()) return found.status();
  if (found->size() == 1) return found->front();
  return absl::InvalidArgumentError(absl::StrCat(std::string(word), " names ", found->size(),
                                                 " tests, from ", found->front().name, " to ",
                                                 found->back().name, "; name one of them."));
}

}  // namespace grading
