// Part of Raftlab, under the MIT License (see LICENSE).
//
// Students' files through the compiler. Where bubblewrap cannot run, the tests are skipped.

#include "grading/student_build.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "grading/run_limited.h"

namespace grading {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class StudentBuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!found_.warning.empty()) GTEST_SKIP() << found_.warning;
    fs::create_directories(folder_ / "raft");
    request_.files = folder_;
    request_.tree = RAFTLAB_SOURCE_DIR;
    request_.sdk = *SdkOf("raft_tests", /*reference_raft=*/false);
    request_.library = folder_ / "libserver.so";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) {
    std::ofstream(folder_ / path) << text;
    request_.taken.push_back(path);
  }
  // No given sources: they compile for seconds.
  StudentBuild BuildAlone(const std::string& raft_cc) {
    request_.sdk.sources = {};
    Write("raft/raft.cc", raft_cc);
    return Build();
  }
  StudentBuild Build() {
    const absl::StatusOr<StudentBuild> build = BuildStudent(request_, found_.sandbox);
    EXPECT_TRUE(build.ok()) << build.status();
    EXPECT_EQ(fs::exists(request_.library), build.ok() && build->outcome.ok);
    return build.value_or(StudentBuild());
  }
  std::string Library() {
    std::ifstream file(request_.library);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  const FoundSandbox found_ = FindSandbox();
  const fs::path folder_ =
      fs::temp_directory_path() / absl::StrCat("raftlab-build-test.", getpid());
  StudentBuildRequest request_;
};

TEST_F(StudentBuildTest, TheReferenceBuilds) {
  for (const char* name : {"raft.h", "raft.cc", "messages.h"}) {
    fs::copy_file(fs::path(RAFTLAB_SOURCE_DIR) / "raft" / name, folder_ / "raft" / name);
    request_.taken.push_back(absl::StrCat("raft/", name));
  }
  const StudentBuild build = Build();
  EXPECT_TRUE(build.outcome.ok) << build.outcome.output;
  EXPECT_EQ(build.outcome.output, "");
  EXPECT_GT(build.outcome.cpu_seconds, 0);
  EXPECT_THAT(build.findings, IsEmpty()) << build.findings[0].text;
  // It names its sources by their paths in the tree, and no place of this machine.
  const std::string library = Library();
  EXPECT_THAT(library, HasSubstr("raft/server.cc"));
  EXPECT_EQ(library.find(RAFTLAB_SOURCE_DIR), std::string::npos);
}

// Lab 3 on the reference's Raft: of the student's files those of the service alone, and the
// reference's source is gone when they are compiled.
TEST_F(StudentBuildTest, AServiceOnTheReferencesRaft) {
  request_.sdk = *SdkOf("kvraft_tests", /*reference_raft=*/true);
  request_.sdk.sources = {};
  fs::create_directories(folder_ / "kvraft");
  Write("raft/raft.cc", "#error the student's\n");
  Write("kvraft/clerk.cc",
        "#include \"raft/raft.h\"\n#if __has_include(\"raft/raft.cc\")\n#error seen\n#endif\n");
  const StudentBuild build = Build();
  EXPECT_TRUE(build.outcome.ok) << build.outcome.output;
  EXPECT_THAT(Library(), HasSubstr("raft/raft.cc"));  // the reference's, by its line table
}

// Lab 4 is not built on the student's lab 3, whatever that has become; and who has no files of
// their own for the parts of the reference can do without.
TEST_F(StudentBuildTest, ShardsDoNotNeedTheStudentsLab3) {
  request_.sdk = *SdkOf("shardkv_tests", /*reference_raft=*/false);
  for (const char* name : {"raft.h", "raft.cc", "messages.h"}) {
    fs::copy_file(fs::path(RAFTLAB_SOURCE_DIR) / "raft" / name, folder_ / "raft" / name);
    request_.taken.push_back(absl::StrCat("raft/", name));
  }
  fs::create_directories(folder_ / "kvraft");
  Write("kvraft/kv_server.cc", "#error the student's\n");
  fs::create_directories(folder_ / "shardkv");
  for (const char* name : {"ctrl_clerk", "ctrl_server", "shard_clerk", "shard_server"}) {
    for (const char* type : {".h", ".cc"}) {
      const std::string path = absl::StrCat("shardkv/", name, type);
      std::ifstream file(absl::StrCat(RAFTLAB_SOURCE_DIR, "/", path));
      Write(path, absl::StrCat("#undef LAB_SOLUTION\n#define LAB_SOLUTION 0\n",
                               std::string(std::istreambuf_iterator<char>(file), {})));
    }
  }
  const StudentBuild build = Build();
  EXPECT_TRUE(build.outcome.ok) << build.outcome.output;
  EXPECT_THAT(Library(), HasSubstr("shardkv/program.cc"));
}

