// Part of Raftlab, under the MIT License (see LICENSE).
//
// Mistakes that students make. Each gets its verdict, and a message with the words that lead to it.

#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/channel.h"
#include "sim/check.h"
#include "sim/mutex.h"
#include "sim/scenario.h"
#include "sim/sim.h"

namespace sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Runs the mistake on a fiber of node 0.
RunResult Make(std::function<void()> mistake) {
  return RunScenario({.program = [mistake](const BootImage&) { Go("student", mistake); }});
}

std::string BacktraceOf(const RunResult& result) { return absl::StrJoin(result.backtrace, "\n"); }

// ---- Deadlocks. ----

TEST(Deadlock, LockingAMutexTwice) {
  const RunResult result = Make([] {
    Mutex mutex;
    mutex.Lock();
    mutex.Lock();
  });
  EXPECT_EQ(VerdictName(result.verdict), "deadlock");
  EXPECT_THAT(
      result.message,
      AllOf(HasSubstr("node 0"), HasSubstr("\"student\""), HasSubstr("that it has held since"),
            HasSubstr("sim/mistakes_test.cc:"), HasSubstr("not recursive")));
}

TEST(Deadlock, TwoMutexesInTwoOrders) {
  const RunResult result = RunScenario({.program = [](const BootImage&) {
    auto* first = new Mutex;
    auto* second = new Mutex;
    const auto lock_both = [](Mutex* one, Mutex* two) {
      MutexLock outer(one);
      sim::SleepFor(absl::Milliseconds(1));
      MutexLock inner(two);
    };
    Go("left", [=] { lock_both(first, second); });
    Go("right", [=] { lock_both(second, first); });
  }});
  EXPECT_EQ(VerdictName(result.verdict), "deadlock");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"left\""), HasSubstr("\"right\""),
                                    HasSubstr("in one order everywhere")));
  EXPECT_THAT(absl::StrJoin(result.detail, "\n"), HasSubstr("waits for a mutex"));
}

TEST(Deadlock, SendingWhileHoldingWhatTheReceiverNeeds) {
  const RunResult result = RunScenario({.program = [](const BootImage&) {
    auto* mutex = new Mutex;
    auto* channel = new Channel<int>;
    Go("applier", [=] {
      MutexLock lock(mutex);
      channel->Send(1);
    });
    Go("service", [=] {
      sim::SleepFor(absl::Milliseconds(1));
      MutexLock lock(mutex);
      channel->Receive();
    });
  }});
  EXPECT_EQ(VerdictName(result.verdict), "deadlock");
  EXPECT_THAT(result.message, HasSubstr("deadlock on node 0: no fiber can run"));
  EXPECT_THAT(absl::StrJoin(result.detail, "\n"),
              AllOf(HasSubstr("\"applier\" waits for room in a channel"),
                    HasSubstr("\"service\" waits for a mutex"),
                    HasSubstr("\"applier\" has held it since")));
}

TEST(Deadlock, AStdMutexLockedTwice) {
  const RunResult result = Make([] {
    std::mutex mutex;
    mutex.lock();
    mutex.lock();
  });
  EXPECT_EQ(VerdictName(result.verdict), "deadlock");
  EXPECT_THAT(result.message, AllOf(HasSubstr("std::mutex"), HasSubstr("Use sim::Mutex")));
  EXPECT_THAT(BacktraceOf(result), HasSubstr("mistakes_test.cc:"));
}

// ---- What belongs to real threads. ----

TEST(Threads, AStdMutexHeldAcrossASleep) {
  const RunResult result = Make([] {
    static std::mutex mutex;
    std::lock_guard<std::mutex> lock(mutex);
    sim::SleepFor(absl::Milliseconds(1));
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("\"student\" on node 0 holds a std::mutex while it waits"),
                    HasSubstr("Use sim::Mutex")));
}

TEST(Threads, AStdMutexHeldAcrossAChannelAndALock) {
  for (const bool channel : {true, false}) {
    const RunResult result = Make([channel] {
      auto* mutex = new Mutex;
      Go("holder", [mutex] {
        MutexLock lock(mutex);
        sim::SleepFor(absl::Milliseconds(10));
      });
      sim::SleepFor(absl::Milliseconds(1));
      static std::mutex standard;
      std::lock_guard<std::mutex> lock(standard);
      if (channel) Channel<int>().Receive();
      mutex->Lock();
    });
    EXPECT_EQ(VerdictName(result.verdict), "contract");
    EXPECT_THAT(result.message, HasSubstr("holds a std::mutex while it waits"));
  }
}

