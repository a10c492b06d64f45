// Part of Raftlab, under the MIT License (see LICENSE).
//
// Between this process and the command stands a supervisor, forked from this process. It is who
// orphans in the command's family are given to, so it sees the CPU time of all of them and can kill
// all of them, also those that left their process group.

#include "grading/run_limited.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grading/process.h"

namespace grading {
namespace {

// A supervisor that has not ended so long after the wall limit is killed itself.
constexpr absl::Duration kGrace = absl::Seconds(20);
// How often those who are to die are looked for.
constexpr absl::Duration kKillEvery = absl::Milliseconds(5);

// What the supervisor tells.
struct Report {
  int status = 0;  // of waitpid
  bool timed_out = false;
  double cpu_seconds = 0;
  double wall_seconds = 0;
};

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

[[noreturn]] void BecomeCommand(const std::vector<std::string>& command, Streams streams) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(streams == Streams::kOutputAndErrors ? STDOUT_FILENO : null, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  const absl::Status failure = Exec(command);
  dprintf(STDERR_FILENO, "%s\n", std::string(failure.message()).c_str());
  _exit(127);
}

void KillChildren() {
  std::ifstream children(absl::StrCat("/proc/self/task/", getpid(), "/children"));
  for (pid_t pid = 0; children >> pid;) kill(pid, SIGKILL);
}

// Until a child ends, or SIGTERM comes, or `patience` is over. True at SIGTERM.
bool AwaitSignal(const sigset_t& signals, absl::Duration patience) {
  const timespec time = absl::ToTimespec(std::max(patience, absl::ZeroDuration()));
  return sigtimedwait(&signals, nullptr, &time) == SIGTERM;
}

// Runs the command and all that it leaves to their end.
Report Supervise(const std::vector<std::string>& command, absl::Duration wall, Streams streams) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // with it the command goes, too
  Report report;
  const absl::Time start = absl::Now();
  pid_t main = fork();
  if (main == 0) BecomeCommand(command, streams);
  bool killing = false;
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended == main) {
      report.status = status;
      report.wall_seconds = absl::ToDoubleSeconds(absl::Now() - start);
      main = -2;       // no process
      killing = true;  // what it left
    }
    if (ended > 0) continue;
    if (ended < 0) break;  // none is left
    const absl::Duration left = wall - (absl::Now() - start);
    if (!killing && left <= absl::ZeroDuration()) report.timed_out = killing = true;
    if (killing) {
      if (main > 0) kill(main, SIGKILL);
      KillChildren();
    }
    if (AwaitSignal(signals, killing ? kKillEvery : left)) killing = true;
  }
  rusage usage = {};
  getrusage(RUSAGE_CHILDREN, &usage);
  report.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  return report;
}

// Bubblewrap and shells end with 128 + N when their program was killed by signal N.
int StatusOfProgram(int status) {
  const int signal = WIFEXITED(status) ? WEXITSTATUS(status) - 128 : 0;
  return signal > 0 && signal < NSIG ? signal : status;
}

std::string LimitInWords(const Report& report, int status, const SandboxLimits& limits) {
  if (report.timed_out) {
    return absl::StrCat("was stopped after ", absl::ToDoubleSeconds(limits.wall),
                        " s of wall-clock time");
  }
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGXFSZ) {
    return absl::StrCat("wrote a file of more than ", limits.file_bytes >> 10, " KiB");
  }
  // A driver survives the death of its compiler, so its own end need not show the limit. The kernel
  // counts in ticks and may be early.
  const double cpu = absl::ToDoubleSeconds(limits.cpu);
  const double nearly = cpu - std::max(0.5, cpu * 0.02);
  const bool used_up = cpu > 0 && status != 0 && report.cpu_seconds > nearly;
  if (signal == SIGXCPU || used_up) return absl::StrCat("used up its ", cpu, " s of CPU time");
  return "";
}

// Adds what still fits.
void Keep(const std::string& chunk, int64_t limit, LimitedRun* run) {
  const size_t room = static_cast<size_t>(limit) - run->output.size();
  run->output.append(chunk, 0, room);
  if (chunk.size() > room) run->output_cut = true;
}

}  // namespace

absl::StatusOr<LimitedRun> RunLimited(const std::vector<std::string>& command,
                                      const SandboxLimits& limits, Streams streams) {
  const absl::Duration wall =
      limits.wall > absl::ZeroDuration() ? limits.wall : absl::Hours(24 * 365);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("cannot make a pipe: ", std::strerror(errno)));
  }
  absl::StatusOr<Child> child = Child::Start([&] {
    const Report report = Supervise(command, wall, streams);
    return write(ends[1], &report, sizeof(report)) == sizeof(report) ? 0 : 1;
  });
  close(ends[1]);
  const absl::Time deadline = absl::Now() + wall + kGrace;
  LimitedRun run;
  absl::Status failure = child.status();
  for (std::string chunk; failure.ok(); chunk.clear()) {
    const Child::Event event = child->Wait(absl::Milliseconds(200), false, &chunk);
    if (event == Child::Event::kEnd) break;
    Keep(chunk, limits.output_bytes, &run);
    if (InterruptSignal() != 0) failure = absl::CancelledError("was interrupted");
    if (absl::Now() > deadline) failure = absl::InternalError("could not be stopped");
  }
  Report report;
  if (failure.ok() && read(ends[0], &report, sizeof(report)) != sizeof(report)) {
    failure = absl::InternalError(absl::StrCat("the supervisor ", child->Reap()));
  }
  close(ends[0]);
  if (!failure.ok()) {
    if (child.ok()) child->Terminate();
    return failure;
  }
  const int status = StatusOfProgram(report.status);
  run.end = EndInWords(status);
  run.limit = LimitInWords(report, status, limits);
  run.cpu_seconds = report.cpu_seconds;
  run.wall_seconds = report.wall_seconds;
  return run;
}

}  // namespace grading