TEST(StudentBuild, ALabWithoutADescriptionIsOurFault) {
  EXPECT_THAT(SdkOf("other_tests", false).status().message(), HasSubstr("other_tests"));
}

TEST_F(StudentBuildTest, AnErrorIsTheCompilersWords) {
  const StudentBuild build = BuildAlone("int f() { return x; }\n");
  EXPECT_FALSE(build.outcome.ok);
  EXPECT_THAT(build.outcome.output,
              AllOf(HasSubstr("raft/raft.cc:1:18: error: 'x' was not declared in this scope"),
                    HasSubstr("The compiler of raft/raft.cc ended with exit code 1.")));
  ASSERT_EQ(build.findings.size(), 1u);
  EXPECT_EQ(build.findings[0].text,
            "It does not build: the compiler of raft/raft.cc ended with exit code 1.");
}

TEST_F(StudentBuildTest, MessagesOfTheHandoutAreUsed) {
  const StudentBuild build = BuildAlone(
      "#include \"raft/messages.h\"\n#if !LAB_SOLUTION\n#error\n#endif\n"
      "static_assert(sizeof(raft::AppendEntriesReply) <= 16);\nint x = "
      "raft::RequestVoteArgs().nix;\n");
  EXPECT_THAT(build.outcome.output,
              AllOf(HasSubstr("has no member named 'nix'"),
                    Not(HasSubstr("static assertion failed")), Not(HasSubstr("#error"))));
}

TEST_F(StudentBuildTest, NothingElseCanBeIncluded) {
  std::ofstream(folder_ / "secret.h") << "int hidden_test;\n";
  const StudentBuild build = BuildAlone(absl::StrCat(
      "#include \"", (folder_ / "secret.h").string(), "\"\n", "#include \"", RAFTLAB_SOURCE_DIR,
      "/tests/cluster.h\"\n#include \"tests/cluster.h\"\n#include \"../../etc/hostname\"\n",
      "#include \"/etc/passwd\"\n#include \"/dev/zero\"\n#include \"/proc/self/environ\"\n"));
  EXPECT_FALSE(build.outcome.ok);
  EXPECT_THAT(build.outcome.output, Not(HasSubstr("hidden_test")));
  int missing = 0;
  for (size_t at = 0; (at = build.outcome.output.find("No such file", at)) != std::string::npos;
       ++at) {
    ++missing;
  }
  // The compiler gives up at the first one.
  EXPECT_EQ(missing, 1) << build.outcome.output;
}

// Each on its own, past the first error.
TEST_F(StudentBuildTest, NothingElseIsThere) {
  std::ofstream(folder_ / "secret") << "x";
  std::string code;
  for (const std::string& path :
       {(folder_ / "secret").string(), absl::StrCat(RAFTLAB_SOURCE_DIR, "/tests/cluster.h"),
        std::string("tests/cluster.h"), std::string("raft/raft.h"), std::string("/etc/passwd"),
        std::string("/etc/hostname"), std::string("/dev/zero"), std::string("/proc/self/environ"),
        std::string("../objects")}) {
    absl::StrAppend(&code, "#if __has_include(\"", path, "\")\n#error there is ", path,
                    "\n#endif\n");
  }
  const StudentBuild build = BuildAlone(code);
  EXPECT_TRUE(build.outcome.ok) << build.outcome.output;
}

TEST_F(StudentBuildTest, TheAssemblerSeesNoMore) {
  for (const char* secret : {"/proc/self/environ", "/etc/passwd", RAFTLAB_SOURCE_DIR "/lab"}) {
    request_.taken.clear();
    const StudentBuild build = BuildAlone(absl::StrCat("asm(\".incbin \\\"", secret, "\\\"\");\n"));
    EXPECT_FALSE(build.outcome.ok) << secret;
    EXPECT_THAT(build.outcome.output, HasSubstr("file not found"));
    EXPECT_EQ(build.findings.at(0).text, "raft/raft.cc:1 has asm, which no Raft needs.");
  }
}

