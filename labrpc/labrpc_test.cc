// Part of Raftlab, under the MIT License (see LICENSE).
//
// Calls as a server's code sees them, and the mistakes that one can make with them.

#include "labrpc/labrpc.h"

#include <mutex>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "labrpc/scenario.h"
#include "sim/mutex.h"

namespace labrpc {
namespace {

using sim::RunResult;
using sim::World;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RunResult RunClient(std::function<void()> client) {
  return RunScenario({.client = std::move(client)});
}

TEST(Call, AServerMayCallItself) {
  const RunResult result = RunClient([] { sim::Report("reply", Twice(0, 4).value_or(-1)); });
  EXPECT_EQ(result.stats.at("reply"), 8) << result.message;
}

TEST(Call, AHandlerMayCallOthersAndWait) {
  const RunResult result = RunScenario(
      {.nodes = 3, .client = [] {
         Service relay("Relay");
         relay.Handle<int64_t>("Twice", [](const int64_t& number) {
           return Twice(1, number).value_or(0) + Twice(2, number).value_or(0);
         });
         Serve(relay);
         sim::Report("reply", ClientEnd(0).Call<int64_t>("Relay.Twice", int64_t{3}).value_or(-1));
       }});
  EXPECT_EQ(result.stats.at("reply"), 12) << result.message;
}

TEST(Call, CallerAndHandlerShareNoMemory) {
  const RunResult result = RunClient([] {
    static std::vector<int64_t> kept;
    Service service("Keeper");
    service.Handle<std::vector<int64_t>>("Keep", [](const std::vector<int64_t>& values) {
      kept = values;
      return true;
    });
    Serve(service);
    std::vector<int64_t> values = {1, 2, 3};
    ClientEnd(0).Call<bool>("Keeper.Keep", values);
    values[0] = 99;
    sim::Report("kept", kept[0]);
  });
  EXPECT_EQ(result.stats.at("kept"), 1) << result.message;
}

// ---- Contracts. ----

TEST(Contract, AnUnknownMethodListsTheKnownOnes) {
  const RunResult result = RunClient([] { ClientEnd(1).Call<int64_t>("Echo.Thrice", int64_t{1}); });
  EXPECT_EQ(sim::VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message,
              HasSubstr("node 1 was called as \"Echo.Thrice\", and answers only to: Echo.Length, "
                        "Echo.Slow, Echo.Text, Echo.Twice, Echo.Zeros"));
}

TEST(Contract, ArgumentsOfAnotherTypeAreNamed) {
  const RunResult result =
      RunClient([] { ClientEnd(1).Call<int64_t>("Echo.Twice", std::string("two")); });
  EXPECT_EQ(sim::VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("the arguments of Echo.Twice cannot be read"),
                                    HasSubstr("string"), HasSubstr("int64")));
}

TEST(Contract, AReplyOfAnotherTypeIsNamed) {
  const RunResult result =
      RunClient([] { ClientEnd(1).Call<std::string>("Echo.Twice", int64_t{1}); });
  EXPECT_EQ(sim::VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, HasSubstr("the reply of Echo.Twice cannot be read"));
}

TEST(Contract, AServerThatDoesNotExistIsNamed) {
  for (const int server : {-1, 2}) {
    const RunResult result = RunClient([server] { Twice(server, 1); });
    EXPECT_EQ(sim::VerdictName(result.verdict), "contract");
    EXPECT_THAT(result.message,
                EndsWith(absl::StrCat("node 0 called node ", server, "; there are nodes 0 to 1")));
  }
  EXPECT_THAT(RunClient([] { Twice(0x5a5a5a5a, 1); }).message, HasSubstr("captured by reference"));
}

TEST(Contract, AnExceptionOutOfAHandlerNamesTheMethod) {
  const RunResult result = RunClient([] {
    Service service("Bad");
    service.Handle<int64_t>("Throw",
                            [](const int64_t&) -> int64_t { throw std::runtime_error("oops"); });
    Serve(service);
    ClientEnd(0).Call<int64_t>("Bad.Throw", int64_t{1});
  });
  EXPECT_EQ(sim::VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"Bad.Throw\" on node 0"), HasSubstr("oops")));
}

TEST(ContractDeathTest, OutsideOfARunNobodyAnswers) {
  EXPECT_DEATH(Twice(1, 1), "remote calls work only on a simulated machine");
}

// ---- Locks and calls. ----

TEST(Lock, HeldAcrossACallGivesAWarningThatNamesBothPlaces) {
  const int line = __LINE__;
  const RunResult result = RunClient([] {
    sim::Mutex mutex;
    for (int i = 0; i < 3; ++i) {
      sim::MutexLock lock(&mutex);
      ClientEnd(1).Call<int64_t>("Echo.Twice", int64_t{1});
    }
  });
  EXPECT_EQ(sim::VerdictName(result.verdict), "pass") << result.message;
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_THAT(result.warnings[0], AllOf(HasSubstr(absl::StrCat("labrpc/labrpc_test.cc:", line + 4)),
                                        HasSubstr("Echo.Twice"),
                                        HasSubstr(absl::StrCat("labrpc/labrpc_test.cc:", line + 5)),
                                        HasSubstr("held across the call")));
}

TEST(Lock, ReleasedBeforeTheCallGivesNone) {
  const RunResult result = RunClient([] {
    sim::Mutex mutex;
    { sim::MutexLock lock(&mutex); }
    Twice(1, 1);
  });
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Lock, AStdMutexHeldAcrossACallIsAContractViolation) {
  const RunResult result = RunClient([] {
    static std::mutex mutex;
    std::lock_guard<std::mutex> lock(mutex);
    Twice(1, 1);
  });
  EXPECT_EQ(sim::VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("\"client\" on node 0 holds a std::mutex while it waits"),
                    HasSubstr("Use sim::Mutex")));
}

// Each holds its own lock and calls the other, whose handler needs the lock.
TEST(Lock, TwoServersThatWaitForEachOtherAreADeadlock) {
  const RunResult result =
      RunScenario({.client =
                       [] {
                         auto* mutex = new sim::Mutex;
                         Service service("Locked");
                         service.Handle<int64_t>("Touch", [mutex](const int64_t& number) {
                           sim::MutexLock lock(mutex);
                           return number;
                         });
                         Serve(service);
                         sim::MutexLock lock(mutex);
                         ClientEnd(0).Call<int64_t>("Locked.Touch", int64_t{1});
                       },
                   .test =
                       [](World&, Network&) {
                         sim::WaitQueue never;
                         never.Wait(sim::WaitKind::kReceive, {__FILE__, __LINE__});
                       }});
  EXPECT_EQ(sim::VerdictName(result.verdict), "deadlock");
  const std::string detail = absl::StrJoin(result.detail, "\n");
  EXPECT_THAT(detail, AllOf(HasSubstr("n0: \"client\" waits for the reply to a remote call"),
                            HasSubstr("n0: \"Locked.Touch\" waits for a mutex"),
                            HasSubstr("\"client\" has held it since")));
  EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("held across the call of Locked.Touch")));
}

}  // namespace
}  // namespace labrpc
