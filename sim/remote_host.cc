// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/remote_host.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check.h"
#include "sim/node_control.h"
#include "sim/processor.h"
#include "sim/scheduler.h"
#include "sim/signals.h"

namespace sim {
namespace {

// Of real time, until an answer to a frame. A node's own watchdogs speak long before.
constexpr int kSilenceSeconds = 60;
constexpr int kSymbolSeconds = 10;
constexpr int kTickSeconds = 5;
constexpr int kMostTicks = kSilenceSeconds / kTickSeconds;
constexpr int kPipeBytes = 1 << 19;
constexpr size_t kMostPrintedBytes = size_t{64} << 10;
constexpr size_t kMostSymbolBytes = size_t{1} << 20;
constexpr rlim_t kMostMemoryBytes = rlim_t{2} << 30;  // of the judge's process; a run needs 60 MiB

int g_control = -1;
pid_t g_host = -1;

void CloseFile(int* file) {
  if (*file >= 0) close(*file);
  *file = -1;
}

std::string ReadFile(int file, size_t most) {
  std::string bytes(most, '\0');
  const ssize_t got = pread(file, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

// Interrupts waits, so that they can be given up. In the place of the watchdog on standing still:
// this process waits for others, rightly.
void TickWhileWaiting() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const itimerval timer{.it_interval = {.tv_sec = kTickSeconds, .tv_usec = 0},
                        .it_value = {.tv_sec = kTickSeconds, .tv_usec = 0}};
  setitimer(ITIMER_REAL, &timer, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

// What servers put out is kept here until it is due, so they could fill the machine's memory. That
// is their fault, not the judge's.
void LimitMemory() {
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min(kMostMemoryBytes, limit.rlim_max);
  setrlimit(RLIMIT_AS, &limit);
  std::set_new_handler([] {
    rlimit more{};
    getrlimit(RLIMIT_AS, &more);
    more.rlim_cur = more.rlim_max;  // for the report
    setrlimit(RLIMIT_AS, &more);
    Fail(Verdict::kBudget,
         absl::StrFormat("the servers have put out more messages, saves or events than the judge "
                         "can hold in its %d MiB of memory",
                         kMostMemoryBytes >> 20));
  });
}

// Whether something can be read, or the other end has closed, in this many seconds.
bool WaitFor(int file, int seconds) {
  pollfd wait{.fd = file, .events = POLLIN, .revents = 0};
  for (; seconds > 0;
       --seconds) {  // one that is interrupted counts as a second: ticks come for ever
    const int ready = poll(&wait, 1, 1000);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace

absl::Status StartNodeHost(const std::vector<std::string>& command) {
  if (command.empty()) {
    return absl::InvalidArgumentError("the command that starts the node host is missing");
  }
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    return absl::InternalError("there is no socket for the node host");
  }
  const pid_t child = fork();
  if (child < 0) return absl::InternalError("cannot fork the node host");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (sockets[1] == kControlSocket) {
      fcntl(kControlSocket, F_SETFD, 0);
    } else {
      dup2(sockets[1], kControlSocket);
    }
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execvp(words[0], words.data());
    _exit(127);
  }
  close(sockets[1]);
  // It says so when it is ready; a command that cannot start closes the socket.
  char ready = 0;
  if (!WaitFor(sockets[0], kSilenceSeconds) || recv(sockets[0], &ready, 1, 0) != 1) {
    close(sockets[0]);
    return absl::InternalError(
        absl::StrCat("the node host did not start: ", command[0], " ended at once"));
  }
  g_control = sockets[0];
  g_host = child;
  return absl::OkStatus();
}

void StopNodeHost() {
  CloseFile(&g_control);
  if (g_host > 0) waitpid(g_host, nullptr, 0);
  g_host = -1;
}

std::string SymbolsFromNodeHost(const std::string& arguments) {
  if (g_control < 0 || arguments.size() + 1 > kMostRequestBytes) return "";
  int answer = memfd_create("raftlab-symbols", MFD_CLOEXEC);
  int life[2];
  if (pipe2(life, O_CLOEXEC) != 0) return "";
  const int files[] = {answer, life[1]};
  const bool sent =
      SendRequest(g_control, {.kind = NodeRequest::Kind::kSymbols, .text = arguments}, files, 2);
  close(life[1]);
  if (sent) WaitFor(life[0], kSymbolSeconds);
  std::string text = ReadFile(answer, kMostSymbolBytes);
  close(life[0]);
  close(answer);
  return text;
}

RemoteHost::RemoteHost(const HostOptions& options) : options_(options), cpu_(sched_getcpu()) {
  KeepOnProcessor(cpu_);
  TickWhileWaiting();
  LimitMemory();
}

RemoteHost::~RemoteHost() {
  for (auto& [node, process] : processes_) PowerOff(node);
}

void RemoteHost::Boot(const BootImage& image) {
  Process& process = processes_[image.node];
  process.printed = memfd_create("raftlab-printed", MFD_CLOEXEC);
  int to[2];
  int from[2];
  int life[2];
  SIM_CHECK(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0 && pipe2(life, O_CLOEXEC) == 0,
            "no descriptors for another node");
  fcntl(from[1], F_SETPIPE_SZ, kPipeBytes);  // where it may not be so large, it takes more turns
  const int files[] = {to[0], from[1], process.printed, life[1]};
  SIM_CHECK(SendRequest(g_control, {.kind = NodeRequest::Kind::kNode, .cpu = cpu_}, files, 4),
            "the node host is gone");
  for (const int file : {to[0], from[1], life[1]}) close(file);
  process.to = to[1];
  process.from = from[0];
  process.life = life[0];
  out_.clear();
  WriteBoot({.image = image,
             .strategy = options_.strategy,
             .schedule = SeedOfStream(options_.source.seed, LifeStream(image, "schedule")),
             .random = SeedOfStream(options_.source.seed, LifeStream(image, "random")),
             .logging = options_.logging},
            &out_);
  StepResult nothing;
  if (auto failure = Exchange(image.node, FrameKind::kDone)) Fail(*std::move(failure));
  const absl::Status status = ReadDone(frame_, 0, &nothing);
  if (!status.ok()) Fail(Forgery(image.node, std::string(status.message())));
}

void RemoteHost::PowerOff(NodeId node) {
  CloseFile(&process(node).to);
  CloseFile(&process(node).from);
  CloseFile(&process(node).life);
  KeepPrinted(&process(node));
  CloseFile(&process(node).printed);
}

StepResult RemoteHost::Step(NodeId node, Nanos now, std::vector<Input> inputs) {
  out_.clear();
  WriteStep(now, inputs, &out_);
  CountAsSwitch();
  if (auto failure = Exchange(node, FrameKind::kDone)) Fail(*std::move(failure));
  StepResult result;
  const absl::Status status = ReadDone(frame_, now, &result);
  if (!status.ok()) Fail(Forgery(node, std::string(status.message())));
  return result;
}

std::vector<std::string> RemoteHost::DescribeFibers(NodeId node, Nanos at_least) {
  // A report is being made: a node that cannot help with it is left out.
  if (process(node).to < 0) return {};
  out_.clear();
  WriteDescribe(at_least, &out_);
  std::vector<std::string> lines;
  if (Exchange(node, FrameKind::kLines) || !ReadLines(frame_, &lines).ok()) return {};
  return lines;
}

std::string RemoteHost::TakePrinted() {
  std::string text;
  for (auto& [node, process] : processes_) {
    KeepPrinted(&process);
    text += std::exchange(process.printed_before, {});
  }
  return text;
}

void RemoteHost::KeepPrinted(Process* process) {
  if (process->printed < 0) return;
  process->printed_before +=
      ReadFile(process->printed, kMostPrintedBytes - process->printed_before.size());
}

std::optional<Failure> RemoteHost::Exchange(NodeId node, FrameKind kind) {
  std::optional<Failure> failure = Send(node);
  if (!failure.has_value()) failure = Receive(node, kind);
  if (failure.has_value()) PowerOff(node);
  return failure;
}

std::optional<Failure> RemoteHost::Send(NodeId node) {
  int ticks = 0;
  std::string_view rest = out_;
  while (!rest.empty()) {
    const ssize_t sent = write(process(node).to, rest.data(), rest.size());
    if (sent < 0 && errno == EINTR && ++ticks < kMostTicks) continue;
    if (sent < 0 && errno == EINTR) return Silence(node);
    if (sent < 0) break;  // it has ended, or failed: what it said last is still to be read
    rest.remove_prefix(static_cast<size_t>(sent));
  }
  return std::nullopt;
}

std::optional<Failure> RemoteHost::ReceiveBytes(NodeId node, size_t bytes) {
  int ticks = 0;
  constexpr size_t kRoom = 1 << 14;
  while (in_.size() < bytes) {
    const size_t had = in_.size();
    in_.resize(std::max(bytes, had + kRoom));
    const ssize_t got = read(process(node).from, &in_[had], in_.size() - had);
    const int error = errno;
    in_.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got > 0 || (got < 0 && error == EINTR && ++ticks < kMostTicks)) continue;
    return got < 0 && error == EINTR ? Silence(node) : End(node);
  }
  return std::nullopt;
}

std::optional<Failure> RemoteHost::Receive(NodeId node, FrameKind kind) {
  in_.clear();
  if (auto failure = ReceiveBytes(node, kFrameHeaderBytes)) return failure;
  const FrameHeader header = ReadFrameHeader(in_);
  if (header.bytes > kMostFrameBytes) {
    return Forgery(node, absl::StrFormat("a frame of %d bytes is larger than %d", header.bytes,
                                         kMostFrameBytes));
  }
  if (auto failure = ReceiveBytes(node, kFrameHeaderBytes + header.bytes)) return failure;
  if (in_.size() > kFrameHeaderBytes + header.bytes) {
    return Forgery(node, "more than one frame came where one was asked for");
  }
  frame_ = std::string_view(in_).substr(kFrameHeaderBytes);
  if (header.kind == FrameKind::kFailed) return WhatNodeSays(node);
  if (header.kind != kind) return Forgery(node, "a frame of another kind was due");
  return std::nullopt;
}

Failure RemoteHost::WhatNodeSays(NodeId node) {
  Failure failure;
  const absl::Status status = ReadFailed(frame_, &failure);
  if (!status.ok()) return Forgery(node, std::string(status.message()));
  // What runs there is the student's: it may say that it has failed, and nothing else.
  if (failure.verdict == Verdict::kPass || failure.verdict == Verdict::kSkip ||
      failure.verdict == Verdict::kFrameworkFault) {
    failure.message = absl::StrFormat("n%d's process ended the run: %s", node, failure.message);
    failure.verdict = Verdict::kContract;
  }
  return failure;
}

Failure RemoteHost::Silence(NodeId node) {
  return {.verdict = Verdict::kHang,
          .message = absl::StrFormat(
              "n%d has not answered for %d s of real time: its process is blocked, or computes "
              "without end",
              node, kSilenceSeconds)};
}

Failure RemoteHost::End(NodeId node) {
  int status = 0;
  if (!WaitFor(process(node).life, kSymbolSeconds) ||
      read(process(node).life, &status, sizeof(status)) != sizeof(status)) {
    return Forgery(node, "it has closed the pipe and lives on");
  }
  const std::string how =
      WIFSIGNALED(status)
          ? absl::StrFormat("it was killed by signal %d, %s%s", WTERMSIG(status),
                            strsignal(WTERMSIG(status)),
                            WTERMSIG(status) == SIGKILL ? " (too much memory or time?)" : "")
          : absl::StrFormat("it ended itself with status %d", WEXITSTATUS(status));
  return {
      .verdict = Verdict::kCrash,
      .message = absl::StrFormat(
          "n%d's process ended in the middle of the test: %s; a server must not exit", node, how)};
}

Failure RemoteHost::Forgery(NodeId node, const std::string& why) {
  return {.verdict = Verdict::kContract,
          .message = absl::StrFormat(
              "n%d's process does not keep to the judge's protocol: %s. Only the given framework "
              "may write to its descriptor %d",
              node, why, kFramesOut)};
}

}  // namespace sim
