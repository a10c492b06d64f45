// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/suspicious.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace grading {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Scan(std::string_view text) {
  std::vector<std::string> texts;
  for (const Finding& finding : ScanSource("raft.cc", text)) {
    EXPECT_EQ(finding.severity, Finding::Severity::kWarning);
    EXPECT_EQ(finding.kind, "suspicious");
    const std::string& all = finding.text;
    texts.push_back(all.substr(0, all.find(", which")));
  }
  return texts;
}

TEST(ScanSource, TheReferenceIsHonest) {
  for (const char* name : {"raft.h", "raft.cc", "messages.h"}) {
    std::ifstream file(std::filesystem::path(RAFTLAB_SOURCE_DIR) / "raft" / name);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    ASSERT_GT(text.size(), 1000u);
    EXPECT_THAT(Scan(text), IsEmpty());
  }
}

TEST(ScanSource, OrdinaryWordsAreFine) {
  EXPECT_THAT(
      Scan("// asm and fork() and ptrace\n/* _exit(0) \n syscall */\n"
           "int exit = 0; bool system; peer.kill(3); peer->raise(1); int forks(int);\n"
           "void constructor(); const char* kText = \"asm fork() /* \";\n"
           "char c = '\"'; int n = 1'000'000; const char* raw = R\"x(asm \" )\" fork()x\";\n"
           "#include \"raft/raft.h\"\n#include <map>\nint mainly(int); x.main();\n"
           "Log& operator=(const Log&) = delete; auto* p = new Log; \n"),
      IsEmpty());
}

TEST(ScanSource, LinesAreNamed) {
  EXPECT_THAT(
      Scan("/* one\n two */ asm(\"nop\");\n\nR\"(a\nb)\" __attribute__((constructor)) f;\n"),
      ElementsAre("raft.cc:2 has asm", "raft.cc:5 has __attribute__((constructor))"));
}

TEST(ScanSource, AttacksAreSeen) {
  EXPECT_THAT(Scan("_exit(0);"), ElementsAre("raft.cc:1 has _exit()"));
  EXPECT_THAT(Scan("std::quick_exit(0);"), ElementsAre("raft.cc:1 has quick_exit()"));
  EXPECT_THAT(Scan("if (::fork () == 0) ptrace(0);"),
              ElementsAre("raft.cc:1 has fork()", "raft.cc:1 has ptrace"));
  EXPECT_THAT(Scan("int main() {}"), ElementsAre("raft.cc:1 has a main() of its own"));
  EXPECT_THAT(Scan("void* operator new(size_t) {}"),
              ElementsAre("raft.cc:1 has an operator new of its own"));
  EXPECT_THAT(Scan("open(\"/proc/self/environ\");"), ElementsAre("raft.cc:1 has the text /proc/"));
  EXPECT_THAT(
      Scan("#include \"tests/cluster.h\"\n#include <gtest/gtest.h>\n#include \"/etc/x\"\n"),
      ElementsAre("raft.cc:1 has an include from tests/", "raft.cc:2 has an include from gtest/",
                  "raft.cc:3 has an include by absolute path"));
  EXPECT_THAT(Scan("testing::UnitTest u; __asan_default_options; GTEST_SKIP();"),
              ElementsAre("raft.cc:1 has GoogleTest", "raft.cc:1 has __asan_default_options",
                          "raft.cc:1 has GTEST_SKIP"));
}

TEST(ScanSource, SaysAtMostTwenty) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "asm\n";
  EXPECT_EQ(Scan(text).size(), 20u);
}

TEST(ScanSource, BrokenTextEnds) {
  for (const char* text : {"\"", "'", "/*", "R\"", "R\"x(", "\"\\", "#include", "#", "//", "0'"}) {
    EXPECT_THAT(Scan(text), IsEmpty()) << text;
  }
}

TEST(ScanSymbols, ForeignNamesAreSeen) {
  const std::vector<Finding> findings = ScanSymbols(
      "raft.cc",
      "_ZN4raft4Raft5StartEv T 0 10\n_exit U\nmemcpy U\n_Znwm T 0 4\nmain T 0 4\n"
      "_ZN3sim5World3RunEv T 0 1\n_ZN3sim5Queue3RunEv W 0 1\n_ZSt4cout U\n__dso_handle U\n"
      "local t 0 1\nDW.ref.__gxx_personality_v0 V 0 8\n");
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].text, "The code of raft.cc calls _exit, which no Raft does.");
  EXPECT_EQ(findings[1].text,
            "The code of raft.cc defines _Znwm, main, _ZN3sim5World3RunEv, which no Raft does.");
}

}  // namespace
}  // namespace grading
