// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/signals.h"

#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <iterator>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <sys/time.h>
#include <ucontext.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/clock.h"
#include "sim/failure.h"
#include "sim/machine.h"
#include "sim/run.h"
#include "sim/scheduler.h"

namespace sim {
namespace {

constexpr int kTickMillis = 250;  // of CPU time in the program itself: the kernel takes its own
constexpr int kStillSeconds = 5;  // of real time, between two looks
constexpr int kStillLooks = 3;

uint64_t g_seen_switches = 0;  // at the last tick of CPU time
int g_busy_ticks = 0;
uint64_t g_still_switches = 0;  // at the last look
int g_still_looks = 0;
int64_t g_seen_cpu_micros = 0;

const bool* g_node_waits = nullptr;  // set in a node's own process

// Only what runs on a node's fiber can be the student's; in a node's own process, everything is.
bool OnStudentsSide() {
  if (g_node_waits != nullptr) return true;
  const Machine* machine = Machine::Current();
  return CurrentFiber() != nullptr && machine != nullptr && machine->id() != kJudge;
}

std::string WhoRuns() {
  const Fiber* fiber = CurrentFiber();
  const Machine* machine = Machine::Current();
  if (fiber == nullptr || machine == nullptr) {
    return g_node_waits != nullptr ? "the server's program while it was loaded (a static variable?)"
                                   : "the judge";
  }
  if (machine->id() == kJudge) return absl::StrFormat("the test's fiber \"%s\"", fiber->name);
  return absl::StrFormat("\"%s\" on node %d", fiber->name, machine->id());
}

[[noreturn]] void FailHere(Verdict verdict, std::string message,
                           const void* interrupted = nullptr) {
  Failure failure;
  failure.verdict = OnStudentsSide() ? verdict : Verdict::kFrameworkFault;
  failure.message = std::move(message);
  failure.backtrace = CaptureBacktrace(interrupted);
  Fail(std::move(failure));
}

const void* InstructionOf(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const void*>(machine.pc);
#else
  return nullptr;
#endif
}

bool InGuardPage(const void* address) {
  const Fiber* fiber = CurrentFiber();
  if (fiber == nullptr) return false;
  const char* at = static_cast<const char*>(address);
  return at < fiber->stack && at >= fiber->stack - kGuardBytes;
}

void OnCrash(int number, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  std::string what = absl::StrFormat("died of %s", strsignal(number));
  if (number == SIGSEGV && InGuardPage(info->si_addr)) {
    what = absl::StrFormat("overflowed its stack of %d KiB (does a function call itself for ever?)",
                           kStackBytes >> 10);
  } else if (number == SIGSEGV && address < 4096) {
    what = "used a null pointer";
  } else if (number == SIGSEGV || number == SIGBUS) {
    what = absl::StrFormat("used memory that it does not have, at address %#x", address);
  } else if (number == SIGFPE) {
    what = "divided an integer by zero";
  } else if (number == SIGABRT) {
    what = "called abort() (a failed assertion?)";
  }
  FailHere(Verdict::kCrash, absl::StrCat(WhoRuns(), " ", what), InstructionOf(context));
}

void OnOutputLimit(int) {
  FailHere(Verdict::kContract,
           absl::StrFormat("%s printed more than %d MiB; use sim::Log, which costs nothing until a "
                           "run is replayed",
                           WhoRuns(), kOutputLimitBytes >> 20));
}

void OnCpuTick(int) {
  if (SwitchCount() != g_seen_switches) {
    g_seen_switches = SwitchCount();
    g_busy_ticks = 0;
    return;
  }
  if (++g_busy_ticks * kTickMillis < kHangCpuSeconds * 1000) return;
  FailHere(
      Verdict::kHang,
      absl::StrFormat("%s has computed for %d s of real CPU time without a wait: an endless loop? "
                      "(virtual time cannot move until every fiber waits)",
                      WhoRuns(), kHangCpuSeconds));
}

// An honest run takes a hundredth of it, whoever's turn it is when the limit comes.
void OnCpuLimit(int) {
  Failure failure;
  failure.verdict = Verdict::kHang;
  failure.message = absl::StrFormat("the run used %d s of real CPU time; now runs %s",
                                    kCpuLimitSeconds, WhoRuns());
  failure.backtrace = CaptureBacktrace();
  Fail(std::move(failure));
}

int64_t CpuMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * int64_t{1'000'000} +
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

// Neither computes nor switches: it is blocked in the system, where virtual time cannot reach it.
void OnStillTick(int) {
  const int64_t cpu = CpuMicros();
  const bool still = SwitchCount() == g_still_switches && cpu - g_seen_cpu_micros < 10'000 &&
                     (g_node_waits == nullptr || !*g_node_waits);
  g_seen_cpu_micros = cpu;
  g_still_switches = SwitchCount();
  g_still_looks = still ? g_still_looks + 1 : 0;
  if (g_still_looks < kStillLooks) return;
  FailHere(
      Verdict::kHang,
      absl::StrFormat("%s is blocked in the operating system (a real lock such as absl::Mutex, or "
                      "a read?); use what sim/ has",
                      WhoRuns()));
}

[[noreturn]] void OnTerminate() {
  std::string what = "std::terminate was called";
  if (const std::type_info* type = abi::__cxa_current_exception_type()) {
    int status = 0;
    char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    what = absl::StrCat("an exception of type ", name != nullptr ? name : type->name(),
                        " left a fiber");
    // Looking at it is safe: it is being handled right here.
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& exception) {
      absl::StrAppend(&what, ": ", exception.what());
    } catch (...) {
    }
  }
  FailHere(Verdict::kCrash, absl::StrCat(WhoRuns(), ": ", what));
}

void Handle(int number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

void StartTimer(__itimer_which which, int64_t micros) {
  itimerval timer{};
  timer.it_interval.tv_sec = micros / 1'000'000;
  timer.it_interval.tv_usec = micros % 1'000'000;
  timer.it_value = timer.it_interval;
  setitimer(which, &timer, nullptr);
}

}  // namespace

void SetNodeProcess(const bool* waiting) { g_node_waits = waiting; }

void InstallSignalHandlers() {
  static char stack[64 << 10];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof(stack);
  sigaltstack(&alternate, nullptr);

  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    struct sigaction action {};
    action.sa_sigaction = OnCrash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    sigaction(number, &action, nullptr);
  }
  Handle(SIGXFSZ, OnOutputLimit, SA_ONSTACK);
  Handle(SIGXCPU, OnCpuLimit, SA_ONSTACK);
  Handle(SIGVTALRM, OnCpuTick, SA_ONSTACK | SA_RESTART);
  Handle(SIGALRM, OnStillTick, SA_ONSTACK | SA_RESTART);
  StartTimer(ITIMER_VIRTUAL, kTickMillis * 1000);
  StartTimer(ITIMER_REAL, kStillSeconds * int64_t{1'000'000});
  std::set_terminate(OnTerminate);
}

}  // namespace sim
