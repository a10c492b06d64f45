// Part of Raftlab, under the MIT License (see LICENSE).
//
// Programs that misbehave, under limits and in the sandbox. Each is a line of bash. Where
// bubblewrap cannot run, the tests of what it hides are skipped.

#include "grading/sandbox.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grading/process.h"
#include "grading/run_limited.h"

namespace grading {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SandboxTest : public ::testing::TestWithParam<Sandbox::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Sandbox::Kind::kBubblewrap && !FindSandbox().warning.empty()) {
      GTEST_SKIP() << FindSandbox().warning;
    }
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  LimitedRun Run(const std::string& script, Streams streams = Streams::kOutputAndErrors) {
    const auto command = sandbox_.Command(spec_, limits_, {"bash", "-c", script});
    const absl::StatusOr<LimitedRun> run = RunLimited(command, limits_, streams);
    EXPECT_TRUE(run.ok()) << run.status();
    return run.value_or(LimitedRun());
  }

  const std::string folder_ =
      std::filesystem::temp_directory_path() / absl::StrCat("raftlab-sandbox-test.", getpid());
  const Sandbox sandbox_{GetParam()};
  SandboxSpec spec_;
  SandboxLimits limits_ = {.cpu = absl::Seconds(10), .wall = absl::Seconds(60)};
};

INSTANTIATE_TEST_SUITE_P(Kinds, SandboxTest,
                         testing::Values(Sandbox::Kind::kBubblewrap, Sandbox::Kind::kNone),
                         [](const auto& test) {
                           return test.param == Sandbox::Kind::kNone ? "None" : "Bubblewrap";
                         });

TEST_P(SandboxTest, TellsHowItEnded) {
  EXPECT_EQ(Run("exit 0").end, "");
  EXPECT_EQ(Run("exit 3").end, "ended with exit code 3");
  EXPECT_EQ(Run("kill -SEGV $$").end, "was killed by signal 11 (Segmentation fault)");
  const LimitedRun run = Run("echo out; echo err >&2; cat");
  EXPECT_EQ(run.output, "out\nerr\n");
  EXPECT_TRUE(run.ok());
  EXPECT_EQ(Run("echo out; echo err >&2", Streams::kOutput).output, "out\n");
}

TEST_P(SandboxTest, HasItsEnvironmentAndFolderAlone) {
  setenv("RAFTLAB_SECRET", "1", 1);
  spec_.environment = {{"NAME", "a value"}};
  EXPECT_EQ(Run("echo $NAME; echo $RAFTLAB_SECRET; pwd").output, "a value\n\n/tmp\n");
  unsetenv("RAFTLAB_SECRET");
}

TEST_P(SandboxTest, HasNoDescriptorOfOurs) {
  std::filesystem::create_directories(folder_);
  const int secret = open(folder_.c_str(), O_RDONLY | O_DIRECTORY);  // without O_CLOEXEC
  spec_.proc = true;
  EXPECT_EQ(Run("for i in {3..99}; do [[ -e /proc/self/fd/$i && $i != 255 ]] && echo $i; done; "
                "true")
                .output,
            "");
  close(secret);
}

TEST_P(SandboxTest, OutputIsCut) {
  limits_.output_bytes = 1000;
  const LimitedRun run = Run("head -c 5000000 /usr/bin/bash");
  EXPECT_TRUE(run.ok()) << run.Why();
  EXPECT_TRUE(run.output_cut);
  EXPECT_EQ(run.output.size(), 1000u);
  EXPECT_FALSE(Run("echo x").output_cut);
}

TEST_P(SandboxTest, CpuTimeEnds) {
  limits_.cpu = absl::Seconds(1);
  EXPECT_EQ(Run("while true; do :; done").limit, "used up its 1 s of CPU time");
  // As a compiler's driver does: its own end is no signal.
  const LimitedRun run = Run("bash -c 'while true; do :; done'; exit 4");
  EXPECT_EQ(run.end, "ended with exit code 4");
  EXPECT_EQ(run.limit, "used up its 1 s of CPU time");
  EXPECT_GT(run.cpu_seconds, 0.5);
}

