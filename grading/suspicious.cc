// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/suspicious.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grading/plain_text.h"

namespace grading {
namespace {

constexpr size_t kMostFindings = 20;  // a file

using Names = std::set<std::string, std::less<>>;

// Wherever they stand.
const Names& WordsOfAttacks() {
  static const auto* words = new Names{"asm",
                                       "__asm",
                                       "__asm__",
                                       "syscall",
                                       "ptrace",
                                       "dlopen",
                                       "dlsym",
                                       "dl_iterate_phdr",
                                       "environ",
                                       "setenv",
                                       "getenv",
                                       "clock_gettime",
                                       "ifstream",
                                       "ofstream",
                                       "fstream",
                                       "fopen",
                                       "filesystem",
                                       "setjmp",
                                       "longjmp",
                                       "process_vm_readv",
                                       "process_vm_writev",
                                       "LD_PRELOAD",
                                       "memfd_create",
                                       "pthread_create",
                                       "__libc_start_main"};
  return *words;
}

// As calls: `kill(`. As plain names they may be a student's own. A method `x.kill(` is one, too.
const Names& CallsOfAttacks() {
  static const auto* words = new Names{
      "fork",          "vfork",    "clone",     "execve", "execv", "execvp",     "execl",
      "execlp",        "system",   "popen",     "kill",   "raise", "socket",     "mmap",
      "munmap",        "mprotect", "exit",      "_exit",  "_Exit", "quick_exit", "atexit",
      "at_quick_exit", "signal",   "sigaction", "prctl",  "dup2",  "sendmsg",    "recvmsg"};
  return *words;
}

// Functions of the C library that no Raft in C++ calls, not even through the standard library.
const Names& SymbolsOfAttacks() {
  static const auto* symbols = new Names{"syscall",
                                         "fork",
                                         "vfork",
                                         "clone",
                                         "execve",
                                         "execv",
                                         "execvp",
                                         "execl",
                                         "execlp",
                                         "system",
                                         "popen",
                                         "kill",
                                         "raise",
                                         "socket",
                                         "connect",
                                         "mmap",
                                         "mmap64",
                                         "munmap",
                                         "mprotect",
                                         "exit",
                                         "_exit",
                                         "_Exit",
                                         "quick_exit",
                                         "ptrace",
                                         "dlopen",
                                         "dlsym",
                                         "dl_iterate_phdr",
                                         "environ",
                                         "__environ",
                                         "getenv",
                                         "secure_getenv",
                                         "setenv",
                                         "open",
                                         "open64",
                                         "openat",
                                         "fopen",
                                         "fopen64",
                                         "read",
                                         "write",
                                         "pread",
                                         "pwrite",
                                         "readlink",
                                         "opendir",
                                         "sigaction",
                                         "signal",
                                         "prctl",
                                         "dup2",
                                         "sendmsg",
                                         "recvmsg",
                                         "send",
                                         "recv",
                                         "process_vm_readv",
                                         "process_vm_writev",
                                         "memfd_create",
                                         "longjmp",
                                         "__longjmp_chk",
                                         "pthread_create"};
  return *symbols;
}

bool IsNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

struct Token {
  enum class Kind { kName, kString, kSign };
  Kind kind = Kind::kSign;
  std::string text;  // a string without its quotes; a sign is one character
  int line = 1;
};

// The code's names, strings and signs; not its comments and numbers.
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

// What is suspicious about the token at `i`; empty if nothing.
std::string Suspicion(const std::vector<Token>& tokens, size_t i) {
  const Token& token = tokens[i];
  const auto text_at = [&](size_t at) { return at < tokens.size() ? tokens[at].text : ""; };
  if (token.kind == Token::Kind::kString) {
    if (i >= 2 && tokens[i - 1].text == "include" && tokens[i - 2].text == "#") return "";
    for (const char* place : {"/proc/", "/sys/", "/dev/", "/etc/", "/autograder", ".incbin"}) {
      if (absl::StrContains(token.text, place)) return absl::StrCat("the text ", place);
    }
    return "";
  }
  if (token.kind != Token::Kind::kName) return "";
  const std::string& word = token.text;
  const std::string next = text_at(i + 1);
  const std::string before = i > 0 ? tokens[i - 1].text : "";
  if (WordsOfAttacks().count(word) > 0) return word;
  if (next == "(" && before != "." && before != ">" && CallsOfAttacks().count(word) > 0) {
    return absl::StrCat(word, "()");
  }
  if (word == "main" && next == "(" && before != ".") return "a main() of its own";
  if ((word == "constructor" || word == "destructor" || word == "ifunc" || word == "alias") &&
      before == "(" && i >= 3 && tokens[i - 3].text.starts_with("__attribute")) {
    return absl::StrCat("__attribute__((", word, "))");
  }
  if (word == "operator" && (next == "new" || next == "delete") && before != "::") {
    return absl::StrCat("an operator ", next, " of its own");
  }
  if (word == "testing" && next == ":") return "GoogleTest";
  if (word.starts_with("GTEST_") || word.starts_with("__asan_") || word.starts_with("__lsan_") ||
      word.starts_with("__ubsan_") || word.starts_with("__sanitizer_")) {
    return word;
  }
  if (word == "include" && before == "#") {
    const std::string target = text_at(i + 1) == "<" ? text_at(i + 2) : text_at(i + 1);
    if (target.starts_with("/") || target.starts_with("..")) return "an include by absolute path";
    for (const char* folder : {"tests", "grading", "gtest", "gmock"}) {
      if (target == folder || target.starts_with(absl::StrCat(folder, "/"))) {
        return absl::StrCat("an include from ", folder, "/");
      }
    }
  }
  return "";
}

Finding Warning(const std::string& text) {
  return {.severity = Finding::Severity::kWarning, .kind = "suspicious", .text = text};
}

}  // namespace

std::vector<Finding> ScanSource(const std::string& path, std::string_view text) {
  const std::vector<Token> tokens = Lexer(text).Tokens();
  std::vector<Finding> findings;
  for (size_t i = 0; i < tokens.size() && findings.size() < kMostFindings; ++i) {
    const std::string what = Suspicion(tokens, i);
    if (what.empty()) continue;
    findings.push_back(Warning(absl::StrCat(path, ":", tokens[i].line, " has ", PlainText(what),
                                            ", which no Raft needs.")));
  }
  return findings;
}

std::vector<Finding> ScanSymbols(const std::string& path, std::string_view symbols) {
  std::vector<std::string> calls, defines;
  for (const absl::string_view line :
       absl::StrSplit(absl::string_view(symbols.data(), symbols.size()), '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (fields.size() < 2 || fields[1].size() != 1) continue;
    const std::string& name = fields[0];
    const char type = fields[1][0];
    if (type == 'U' || type == 'w') {
      if (SymbolsOfAttacks().count(name) > 0) calls.push_back(name);
    } else if (std::isupper(static_cast<unsigned char>(type)) != 0 || type == 'i') {
      // A strong or weak function without a C++ name replaces one of C; so does an operator new or
      // delete, and a strong one in a namespace that is not the student's.
      const bool is_cpp = name.starts_with("_Z");
      const bool is_allocation = name.starts_with("_Znw") || name.starts_with("_Zna") ||
                                 name.starts_with("_Zdl") || name.starts_with("_Zda");
      bool is_ours = false;
      for (const char* space : {"3sim", "6labrpc", "6labgob", "7testing", "4absl", "5boost"}) {
        if (type == 'W' || type == 'V' || type == 'u') continue;
        is_ours |= name.starts_with(absl::StrCat("_ZN", space)) ||
                   name.starts_with(absl::StrCat("_ZNK", space));
      }
      if ((!is_cpp && name != "DW.ref.__gxx_personality_v0") || is_allocation || is_ours) {
        defines.push_back(name);
      }
    }
  }
  std::vector<Finding> findings;
  const auto report = [&](const char* what, std::vector<std::string> names) {
    if (names.empty()) return;
    if (names.size() > kMostFindings) names.resize(kMostFindings);
    findings.push_back(
        Warning(absl::StrCat("The code of ", path, " ", what, " ",
                             PlainText(absl::StrJoin(names, ", ")), ", which no Raft does.")));
  };
  report("calls", calls);
  report("defines", defines);
  return findings;
}

}  // namespace grading
