// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/remote_host.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check.h"
#include "sim/host_process.h"
#include "sim/node_control.h"
#include "sim/processor.h"
#include "sim/scheduler.h"

namespace sim {
namespace {

// Of real time, until an answer to a frame. A node's own watchdogs speak long before.
constexpr int kSilenceSeconds = 60;
// Of real time, for a whole run, if it is its nodes that are waited for.
constexpr int kMostRunSeconds = 300;
constexpr int kTickSeconds = 5;
constexpr int kMostTicks = kSilenceSeconds / kTickSeconds;
constexpr int64_t kEndMillis = 10'000;
constexpr int kPipeBytes = 1 << 19;
constexpr size_t kMostPrintedBytes = size_t{64} << 10;
constexpr rlim_t kMostMemoryBytes = rlim_t{2} << 30;

void CloseFile(int* file) {
  if (*file >= 0) close(*file);
  *file = -1;
}

std::string ReadFile(int file, size_t most) {
  struct stat about {};
  if (fstat(file, &about) != 0) return "";
  std::string bytes(std::min(static_cast<size_t>(about.st_size), most), '\0');
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

// What servers put out may need more room than there is, and that is not the framework's fault. The
// hard limit leaves some for the report.
void LimitMemory() {
#if !defined(__SANITIZE_ADDRESS__)  // which takes terabytes of addresses
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min(kMostMemoryBytes, limit.rlim_max);
  setrlimit(RLIMIT_AS, &limit);
  std::set_new_handler([] {
    std::set_new_handler(nullptr);
    rlimit more{};
    getrlimit(RLIMIT_AS, &more);
    more.rlim_cur = more.rlim_max;
    setrlimit(RLIMIT_AS, &more);
    Fail(Verdict::kBudget,
         absl::StrFormat("the judge needs more than %d MiB to hold what the servers have put out",
                         kMostMemoryBytes >> 20));
  });
#endif
}

}  // namespace

RemoteHost::RemoteHost(const HostOptions& options)
    : options_(options), cpu_(sched_getcpu()), began_(RealMillis()) {
  KeepOnProcessor(cpu_);
  TickWhileWaiting();
  LimitMemory();
}

RemoteHost::~RemoteHost() {
  for (auto& [node, process] : processes_) PowerOff(node);
}

void RemoteHost::Boot(const BootImage& image) {
  Process& process = processes_[image.node];
  // A file for each life: the next could read, or measure, what one before it has printed.
  process.printed_file = memfd_create("raftlab-printed", MFD_CLOEXEC);
  int to[2];
  int from[2];
  int life[2];
  SIM_CHECK(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0 && pipe2(life, O_CLOEXEC) == 0,
            "no descriptors for another node");
  fcntl(from[1], F_SETPIPE_SZ, kPipeBytes);  // where it may not be so large, it takes more turns
  const int files[] = {to[0], from[1], process.printed_file, life[1]};
  SIM_CHECK(
      SendRequest(NodeHostSocket(), {.kind = NodeRequest::Kind::kNode, .cpu = cpu_}, files, 4),
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
  if (!status.ok()) FailForForgery(image.node, status);
}

void RemoteHost::PowerOff(NodeId node) {
  CloseFile(&process(node).to);
  CloseFile(&process(node).from);
  CloseFile(&process(node).life);
  KeepPrinted(&process(node));
}

void RemoteHost::KeepPrinted(Process* process) {
  if (process->printed_file < 0) return;
  process->printed += ReadFile(process->printed_file, kMostPrintedBytes - process->printed.size());
  CloseFile(&process->printed_file);
}

StepResult RemoteHost::Step(NodeId node, Nanos now, std::vector<Input> inputs) {
  out_.clear();
  WriteStep(now, inputs, &out_);
  CountAsSwitch();
  if (auto failure = Exchange(node, FrameKind::kDone)) Fail(*std::move(failure));
  StepResult result;
  const absl::Status status = ReadDone(frame_, now, &result);
  if (!status.ok()) FailForForgery(node, status);
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
    text += process.printed;
  }
  return text;
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
    if (sent < 0 && errno == EINTR) {
      if (auto failure = Silence(node, ++ticks)) return failure;
      continue;
    }
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
    if (got > 0) continue;
    if (got == 0 || error != EINTR) return End(node);
    if (auto failure = Silence(node, ++ticks)) return failure;
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
  // Only these are looked into, by the node host.
  std::erase_if(failure.backtrace, [](const Frame& frame) {
    const std::vector<std::string>& modules = NodeHostModules();
    return std::find(modules.begin(), modules.end(), frame.module) == modules.end();
  });
  // What runs there is the student's: it may say that it has failed, and nothing else.
  if (failure.verdict == Verdict::kPass || failure.verdict == Verdict::kSkip ||
      failure.verdict == Verdict::kFrameworkFault) {
    failure.message = absl::StrFormat("n%d's process ended the run: %s", node, failure.message);
    failure.verdict = Verdict::kContract;
  }
  return failure;
}

std::optional<Failure> RemoteHost::Silence(NodeId node, int ticks) {
  if (RealMillis() - began_ > kMostRunSeconds * 1000) {
    return Failure{.verdict = Verdict::kHang,
                   .message = absl::StrFormat("the run has taken %d s of real time; now n%d's "
                                              "process is waited for",
                                              kMostRunSeconds, node)};
  }
  if (ticks < kMostTicks) return std::nullopt;
  return Failure{.verdict = Verdict::kHang,
                 .message = absl::StrFormat(
                     "n%d has not answered for %d s of real time: its process is blocked, or "
                     "computes without end",
                     node, kSilenceSeconds)};
}

// Its pipe is closed: by its end, or by itself.
Failure RemoteHost::End(NodeId node) {
  if (!WaitFor(process(node).life, kEndMillis)) {
    return Forgery(node, "it has closed the descriptor, and goes on");
  }
  int status = 0;
  if (read(process(node).life, &status, sizeof(status)) != sizeof(status)) {
    return {.verdict = Verdict::kFrameworkFault,
            .message = absl::StrFormat(
                "the node host has ended, or could not start a process for n%d", node)};
  }
  // The filter of system calls lets no code of the student's end it in this way.
  if (WIFEXITED(status)) {
    return {.verdict = Verdict::kFrameworkFault,
            .message = absl::StrFormat("n%d's process could not be locked down, and ended with "
                                       "status %d; what it printed says why",
                                       node, WEXITSTATUS(status))};
  }
  return {.verdict = Verdict::kCrash,
          .message = absl::StrFormat(
              "n%d's process ended in the middle of the test: it was killed by signal %d, %s%s; a "
              "server must not exit",
              node, WTERMSIG(status), strsignal(WTERMSIG(status)),
              WTERMSIG(status) == SIGKILL ? " (too much memory or time?)" : "")};
}

Failure RemoteHost::Forgery(NodeId node, const std::string& why) {
  return {.verdict = Verdict::kContract,
          .message = absl::StrFormat(
              "n%d's process does not keep to the judge's protocol: %s. Only the given framework "
              "may write to its descriptor %d",
              node, why, kFramesOut)};
}

// It is asked nothing more, not even for the report.
void RemoteHost::FailForForgery(NodeId node, const absl::Status& why) {
  PowerOff(node);
  Fail(Forgery(node, std::string(why.message())));
}

}  // namespace sim
