// Part of Raftlab, under the MIT License (see LICENSE).
//
// The judge's end of a student's side that lives outside: every life of every node is a process of
// its own, started by a node host (node_host.cc) and locked down before a line of the student's
// code runs. Servers cannot meet but through messages, a crash leaves nothing but the disk, and
// whatever a process does, the judge only reads its frames.

#ifndef RAFTLAB_SIM_REMOTE_HOST_H_
#define RAFTLAB_SIM_REMOTE_HOST_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sim/frames.h"
#include "sim/host.h"

namespace sim {

class RemoteHost final : public Host {
 public:
  // REQUIRES: StartNodeHost (host_process.h).
  // Keeps this process on one processor: a turn of two processes is cheapest there.
  explicit RemoteHost(const HostOptions& options);
  ~RemoteHost() override;

  void Boot(const BootImage& image) override;
  void PowerOff(NodeId node) override;
  StepResult Step(NodeId node, Nanos now, std::vector<Input> inputs) override;
  std::vector<std::string> DescribeFibers(NodeId node, Nanos at_least) override;
  std::string TakePrinted() override;

 private:
  struct Process {
    int to = -1;  // frames; -1 while the node is off
    int from = -1;
    int life = -1;  // the pipe whose end tells how the process ended, and whose closing kills it
    int printed_file = -1;
    std::string printed;  // by earlier lives
  };

  Process& process(NodeId node) { return processes_[node]; }
  static void KeepPrinted(Process* process);
  // Sends out_ and waits for a frame of this kind; its bytes behind the header are then in frame_.
  // Anything else is a failure of the node's, which is off then.
  std::optional<Failure> Exchange(NodeId node, FrameKind kind);
  std::optional<Failure> Send(NodeId node);
  std::optional<Failure> ReceiveBytes(NodeId node, size_t bytes);
  std::optional<Failure> Receive(NodeId node, FrameKind kind);
  Failure WhatNodeSays(NodeId node);
  // After a wait was interrupted for the `ticks`th time: why it must be given up, if so.
  std::optional<Failure> Silence(NodeId node, int ticks);
  Failure End(NodeId node);
  Failure Forgery(NodeId node, const std::string& why);
  [[noreturn]] void FailForForgery(NodeId node, const absl::Status& why);

  const HostOptions options_;
  int cpu_ = 0;
  int64_t began_ = 0;  // RealMillis
  std::map<NodeId, Process> processes_;
  std::string out_;
  std::string in_;
  std::string_view frame_;  // in in_
};

}  // namespace sim

#endif  // RAFTLAB_SIM_REMOTE_HOST_H_
