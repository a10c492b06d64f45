// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/lockdown.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "absl/strings/str_format.h"
#include "sim/failure.h"
#include "sim/node_control.h"
#include "sim/run.h"

namespace sim {
namespace {

constexpr rlim_t kMostMemoryBytes = rlim_t{1} << 30;  // a fiber's stack takes 320 KiB
constexpr rlim_t kMostFiles = 16;                     // the loader opens one at a time
constexpr int kSystemCalls = 1024;

// Written by the handler, read between steps.
bool g_any_refused = false;
bool g_refused[kSystemCalls];
bool g_told[kSystemCalls];

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "node host: %s\n", what);
  _exit(3);
}

// One filter under construction.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_TRAP)) {
    if (context_ == nullptr) Die("seccomp is not there");
  }
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void Allow(std::initializer_list<int> calls) {
    for (const int call : calls) Add(SCMP_ACT_ALLOW, call, {});
  }
  void AllowIf(int call, const scmp_arg_cmp& condition) { Add(SCMP_ACT_ALLOW, call, {condition}); }
  // Refused without a note: what honest libraries try, and do well without.
  void Deny(int error, int call) { Add(SCMP_ACT_ERRNO(static_cast<uint32_t>(error)), call, {}); }

  std::vector<sock_filter> Program() {
    // What is called at every step is looked for first, the rest in a tree.
    seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const int call : {SCMP_SYS(read), SCMP_SYS(write)}) {
      seccomp_syscall_priority(context_, call, 255);
    }
    const int file = memfd_create("raftlab-filter", MFD_CLOEXEC);
    if (file < 0 || seccomp_export_bpf(context_, file) != 0) Die("cannot make a seccomp filter");
    std::vector<sock_filter> program(static_cast<size_t>(lseek(file, 0, SEEK_END)) /
                                     sizeof(sock_filter));
    const auto bytes = static_cast<ssize_t>(program.size() * sizeof(sock_filter));
    if (pread(file, program.data(), static_cast<size_t>(bytes), 0) != bytes) {
      Die("cannot read a seccomp filter back");
    }
    close(file);
    return program;
  }

 private:
  void Add(uint32_t action, int call, std::vector<scmp_arg_cmp> conditions) {
    if (call < 0) return;  // this machine's architecture has no such call
    if (seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(conditions.size()),
                               conditions.data()) != 0) {
      Die("cannot make a seccomp rule");
    }
  }

  scmp_filter_ctx context_;
};

scmp_arg_cmp Is(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp AtMost(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_LE, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp Masked(unsigned argument, uint64_t mask, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

// Memory that is shared with nobody, signals and timers of its own, its frames, what it prints.
void AllowRunning(Filter* filter) {
  filter->Allow({SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
                 SCMP_SYS(madvise), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
                 SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(setitimer),
                 SCMP_SYS(getrusage), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(clock_gettime),
                 SCMP_SYS(gettimeofday), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
                 SCMP_SYS(close), SCMP_SYS(fstat)});
  // Others could be reached through a page of a library that all have mapped.
  filter->AllowIf(SCMP_SYS(futex), Masked(1, FUTEX_PRIVATE_FLAG, FUTEX_PRIVATE_FLAG));
  filter->AllowIf(SCMP_SYS(mmap), Masked(3, MAP_SHARED | MAP_PRIVATE, MAP_PRIVATE));
  for (const int call : {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek)}) {
    filter->AllowIf(call, AtMost(0, kFramesOut));
  }
  filter->AllowIf(SCMP_SYS(newfstatat), Masked(3, AT_EMPTY_PATH, AT_EMPTY_PATH));
  filter->AllowIf(SCMP_SYS(ppoll), Is(1, 0));  // waits for no file: for signals alone
  filter->Deny(ENOTTY, SCMP_SYS(ioctl));
  filter->Deny(ENOSYS, SCMP_SYS(getrandom));
}

bool IsOneOf(int call, std::initializer_list<long> calls) {
  return std::find(calls.begin(), calls.end(), call) != calls.end();
}

[[noreturn]] void FailForEnding(const char* how) {
  Failure failure;
  failure.verdict = Verdict::kContract;
  failure.message =
      absl::StrFormat("the program %s in the middle of the test; a server must not exit", how);
  failure.backtrace = CaptureBacktrace();
  Fail(std::move(failure));
}

void OnRefusedCall(int, siginfo_t* info, void* context) {
  const int call = info->si_syscall;
  if (IsOneOf(call, {SYS_exit, SYS_exit_group})) FailForEnding("ended its own process");
  if (IsOneOf(call, {SYS_kill, SYS_tkill, SYS_tgkill})) {
    FailForEnding("sent a signal (abort(), or a failed assertion?)");
  }
  if (call >= 0 && call < kSystemCalls) g_refused[call] = g_any_refused = true;
  auto* machine = &static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  machine->gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
  machine->regs[0] = static_cast<unsigned long long>(-EPERM);
#else
#error "say here how this processor returns a system call's result"
#endif
}

void Limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
  if (setrlimit(resource, &limit) != 0) Die("cannot limit a node's process");
}

}  // namespace

Lockdown MakeLockdown() {
  Lockdown lockdown;
  {
    Filter filter;
    AllowRunning(&filter);
    filter.Allow({SCMP_SYS(read), SCMP_SYS(pread64)});
    filter.AllowIf(SCMP_SYS(prctl), Is(0, PR_SET_SECCOMP));
    filter.AllowIf(SCMP_SYS(openat), Masked(2, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, O_RDONLY));
    lockdown.loading = filter.Program();
  }
  {
    Filter filter;
    AllowRunning(&filter);
    filter.AllowIf(SCMP_SYS(read), Is(0, kFramesIn));
    lockdown.running = filter.Program();
  }
  return lockdown;
}

void LimitProcess() {
  Limit(RLIMIT_CORE, 0, 0);
  Limit(RLIMIT_CPU, kCpuLimitSeconds, kCpuLimitSeconds + 5);
  Limit(RLIMIT_AS, kMostMemoryBytes, kMostMemoryBytes);
  Limit(RLIMIT_FSIZE, static_cast<rlim_t>(kOutputLimitBytes),
        static_cast<rlim_t>(kOutputLimitBytes));
  Limit(RLIMIT_NOFILE, kMostFiles, kMostFiles);
  struct sigaction action {};
  action.sa_sigaction = OnRefusedCall;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSYS, &action, nullptr);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Die("cannot give up privileges");
}

void PutInForce(const std::vector<sock_filter>& filter) {
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()),
                           .filter = const_cast<sock_filter*>(filter.data())};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
    Die("cannot put a seccomp filter in force");
  }
}

std::vector<std::string> TakeRefusals() {
  std::vector<std::string> sentences;
  if (!g_any_refused) return sentences;
  g_any_refused = false;
  for (int call = 0; call < kSystemCalls; ++call) {
    if (!g_refused[call] || g_told[call]) continue;
    g_told[call] = true;
    char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
    sentences.push_back(absl::StrFormat(
        "a server asked the operating system for \"%s\", and was refused: it has its messages, its "
        "Persister and its memory, and nothing else",
        name != nullptr ? name : "an unknown call"));
    std::free(name);
  }
  return sentences;
}

}  // namespace sim