TEST(Threads, AStdMutexThatNobodyWaitsWithIsFine) {
  const RunResult result = Make([] {
    static std::mutex mutex;
    for (int i = 0; i < 3; ++i) {
      { std::lock_guard<std::mutex> lock(mutex); }
      sim::SleepFor(absl::Milliseconds(1));
    }
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
}

TEST(Threads, StdThreadIsRefused) {
  const RunResult result = Make([] { std::thread([] {}).join(); });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("std::thread"), HasSubstr("Use sim::Go")));
  EXPECT_THAT(BacktraceOf(result), HasSubstr("mistakes_test.cc:"));
}

TEST(Threads, StdAsyncIsRefused) {
  const RunResult result = Make([] { std::async(std::launch::async, [] {}).wait(); });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("std::async"), HasSubstr("Use sim::Go")));
}

// ---- Loops. ----

TEST(Loops, OneThatOnlyComputesIsAHang) {
  const RunResult result = Make([] {
    volatile bool forever = true;
    while (forever) {
    }
  });
  EXPECT_EQ(VerdictName(result.verdict), "hang");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"student\" on node 0"), HasSubstr("endless loop")));
  EXPECT_THAT(BacktraceOf(result), HasSubstr("mistakes_test.cc:"));
}

TEST(Loops, OneThatYieldsMovesTimeToTheLimit) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            for (;;) Yield();
          },
      .test =
          [](World& world) {
            BootAll(world);
            sim::SleepFor(absl::Hours(1));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "liveness");
  EXPECT_THAT(result.message, HasSubstr("has not ended after 120 s of virtual time"));
}

TEST(Loops, OneThatLocksMovesTime) {
  const RunResult result = Make([] {
    Mutex mutex;
    for (;;) MutexLock lock(&mutex);
  });
  // The test goes on and ends when it wants to.
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_GE(result.virtual_time, 1'000'000'000);
}

TEST(Loops, OneThatMakesFibersMovesTime) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            for (;;) {
              Go("child", [] {});
              Yield();
            }
          },
      .test =
          [](World& world) {
            BootAll(world);
            sim::SleepFor(absl::Milliseconds(100));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
}

// The last resort against a run that switches fibers all the time.
TEST(Loops, TooMuchCpuTimeIsAHang) {
  const RunResult result = RunScenario({
      .program =
          [](const BootImage&) {
            rlimit limit{};
            getrlimit(RLIMIT_CPU, &limit);
            if (limit.rlim_cur >= limit.rlim_max)
              Fail(Verdict::kSafety, "the kernel would only kill");
            limit.rlim_cur = 1;
            setrlimit(RLIMIT_CPU, &limit);
            for (int i = 0; i < 2; ++i) {
              Go("student", [] {
                for (;;) {
                  for (int work = 0; work < 1'000; ++work) asm volatile("");
                  Yield();
                }
              });
            }
          },
      .test =
          [](World& world) {
            BootAll(world);
            sim::SleepFor(absl::Hours(1));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "hang");
  EXPECT_THAT(result.message,
              AllOf(HasSubstr("real CPU time"), HasSubstr("\"student\" on node 0")));
}

// Takes the watchdog some fifteen seconds of real time: it must be sure.
TEST(Loops, BlockingInTheSystemIsAHang) {
  const RunResult result = Make([] {
    int ends[2];
    char byte;
    if (pipe(ends) == 0) (void)!read(ends[0], &byte, 1);
  });
  EXPECT_EQ(VerdictName(result.verdict), "hang");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"student\" on node 0"),
                                    HasSubstr("blocked in the operating system")));
}

// ---- Crashes. ----

TEST(Crashes, ANullPointer) {
  const RunResult result = Make([] {
    volatile int* volatile pointer = nullptr;
    *pointer = 1;
  });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_EQ(result.message, "\"student\" on node 0 used a null pointer");
  EXPECT_THAT(BacktraceOf(result), HasSubstr("mistakes_test.cc:"));
}

