// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/suspicious.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "grading/code_tokens.h"
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
  const std::vector<Token> tokens = TokensOf(text);
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
