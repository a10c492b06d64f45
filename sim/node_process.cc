// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/node_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <dlfcn.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/check.h"
#include "sim/clock.h"
#include "sim/frames.h"
#include "sim/machine.h"
#include "sim/node_control.h"
#include "sim/signals.h"

namespace sim {
namespace {

using ProgramFunction = void(const BootImage&);

bool g_waiting = false;  // for the judge's next frame

// The judge ends this process when it needs it no more.
[[noreturn]] void WaitForTheEnd() {
  g_waiting = true;
  while (true) ppoll(nullptr, 0, nullptr, nullptr);
}

void SendFrame(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = write(kFramesOut, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) WaitForTheEnd();
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

[[noreturn]] void SendFailure(const Failure& failure) {
  SetFailureHandler([](const Failure&) { WaitForTheEnd(); });
  std::fflush(stdout);
  std::string frame;
  WriteFailed(failure, &frame);
  SendFrame(frame);
  WaitForTheEnd();
}

// The judge's frames, one by one.
class FrameReader {
 public:
  // The frame's kind; its bytes behind the header are `*frame`, valid until the next call.
  FrameKind Next(std::string_view* frame) {
    buffer_.clear();
    ReceiveUpTo(kFrameHeaderBytes);
    const FrameHeader header = ReadFrameHeader(buffer_);
    ReceiveUpTo(kFrameHeaderBytes + header.bytes);
    *frame = std::string_view(buffer_).substr(kFrameHeaderBytes);
    return header.kind;
  }

 private:
  // The judge sends one frame and waits: what comes beyond `bytes` belongs to the same frame.
  void ReceiveUpTo(size_t bytes) {
    constexpr size_t kRoom = 1 << 12;
    g_waiting = true;
    while (buffer_.size() < bytes) {
      const size_t had = buffer_.size();
      buffer_.resize(std::max(bytes, had + kRoom));
      const ssize_t got = read(kFramesIn, &buffer_[had], buffer_.size() - had);
      const int error = errno;
      buffer_.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
      if (got == 0 || (got < 0 && error != EINTR)) WaitForTheEnd();
    }
    g_waiting = false;
  }

  std::string buffer_;
};

ProgramFunction* LoadProgram(const std::string& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* program = handle != nullptr ? dlsym(handle, kProgramName) : nullptr;
  if (program == nullptr) {
    const char* why = dlerror();
    Fail(Verdict::kContract, absl::StrCat("the server's program cannot be loaded: ",
                                          why != nullptr ? why : "it is empty"));
  }
  return reinterpret_cast<ProgramFunction*>(program);
}

// One life of one node.
class Node {
 public:
  explicit Node(const BootFrame& boot, ProgramFunction* program)
      : machine_(boot.image.node, Strategy(boot.strategy, Choices(boot.schedule)),
                 Choices(boot.random)) {
    machine_.set_logging(boot.logging);
    machine_.Boot(program, boot.image);
  }

  void Answer(FrameKind kind, std::string_view frame) {
    out_.clear();
    if (kind == FrameKind::kDescribe) {
      Nanos at_least = 0;
      Check(ReadDescribe(frame, &at_least));
      WriteLines(machine_.DescribeFibers(at_least), &out_);
    } else {
      Nanos now = 0;
      std::vector<Input> inputs;
      Check(kind == FrameKind::kStep ? ReadStep(frame, &now, &inputs)
                                     : absl::InvalidArgumentError("no such frame"));
      SetWorldTime(now);
      StepResult result = machine_.Step(now, std::move(inputs));
      for (std::string& refusal : TakeRefusals()) {
        result.outputs.push_back(
            {.kind = Output::Kind::kWarning, .at = result.clock, .bytes = std::move(refusal)});
      }
      std::fflush(stdout);
      WriteDone(result, &out_);
    }
    SendFrame(out_);
  }

  static void Check(const absl::Status& status) {
    SIM_CHECK(status.ok(), std::string(status.message()));
  }

 private:
  Machine machine_;
  std::string out_;
};

}  // namespace

void LiveAsNode(const std::string& library, const Lockdown& lockdown) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  LimitProcess();
  InstallSignalHandlers();
  SetNodeProcess(&g_waiting);
  SetFailureHandler(SendFailure);
  EnterWorld();
  PutInForce(lockdown.loading);
  ProgramFunction* program = LoadProgram(library);
  PutInForce(lockdown.running);

  FrameReader frames;
  std::string_view frame;
  BootFrame boot;
  const FrameKind kind = frames.Next(&frame);
  Node::Check(kind == FrameKind::kBoot ? ReadBoot(frame, &boot)
                                       : absl::InvalidArgumentError("the first frame boots"));
  Node node(boot, program);
  std::string done;
  WriteDone({}, &done);
  SendFrame(done);
  while (true) {
    const FrameKind next = frames.Next(&frame);
    node.Answer(next, frame);
  }
}

}  // namespace sim
