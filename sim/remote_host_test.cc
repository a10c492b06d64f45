// Part of Raftlab, under the MIT License (see LICENSE).
//
// Nodes in processes of their own, and most of them hostile: whatever one does, the run ends with a
// verdict and a sentence, and never as a fault of the framework or as passed.

#include "sim/remote_host.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sim/host_process.h"
#include "sim/run.h"
#include "sim/sim.h"
#include "sim/symbolize.h"
#include "sim/world.h"

namespace sim {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class RemoteNodes : public testing::Test {
 protected:
  void TearDown() override { StopNodeHost(); }

  static void Start(const std::string& library = "misbehaving") {
    StopNodeHost();
    const absl::Status started =
        StartNodeHost({NODE_HOST, absl::StrCat(NODES, "/libnode_", library, ".so")});
    ASSERT_TRUE(started.ok()) << started;
  }

  // A world of nodes that run this program; without a test of its own, for a second. What they say
  // is printed, "n0 text" a line.
  static RunResult Run(const std::string& program, int nodes = 1,
                       const std::function<void(World&)>& test = {}) {
    if (NodeHostSocket() < 0) Start();
    return RunInChild({}, [&](World& world) {
      world.AddNodes(std::make_unique<RemoteHost>(world.host_options()), nodes);
      world.SetOutputHandler([](NodeId node, Output& output) {
        if (output.kind != Output::Kind::kEvent) return;
        std::printf("n%d %s\n", node, output.bytes.substr(0, 200).c_str());
      });
      world.Run([&] {
        if (test) return test(world);
        for (NodeId node = 0; node < nodes; ++node) world.Boot(node, nodes, program);
        sim::SleepFor(absl::Seconds(1));
      });
    });
  }