TEST_P(SandboxTest, WallTimeEnds) {
  limits_.wall = absl::Milliseconds(500);
  EXPECT_EQ(Run("sleep 1000").limit, "was stopped after 0.5 s of wall-clock time");
}

TEST_P(SandboxTest, NothingOutlivesIt) {
  const std::string mark = absl::StrCat("1000.", getpid());
  const auto run = Run(
      absl::StrCat("setsid sleep ", mark, " & disown; (setsid sleep ", mark, " &) ; echo done"));
  EXPECT_EQ(run.output, "done\n");
  EXPECT_NE(std::system(absl::StrCat("pgrep -f '^sleep ", mark, "' > /dev/null").c_str()), 0);
  limits_.wall = absl::Milliseconds(300);
  EXPECT_NE(Run(absl::StrCat("setsid sleep ", mark, "& sleep 100")).limit, "");
  EXPECT_NE(std::system(absl::StrCat("pgrep -f '^sleep ", mark, "' > /dev/null").c_str()), 0);
}

TEST_P(SandboxTest, FilesAreLimited) {
  limits_.file_bytes = 1 << 20;
  std::filesystem::create_directories(folder_ + "/out");
  ASSERT_TRUE(GiveToSandbox(folder_ + "/out").ok());
  spec_.writable = {{.host = folder_ + "/out", .inside = "/out"}};
  spec_.working_folder = "/out";
  EXPECT_EQ(Run("exec tail -c 5000000 /usr/bin/git > large").limit,
            "wrote a file of more than 1024 KiB");
  EXPECT_EQ(std::filesystem::file_size(folder_ + "/out/large"), 1u << 20);
}

TEST_P(SandboxTest, MemoryIsLimited) {
  limits_.memory_bytes = int64_t{64} << 20;
  const LimitedRun run =
      Run("head -c 300000000 /usr/bin/../../dev/null; x=$(printf '%0200000000d' 1)");
  EXPECT_NE(run.end, "");
  EXPECT_THAT(run.output, HasSubstr("cannot allocate"));
}

// At most 60 processes, each for a second, even if no limit works.
TEST_P(SandboxTest, ForksAreLimited) {
  limits_.processes = 20;
  const std::string forks =
      "$| = 1; for (1..60) { $p = fork(); last if !defined $p; if (!$p) { sleep 1; exit } $n++ } "
      "print $n";
  // The limit counts all processes of the user, also those of tests that run at the same time.
  int started = 0;
  for (int tries = 0; started <= 5 && tries < 10; ++tries) {
    if (tries > 0) absl::SleepFor(absl::Seconds(2));
    const LimitedRun run = Run(absl::StrCat("exec perl -e '", forks, "'"));
    if (!absl::SimpleAtoi(run.output, &started)) started = 0;
  }
  EXPECT_GT(started, 5);
  EXPECT_LT(started, 20);
}

class BubblewrapTest : public SandboxTest {};
INSTANTIATE_TEST_SUITE_P(Kinds, BubblewrapTest, testing::Values(Sandbox::Kind::kBubblewrap),
                         [](const auto&) { return "Bubblewrap"; });

TEST_P(BubblewrapTest, SeesNothingElse) {
  std::ofstream(folder_ + "/secret") << "the hidden tests";
  std::ofstream(folder_ + "/given") << "given";
  spec_.read_only = {{.host = folder_ + "/given", .inside = "/files/given"}};
  EXPECT_EQ(Run("cat /files/given").output, "given");
  EXPECT_THAT(Run(absl::StrCat("cat ", folder_, "/secret")).output, HasSubstr("No such file"));
  EXPECT_THAT(Run("cat /files/../etc/passwd").output, HasSubstr("No such file"));
  EXPECT_EQ(Run("echo /* /etc/* /dev/* /home/*").output,
            Run("echo /bin /dev /etc /files /lib* /sbin /tmp /usr /etc/alternatives /dev/null "
                "'/home/*'")
                .output);
  EXPECT_THAT(Run("cat /proc/1/environ").output, HasSubstr("No such file"));
}