TEST(Crashes, AWildPointer) {
  const RunResult result = Make([] {
    int* volatile pointer = reinterpret_cast<int*>(0x123456789000);
    *pointer = 1;
  });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message,
              HasSubstr("used memory that it does not have, at address 0x123456789000"));
}

template <int kFrameBytes>
[[gnu::noinline]] int Recurse(int depth) {
  volatile char frame[kFrameBytes];
  frame[0] = static_cast<char>(depth);
  if (depth > 1'000'000'000) return 0;
  return Recurse<kFrameBytes>(depth + 1) + frame[0];
}

TEST(Crashes, AStackOverflow) {
  const RunResult result = Make([] { Recurse<64>(0); });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, HasSubstr("overflowed its stack of 256 KiB"));
  EXPECT_THAT(BacktraceOf(result), HasSubstr("Recurse"));
}

// A frame may be larger than a page: it must not step over the guard.
TEST(Crashes, AStackOverflowOfLargeFrames) {
  const RunResult result = Make([] { Recurse<20'000>(0); });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, HasSubstr("overflowed its stack of 256 KiB"));
}

TEST(Crashes, ADivisionByZero) {
  const RunResult result = Make([] {
    volatile int zero = 0;
    Report("quotient", 100 / zero);
  });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, HasSubstr("divided an integer by zero"));
}

TEST(Crashes, Abort) {
  const RunResult result = Make([] { abort(); });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, HasSubstr("called abort()"));
}

TEST(Crashes, FreeingTwice) {
  const RunResult result = Make([] {
    int* volatile pointer = new int(1);
    delete pointer;
    delete pointer;
  });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
}

TEST(Crashes, AnExceptionThatLeavesAFiber) {
  const RunResult result = Make([] { throw std::out_of_range("index 7 of 3"); });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"student\" on node 0"),
                                    HasSubstr("std::out_of_range"), HasSubstr("index 7 of 3")));
  EXPECT_THAT(BacktraceOf(result), HasSubstr("mistakes_test.cc:"));
}

TEST(Crashes, AnExceptionOfNoStandardType) {
  const RunResult result = Make([] { throw 42; });
  EXPECT_EQ(VerdictName(result.verdict), "crash");
  EXPECT_THAT(result.message, HasSubstr("an exception of type int left a fiber"));
}

TEST(Crashes, AnExceptionThatIsCaughtIsFine) {
  const RunResult result = Make([] {
    for (int i = 0; i < 2; ++i) {
      try {
        sim::SleepFor(absl::Milliseconds(1));
        throw std::runtime_error("handled");
      } catch (const std::exception&) {
        sim::SleepFor(absl::Milliseconds(1));
      }
    }
    Report("done", 1);
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.at("done"), 1);
}

// ---- Memory: no sanitizer is needed to see these go wrong. ----
//
// The blocks are large here: small ones need MakeRepeatable().

#if !defined(__SANITIZE_ADDRESS__)
TEST(Memory, AMemberWithoutAValueIsNotZero) {
  struct State {
    int64_t terms[200];
    int voted_for;
  };
  const RunResult result = Make([] {
    const volatile State* state = new State;
    SIM_REQUIRE(state->voted_for == -1, absl::StrFormat("voted_for is %#x", state->voted_for));
  });
  EXPECT_THAT(result.message, HasSubstr("voted_for is 0x5a5a5a5a"));
}

TEST(Memory, AnEntryOfALogThatHasGrownIsGone) {
  const RunResult result = Make([] {
    std::vector<int64_t> terms(400, 3);
    const volatile int64_t* entry = &terms[200];
    terms.resize(1000);
    SIM_REQUIRE(*entry == 3, absl::StrFormat("its term is %#x", *entry));
  });
  EXPECT_THAT(result.message, HasSubstr("its term is 0xa5a5a5a5a5a5a5a5"));
}
#endif

// ---- Leaving. ----

TEST(Exits, EveryWayOutIsNamed) {
  const struct {
    const char* name;
    void (*leave)();
  } kWays[] = {
      {"exit()", [] { exit(0); }},
      {"_exit()", [] { _exit(0); }},
      {"_Exit()", [] { _Exit(0); }},
      {"quick_exit()", [] { quick_exit(0); }},
  };
  for (const auto& way : kWays) {
    const RunResult result = Make(way.leave);
    EXPECT_EQ(VerdictName(result.verdict), "contract") << way.name;
    EXPECT_THAT(result.message, AllOf(HasSubstr(way.name), HasSubstr("a server must not exit")));
    EXPECT_THAT(BacktraceOf(result), HasSubstr("mistakes_test.cc:")) << way.name;
  }
}

TEST(Exits, ASystemCallIsNoPassEither) {
  const RunResult result = Make([] { syscall(SYS_exit_group, 0); });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, HasSubstr("the program ended itself with status 0"));
}