  static void ExpectEnd(const std::string& program, Verdict verdict, const std::string& words) {
    SCOPED_TRACE(program);
    const RunResult result = Run(program);
    EXPECT_EQ(VerdictName(result.verdict), VerdictName(verdict)) << result.message;
    EXPECT_THAT(result.message, HasSubstr(words));
  }
};

TEST_F(RemoteNodes, AnHonestNodeAnswers) {
  const RunResult result = Run("echo", 2, [](World& world) {
    for (NodeId node : {0, 1}) world.Boot(node, 2, "echo");
    world.Deliver(1, {.method = "A", .bytes = "one"});
    sim::SleepFor(absl::Milliseconds(10));
    world.Deliver(0, {.method = "B", .bytes = std::string(1 << 20, 'b')});
    sim::SleepFor(absl::Milliseconds(10));
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_THAT(result.output, StartsWith("n1 A=one\nn0 B=bbbb"));
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST_F(RemoteNodes, CrashesAreTheNodes) {
  ExpectEnd("null", Verdict::kCrash, "\"main\" on node 0 used a null pointer");
  ExpectEnd("throw", Verdict::kCrash, "an exception of type std::runtime_error left a fiber: from");
  ExpectEnd("overflow", Verdict::kCrash, "overflowed its stack");
  ExpectEnd("abort", Verdict::kContract, "abort()");
}

TEST_F(RemoteNodes, NobodyExits) {
  ExpectEnd("exit", Verdict::kContract, "called exit() in the middle of the test");
  ExpectEnd("_exit", Verdict::kContract, "called _exit() in the middle of the test");
  ExpectEnd("raw exit", Verdict::kContract, "ended its own process in the middle of the test");
  ExpectEnd("raw exit, unguarded", Verdict::kCrash, "killed by signal 31");
  ExpectEnd("kill", Verdict::kContract, "sent a signal");
}

TEST_F(RemoteNodes, HangsEnd) {
  ExpectEnd("loop", Verdict::kHang, "has computed for 2 s of real CPU time");
  ExpectEnd("block", Verdict::kHang, "is blocked in the operating system");
}

TEST_F(RemoteNodes, TooMuchOfAnythingEnds) {
  ExpectEnd("print", Verdict::kContract, "printed more than 16 MiB");
  ExpectEnd("allocate", Verdict::kCrash, "std::bad_alloc");
}

TEST_F(RemoteNodes, TheSystemIsRefusedWithAWarning) {
  const std::map<std::string, std::string> calls = {
      {"open", "openat"}, {"write file", "openat"}, {"socket", "socket"},
      {"fork", "clone"},  {"share", "mmap"},        {"shared futex", "futex"},
  };
  for (const auto& [program, call] : calls) {
    SCOPED_TRACE(program);
    const RunResult result = Run(program);
    EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
    EXPECT_THAT(result.output, HasSubstr("errno 1"));  // EPERM
    EXPECT_THAT(result.warnings, ElementsAre(HasSubstr(absl::StrCat("\"", call, "\""))));
  }
}

TEST_F(RemoteNodes, ForgedFramesEndTheRun) {
  const std::string forged = "does not keep to the judge's protocol";
  ExpectEnd("garbage", Verdict::kContract, forged);
  ExpectEnd("unknown kind", Verdict::kContract, "a frame of another kind was due");
  ExpectEnd("giant length", Verdict::kContract, "a frame of 4294967295 bytes is larger than");
  ExpectEnd("two frames", Verdict::kContract, "more than one frame");
  ExpectEnd("forged past", Verdict::kContract, "clock is before its beginning");
  ExpectEnd("forged future", Verdict::kContract, "or long after it");
}

TEST_F(RemoteNodes, NoVerdictOfANodesSavesIt) {
  for (const char* program : {"forged pass", "forged skip", "forged fault"}) {
    ExpectEnd(program, Verdict::kContract, "n0's process ended the run: forged");
    EXPECT_THAT(Run(program).backtrace, IsEmpty());
  }
}

TEST_F(RemoteNodes, NoSilenceHoldsTheJudge) {
  ExpectEnd("deaf", Verdict::kContract, "it has closed the descriptor, and goes on");
  const RunResult result = Run("false promise");
  EXPECT_THAT(std::string(VerdictName(result.verdict)), AnyOf("crash", "contract"))
      << result.message;
}

TEST_F(RemoteNodes, TheJudgeOutlivesWhatItIsSent) {
  const RunResult many = Run("many outputs");
  EXPECT_EQ(many.warnings.size(), 100u);
  EXPECT_NE(VerdictName(many.verdict), "framework-fault") << many.message;
  const RunResult flood = Run("", 1, [](World& world) {
    world.Boot(0, 1, "flood");
    std::vector<std::string> kept;
    // A test that keeps what it gets.
    world.SetOutputHandler([&kept](NodeId, Output& output) { kept.push_back(output.bytes); });
    sim::SleepFor(absl::Seconds(10));
  });
  EXPECT_EQ(VerdictName(flood.verdict), "budget") << flood.message;
  EXPECT_THAT(flood.message, HasSubstr("the judge needs more than 2048 MiB"));
}

TEST_F(RemoteNodes, NothingSurvivesALifeAndNothingIsShared) {
  const RunResult result = Run("counter", 2, [](World& world) {
    world.Boot(0, 2, "counter");
    world.Boot(1, 2, "counter");
    sim::SleepFor(absl::Milliseconds(10));
    world.Crash(0);
    world.Boot(0, 2, "counter");
    sim::SleepFor(absl::Milliseconds(10));
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.output, "n0 counter 1\nn1 counter 1\nn0 counter 1\n");
}

TEST_F(RemoteNodes, WhatALifePrintsIsNotForTheNext) {
  const std::string program = "measure what was printed";
  const RunResult result = Run(program, 1, [&](World& world) {
    for (int life = 0; life < 2; ++life) {
      world.Boot(0, 1, program);
      sim::SleepFor(absl::Milliseconds(10));
      world.Crash(0);
    }
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.output,
            "n0 printed before: 0\nn0 printed before: 0\n"
            "a secret for the next life\na secret for the next life\n");
}

TEST_F(RemoteNodes, ALibraryThatCannotLive) {
  Start("throws_early");
  ExpectEnd("", Verdict::kCrash, "while it was loaded");
  Start("exits_early");
  ExpectEnd("", Verdict::kContract, "called _exit()");
  Start("empty");
  ExpectEnd("", Verdict::kContract, "raftlab_program");
  Start("that is not there");
  ExpectEnd("", Verdict::kContract, "cannot be loaded");
}

TEST_F(RemoteNodes, ABacktraceNamesFileAndLine) {
  const RunResult result = Run("null");
  EXPECT_THAT(result.backtrace,
              Contains(testing::ContainsRegex("^sim/nodes_test\\.cc:[0-9]+ .*UseNullPointer")));
  EXPECT_THAT(result.backtrace, Not(Contains(HasSubstr("signals.cc"))));
}

TEST_F(RemoteNodes, OnlyTheNodesOwnModulesAreLookedInto) {
  Start();
  const std::string module = NodeHostModules().back();
  EXPECT_THAT(Symbolize({{"/lab/other.so", 0x1000}, {module, ~uint64_t{0}}}, false), IsEmpty());
  EXPECT_EQ(SymbolsFromNodeHost(std::string(1 << 20, 'x')), "");
  EXPECT_EQ(SymbolsFromNodeHost("--no-such-flag"), "");
}

// Debug information may make addr2line say anything; this one stands in its place.
TEST_F(RemoteNodes, HostileSymbolsAreHarmless) {
  const std::string folder = testing::TempDir() + "raftlab-hostile-symbols";
  std::filesystem::create_directory(folder);
  const std::string program = folder + "/addr2line";
  std::ofstream(program) << R"(#!/bin/sh
printf 'out of turn\nraft/raft.cc:1\n'
printf '0x0000000000001000\n\033[31mred\nraft/raft.cc:7\n'
printf 'absolute\n/etc/passwd:1\nabove\nraft/../../x.cc:1\nframework\nsim/world.cc:1\n'
for i in 1 2 3 4 5 6 7 8 9 0; do printf 'name%0200d\nraft/raft.cc:9\n' 0; done
printf '0x0000000000009999\nnobody asked\nraft/raft.cc:8\n'
head -c 3000000 /dev/zero | tr '\000' 'z'
)";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  setenv("PATH", absl::StrCat(folder, ":", path).c_str(), 1);
  Start();
  const auto lines = Symbolize({{NodeHostModules().back(), 0x1000}}, false);
  setenv("PATH", path.c_str(), 1);
  std::filesystem::remove_all(folder);
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines[0], "raft/raft.cc:7 ?[31mred");
  for (const std::string& line : lines) {
    EXPECT_THAT(line, StartsWith("raft/raft.cc:"));
    EXPECT_LT(line.size(), 400u);
  }
  EXPECT_LE(lines.size(), 100u);
}

TEST_F(RemoteNodes, AHostThatCannotStartSaysSo) {
  StopNodeHost();
  EXPECT_THAT(std::string(StartNodeHost({}).message()), HasSubstr("is missing"));
  EXPECT_THAT(std::string(StartNodeHost({"/no/such/program", "x"}).message()),
              HasSubstr("/no/such/program ended at once"));
  EXPECT_THAT(std::string(StartNodeHost({"false", "x"}).message()), HasSubstr("ended at once"));
  EXPECT_EQ(NodeHostSocket(), -1);
}

TEST_F(RemoteNodes, AHostThatDiesIsTheFrameworksFault) {
  // They say that they are ready, and end at once, or with the first request.
  for (const char* script : {"printf r >&3", "printf r >&3; head -c 1 <&3"}) {
    StopNodeHost();
    ASSERT_TRUE(StartNodeHost({"sh", "-c", script, "x", "y"}).ok());
    const RunResult result = Run("echo");
    EXPECT_EQ(VerdictName(result.verdict), "framework-fault");
    EXPECT_THAT(result.message, HasSubstr("the node host"));
  }
}

}  // namespace
}  // namespace sim