TEST_P(BubblewrapTest, ChangesNothing) {
  std::ofstream(folder_ + "/given") << "given";
  spec_.read_only = {{.host = folder_ + "/given", .inside = "/files/given"}};
  for (const char* script :
       {"echo x > /files/given", "echo x > /files/new", "echo x > /new", "echo x > /usr/new",
        "echo x > /dev/new", "rm /files/given", "mv /tmp /files/tmp", "chmod 777 /files"}) {
    EXPECT_NE(Run(script).end, "") << script;
  }
  EXPECT_EQ(std::filesystem::file_size(folder_ + "/given"), 5u);
  EXPECT_EQ(Run("echo x > /tmp/new").end, "");
  limits_.tmp_bytes = 1 << 20;
  EXPECT_THAT(Run("for i in 1 2 3; do tail -c 1000000 /usr/bin/git > /tmp/$i; done").output,
              HasSubstr("No space left"));
}

TEST_P(BubblewrapTest, HasNoPowers) {
  spec_.proc = true;
  EXPECT_NE(Run("unshare --user true").end, "");
  EXPECT_NE(Run("mount -t tmpfs none /tmp").end, "");
  EXPECT_THAT(Run("grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status").output,
              AnyOf("CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n"));
  EXPECT_NE(Run("id -u").output, "0\n");
}

TEST_P(BubblewrapTest, HasNoNetworkAndNoOtherProcesses) {
  spec_.proc = true;
  EXPECT_EQ(Run("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").output, "lo\n");
  EXPECT_NE(Run(absl::StrCat("kill -0 ", getpid())).end, "");
  EXPECT_THAT(Run("ls /proc | grep -c '^[0-9]'").output, Not(HasSubstr("00")));
  EXPECT_EQ(kill(getpid(), 0), 0);
  EXPECT_NE(Run("kill -KILL -1; sleep 5; kill -KILL $$").end,
            "");  // all that it can kill is itself
}

TEST(RunLimited, AnInterruptLeavesNothing) {
  const std::string mark = absl::StrCat("1001.", getpid());
  const std::string started = absl::StrCat(testing::TempDir(), "run_limited_test.", getpid());
  const pid_t tool = fork();
  if (tool == 0) {
    CatchInterrupts();
    const std::string script =
        absl::StrCat("setsid sleep ", mark, " & touch ", started, "; sleep ", mark);
    const auto run = RunLimited({"bash", "-c", script}, {});
    _exit(absl::IsCancelled(run.status()) ? 0 : 1);
  }
  while (access(started.c_str(), F_OK) != 0) usleep(1000);
  kill(tool, SIGINT);
  int status = -1;
  waitpid(tool, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(std::system(absl::StrCat("pgrep -f '^sleep ", mark, "' > /dev/null").c_str()), 0);
  unlink(started.c_str());
}

TEST(RunLimited, WhatCannotStartSaysSo) {
  const auto run = RunLimited({"/nonexistent/program"}, {});
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->end, "ended with exit code 127");
  EXPECT_THAT(run->output, HasSubstr("cannot start /nonexistent/program: No such file"));
}

TEST(FindSandbox, SaysWhyThereIsNone) {
  const std::string path = getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  const FoundSandbox found = FindSandbox();
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(found.sandbox.kind(), Sandbox::Kind::kNone);
  const std::string user =
      geteuid() == 0 ? absl::StrCat("user ", kSandboxUser) : std::string("this user");
  EXPECT_EQ(found.warning,
            absl::StrCat("There is no sandbox, so student code can read and write whatever ", user,
                         " can: the program bwrap is not installed."));
  EXPECT_THAT(Protection(found.sandbox), HasSubstr("with limits alone"));
  EXPECT_THAT(Protection(Sandbox(Sandbox::Kind::kBubblewrap)), HasSubstr("in bubblewrap"));
}

}  // namespace
}  // namespace grading