TEST(Exits, PrintingAGigabyteIsStopped) {
  const RunResult result = Make([] {
    const std::string line(1000, 'x');
    for (int i = 0; i < 1'000'000; ++i) std::puts(line.c_str());
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("\"student\" on node 0 printed more than 16 MiB"),
                                    HasSubstr("use sim::Log")));
  EXPECT_EQ(result.output.size(), size_t{64} << 10);
}

// ---- Shared memory. ----

TEST(SharedMemory, WakingAnotherNodesFiberIsNamed) {
  const RunResult result = RunScenario({
      .nodes = 2,
      .program =
          [](const BootImage& image) {
            static Channel<int> shared;
            if (image.node == 0) {
              shared.Receive();
            } else {
              sim::SleepFor(absl::Milliseconds(1));
              shared.Send(1);
            }
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("node 1 woke the fiber \"main\" of node 0"),
                                    HasSubstr("share no memory"), HasSubstr("static variable")));
}

TEST(SharedMemory, LockingAMutexThatAnotherNodeHoldsIsNamed) {
  const RunResult result = RunScenario({
      .nodes = 2,
      .program =
          [](const BootImage&) {
            static Mutex shared;
            MutexLock lock(&shared);
            sim::SleepFor(absl::Milliseconds(1));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "contract");
  EXPECT_THAT(result.message, AllOf(HasSubstr("servers share no memory"), HasSubstr("node 0"),
                                    HasSubstr("node 1"), HasSubstr("static variable")));
}

TEST(SharedMemory, ANodeThatWakesADeadOnesFiberDoesNothing) {
  const RunResult result = RunScenario({
      .nodes = 2,
      .program =
          [](const BootImage& image) {
            static Channel<int> shared(10);
            if (image.node == 0) {
              shared.Receive();
              Report("ran after its crash", 1);
            } else {
              sim::SleepFor(absl::Milliseconds(10));
              shared.Send(1);
            }
          },
      .test =
          [](World& world) {
            BootAll(world);
            sim::SleepFor(absl::Milliseconds(5));
            world.Crash(0);
            sim::SleepFor(absl::Milliseconds(100));
          },
  });
  EXPECT_EQ(VerdictName(result.verdict), "pass") << result.message;
  EXPECT_EQ(result.stats.count("ran after its crash"), 0u);
}

// ---- The report. ----

TEST(Report, SaysWhatHappenedWhereAndHowToSeeItAgain) {
  const Scenario scenario = {
      .options = {.seed = 17, .strategy = StrategyKind::kFifo, .verbose = true},
      .program =
          [](const BootImage&) {
            Log(Topic::kRole, "follower -> candidate term=1");
            std::puts("hello from the program");
            sim::SleepFor(absl::Milliseconds(250));
            volatile int* volatile pointer = nullptr;
            *pointer = 1;
          },
  };
  const std::string report =
      FormatReport(RunScenario(scenario), "Raft2A.InitialElection", scenario.options,
                   "./lab replay Raft2A.InitialElection --seed 17");
  EXPECT_THAT(report,
              HasSubstr("crash: Raft2A.InitialElection, seed 17, fifo schedule, at 0.250 s of "
                        "virtual time\n  \"main\" on node 0 used a null pointer\n"));
  EXPECT_THAT(report, HasSubstr("where it happened:\n    sim/mistakes_test.cc:"));
  EXPECT_THAT(report, HasSubstr("n0  ROLE  follower -> candidate term=1"));
  EXPECT_THAT(report, HasSubstr("hello from the program"));
  EXPECT_THAT(report, HasSubstr("\n  replay: ./lab replay Raft2A.InitialElection --seed 17\n"));
  EXPECT_THAT(report, Not(HasSubstr("warnings")));
}

}  // namespace
}  // namespace sim
