// Part of Raftlab, under the MIT License (see LICENSE).
//
// Not tests: the programs of the nodes that remote_host_test.cc boots. A node's configuration says
// which; most do what a server must not. NODE_... says which of four shared objects this is.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/frames.h"
#include "sim/machine.h"
#include "sim/mutex.h"
#include "sim/node_control.h"
#include "sim/sim.h"

namespace {

#ifdef NODE_THROWS_EARLY
const int early = [] {
  throw std::runtime_error("too early");
  return 1;
}();
#endif
#ifdef NODE_EXITS_EARLY
const int early = [] {
  _exit(0);
  return 1;
}();
#endif

#ifdef NODE_MISBEHAVING

using sim::Output;

int g_counter = 0;

void Say(std::string text) {
  sim::Machine::Current()->Emit(
      {.kind = Output::Kind::kEvent, .method = "say", .bytes = std::move(text)});
}

// Past the framework, to the judge.
void WriteRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = write(sim::kFramesOut, bytes.data(), bytes.size());
    if (sent <= 0 && errno != EINTR) return;
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

[[noreturn]] void WaitForEver() {
  while (true) syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr);
}

// So that no watchdog of the framework's hinders it.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
}

// Answers in the place of the framework, which then is silent.
[[noreturn]] void Forge(const std::string& frame) {
  WriteRaw(frame);
  WaitForEver();
}

[[noreturn]] void ForgeFailure(sim::Verdict verdict) {
  std::string frame;
  sim::WriteFailed({.verdict = verdict,
                    .message = "forged",
                    .detail = {},
                    .backtrace = {{"/etc/passwd", 1}, {"raft_judge", 0x1000}, {"-e", 2}}},
                   &frame);
  Forge(frame);
}

[[noreturn]] void ForgeDone(const sim::StepResult& result) {
  std::string frame;
  sim::WriteDone(result, &frame);
  Forge(frame);
}

// A frame's beginning that promises so many bytes.
std::string HeaderOf(uint32_t bytes, sim::FrameKind kind) {
  std::string header(sim::kFrameHeaderBytes, static_cast<char>(kind));
  std::memcpy(header.data(), &bytes, sizeof(bytes));
  return header;
}

// noinline: a backtrace names it.
[[gnu::noinline]] int UseNullPointer(volatile int* pointer) { return *pointer + 1; }

[[gnu::noinline]] int Recurse(int depth) {
  volatile char frame[4096] = {};
  frame[0] = static_cast<char>(depth);
  if (depth < 0) return 0;
  return Recurse(depth + 1) + frame[0];
}

void Said(const char* what, int64_t result) {
  Say(absl::StrCat(what, result < 0 ? absl::StrCat(": errno ", errno) : ": done"));
}

void Echo() {
  sim::Machine::Current()->set_input_handler(
      [](sim::Input input) { Say(absl::StrCat(input.method, "=", input.bytes)); });
}

void Flood() {
  sim::Go("flood", [] {
    while (true) {
      for (int i = 0; i < 8; ++i) Say(std::string(8 << 20, 'x'));
      sim::SleepFor(absl::Milliseconds(1));
    }
  });
}

using Program = void (*)();
const std::map<std::string, Program>& Programs() {
  static const auto* programs = new std::map<std::string, Program>{
      {"echo", Echo},
      {"null", [] { Say(std::to_string(UseNullPointer(nullptr))); }},
      {"throw", [] { throw std::runtime_error("from the node"); }},
      {"abort", [] { std::abort(); }},
      {"overflow", [] { Say(std::to_string(Recurse(0))); }},
      {"exit", [] { std::exit(0); }},
      {"_exit", [] { _exit(0); }},
      {"raw exit", [] { syscall(SYS_exit_group, 0); }},
      {"raw exit, unguarded",
       [] {
         std::signal(SIGSYS, SIG_DFL);
         syscall(SYS_exit_group, 0);
       }},
      {"loop",
       [] {
         volatile bool for_ever = true;
         while (for_ever) {
         }
       }},
      {"block", [] { WaitForEver(); }},
      {"print",
       [] {
         const std::string line(1 << 16, 'p');
         while (true) std::fputs(line.c_str(), stdout);
       }},
      {"allocate",
       [] {
         std::vector<char*> much;
         while (true) much.push_back(new char[size_t{64} << 20]);
       }},
      {"flood", Flood},
      {"open", [] { Said("open", open("/etc/passwd", O_RDONLY)); }},
      {"write file", [] { Said("write file", open("/tmp/x", O_WRONLY | O_CREAT, 0600)); }},
      {"socket", [] { Said("socket", socket(AF_INET, SOCK_STREAM, 0)); }},
      {"fork", [] { Said("fork", fork()); }},
      {"share",
       [] {
         void* memory = mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
         Said("share", memory == MAP_FAILED ? -1 : 0);
       }},
      {"shared futex",
       [] { Said("futex", syscall(SYS_futex, &g_counter, 1 /* FUTEX_WAKE */, 1, nullptr)); }},
      {"kill", [] { kill(getppid(), SIGKILL); }},
      {"counter", [] { Say(absl::StrCat("counter ", ++g_counter)); }},
      {"measure what was printed",
       [] {
         Say(absl::StrCat("printed before: ", lseek(STDOUT_FILENO, 0, SEEK_END)));
         std::printf("a secret for the next life\n");
       }},
      {"garbage", [] { Forge(std::string(1000, '\xee')); }},
      {"unknown kind", [] { Forge(HeaderOf(0, static_cast<sim::FrameKind>(77))); }},
      {"giant length", [] { Forge(HeaderOf(0xffffffff, sim::FrameKind::kDone)); }},
      {"false promise",
       [] {
         WriteRaw(HeaderOf(sim::kMostFrameBytes, sim::FrameKind::kDone));
         close(sim::kFramesOut);
         BlockSignals();
         raise(SIGKILL);  // is refused
         syscall(SYS_exit_group, 0);
       }},
      {"two frames",
       [] {
         std::string frames;
         sim::WriteDone({.outputs = {}, .clock = sim::Machine::Current()->clock()}, &frames);
         sim::WriteDone({.outputs = {}, .clock = sim::Machine::Current()->clock()}, &frames);
         Forge(frames);
       }},
      {"forged pass", [] { ForgeFailure(sim::Verdict::kPass); }},
      {"forged skip", [] { ForgeFailure(sim::Verdict::kSkip); }},
      {"forged fault", [] { ForgeFailure(sim::Verdict::kFrameworkFault); }},
      {"forged past", [] { ForgeDone({.outputs = {}, .clock = -1}); }},
      {"forged future", [] { ForgeDone({.outputs = {}, .clock = sim::kNever - 1}); }},
      {"many outputs",
       [] {
         sim::StepResult result;
         result.clock = sim::Machine::Current()->clock() + 1;
         result.outputs.assign(1'000'000, {.kind = Output::Kind::kWarning, .at = result.clock});
         for (size_t i = 0; i < result.outputs.size(); ++i) {
           result.outputs[i].bytes = absl::StrCat("warning ", i);
         }
         std::string frame;
         sim::WriteDone(result, &frame);
         Forge(frame);
       }},
      {"deaf",
       [] {
         close(sim::kFramesOut);
         BlockSignals();
         WaitForEver();
       }},
  };
  return *programs;
}

#endif

}  // namespace

#ifndef NODE_EMPTY
extern "C" __attribute__((visibility("default"))) void raftlab_program(
    [[maybe_unused]] const sim::BootImage& image) {
#ifdef NODE_MISBEHAVING
  Programs().at(image.config)();
#endif
}
#endif