TEST_F(StudentBuildTest, ATemplateBombEnds) {
  request_.limits.cpu = absl::Seconds(2);
  const StudentBuild build = BuildAlone(
      "template <int N, long M> struct B { static constexpr long v = B<N - 1, 2 * M>::v + B<N - 1, "
      "2 * M + 1>::v; };\n"
      "template <long M> struct B<0, M> { static constexpr long v = M; };\n"
      "long v = B<30, 0>::v;\n");
  EXPECT_FALSE(build.outcome.ok);
  EXPECT_THAT(build.outcome.output,
              HasSubstr("The compiler of raft/raft.cc used up its 2 s of CPU time."));
  EXPECT_LT(build.outcome.cpu_seconds, 5);
}

TEST_F(StudentBuildTest, AMemoryBombEnds) {
  request_.limits.memory_bytes = int64_t{200} << 20;
  const StudentBuild build = BuildAlone(
      "#include <utility>\ntemplate <long... N> long Sum(std::integer_sequence<long, N...>) "
      "{ return (N + ...); }\nlong v = Sum(std::make_integer_sequence<long, 4000000>());\n");
  EXPECT_FALSE(build.outcome.ok);
  EXPECT_THAT(build.outcome.output, HasSubstr("needed more than 200 MiB of memory"));
}

TEST_F(StudentBuildTest, ALargeObjectEnds) {
  request_.limits.file_bytes = 1 << 20;
  const StudentBuild build = BuildAlone("asm(\".data\\n.zero 40000000\");\n");
  EXPECT_FALSE(build.outcome.ok);
  EXPECT_THAT(build.outcome.output, HasSubstr("raft/raft.cc wrote a file of more than 1 MiB."));
}

// What a machine without bubblewrap has.
TEST_F(StudentBuildTest, BuildsWithoutASandbox) {
  Write("raft/raft.cc", "#include \"raft/messages.h\"\nint x;\n");
  request_.sdk.sources = {};
  const auto build = BuildStudent(request_, Sandbox(Sandbox::Kind::kNone));
  ASSERT_TRUE(build.ok()) << build.status();
  EXPECT_TRUE(build->outcome.ok) << build->outcome.output;
}

TEST_F(StudentBuildTest, OutputIsCut) {
  request_.limits.output_bytes = 2000;
  std::string code;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&code, "int f", i, "() { return x; }\n");
  const StudentBuild build = BuildAlone(code);
  EXPECT_FALSE(build.outcome.ok);
  EXPECT_LT(build.outcome.output.size(), 2200u);
  EXPECT_THAT(build.outcome.output, HasSubstr("(The rest was cut.)\nThe compiler of"));
}

TEST_F(StudentBuildTest, SymbolsAreLookedAt) {
  const StudentBuild build = BuildAlone(
      "#include <unistd.h>\n#define CALL _##exit\nextern \"C\" int clock_gettime(int, void*) {\n"
      "  CALL(0);\n  return 0;\n}\n");
  EXPECT_TRUE(build.outcome.ok) << build.outcome.output;
  std::vector<std::string> texts;
  for (const Finding& finding : build.findings) texts.push_back(finding.text);
  EXPECT_THAT(texts,
              ElementsAre("raft/raft.cc:3 has clock_gettime, which no Raft needs.",
                          "The code of raft/raft.cc calls _exit, which no Raft does.",
                          "The code of raft/raft.cc defines clock_gettime, which no Raft does."));
}

TEST_F(StudentBuildTest, OurFaultIsNotTheStudents) {
  request_.tree = folder_ / "nowhere";
  Write("raft/raft.cc", "");
  const auto build = BuildStudent(request_, found_.sandbox);
  EXPECT_THAT(build.status().message(), HasSubstr("cannot read"));
}

TEST(StudentBuild, KnowsItsCompiler) { EXPECT_THAT(CompilerVersion(), HasSubstr(".")); }

}  // namespace
}  // namespace grading
