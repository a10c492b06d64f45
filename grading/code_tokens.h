// Part of Raftlab, under the MIT License (see LICENSE).
//
// C++ text taken apart, roughly and whatever it is: no macro is expanded, no file included.

#ifndef RAFTLAB_GRADING_CODE_TOKENS_H_
#define RAFTLAB_GRADING_CODE_TOKENS_H_

#include <string>
#include <string_view>
#include <vector>

namespace grading {

struct Token {
  enum class Kind { kName, kString, kSign };
  Kind kind = Kind::kSign;
  std::string text;  // a string without its quotes; a sign is one character
  int line = 1;
};

// The code's names, strings and signs; not its comments, characters and numbers.
std::vector<Token> TokensOf(std::string_view text);

}  // namespace grading

#endif  // RAFTLAB_GRADING_CODE_TOKENS_H_
