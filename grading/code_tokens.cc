// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/code_tokens.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/str_cat.h"

namespace grading {
namespace {

bool IsNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Tokens() {
    while (at_ < text_.size()) Next();
    return std::move(tokens_);
  }

 private:
  bool Sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  // Goes on to `end`, which may be behind the text.
  std::string Take(size_t end) {
    end = std::min(end, text_.size());
    const std::string taken(text_.substr(at_, end - at_));
    line_ += static_cast<int>(std::count(taken.begin(), taken.end(), '\n'));
    at_ = end;
    return taken;
  }
  void TakeThrough(std::string_view what, size_t from) {
    const size_t found = text_.find(what, from);
    Take(found == std::string_view::npos ? text_.size() : found + what.size());
  }
  void Add(Token::Kind kind, const std::string& text, int line) {
    tokens_.push_back({.kind = kind, .text = text, .line = line});
  }

  void Next() {
    const int line = line_;
    if (Sees("//")) {
      Take(text_.find('\n', at_));
    } else if (Sees("/*")) {
      TakeThrough("*/", at_ + 2);
    } else if (Sees("R\"")) {
      const size_t begin = at_;
      const size_t bracket = text_.find('(', at_);
      const std::string mark(text_.substr(at_ + 2, bracket - at_ - 2));
      TakeThrough(absl::StrCat(")", mark, "\""), at_);
      Add(Token::Kind::kString, std::string(text_.substr(begin, at_ - begin)), line);
    } else if (text_[at_] == '"' || text_[at_] == '\'') {
      Quoted(text_[at_]);
    } else if (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      size_t end = at_;  // 0x1F, 1'000, 1e9
      while (end < text_.size() && (IsNamePart(text_[end]) || text_[end] == '\'')) ++end;
      Take(end);
    } else if (IsNamePart(text_[at_])) {
      size_t end = at_;
      while (end < text_.size() && IsNamePart(text_[end])) ++end;
      Add(Token::Kind::kName, Take(end), line);
    } else {
      const std::string sign = Take(at_ + 1);
      if (std::isspace(static_cast<unsigned char>(sign[0])) == 0) {
        Add(Token::Kind::kSign, sign, line);
      }
    }
  }

  void Quoted(char quote) {
    const int line = line_;
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    const std::string taken = Take(end + 1);
    if (quote == '"') Add(Token::Kind::kString, taken.substr(1), line);
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> TokensOf(std::string_view text) { return Lexer(text).Tokens(); }

}  // namespace grading
