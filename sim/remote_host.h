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

// Starts the node host of this process, by a command that may wrap it in a sandbox; its descriptor
// kControlSocket is the control socket. Runs that are forked later use it. It ends with this
// process. The error says in a sentence what went wrong.
absl::Status StartNodeHost(const std::vector<std::string>& command);
// Ends it and waits for its end.
void StopNodeHost();

// What addr2line says to `arguments`, inside of the node host's sandbox: debug information is the
// student's, too. Empty without a node host.
std::string SymbolsFromNodeHost(const std::string& arguments);

class RemoteHost final : public Host {
 public:
  // REQUIRES: StartNodeHost.
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
    int life = -1;     // the pipe whose end tells how the process ended, and whose closing kills it
    int printed = -1;  // a file for this life: what a life prints, the next cannot read
    std::string printed_before;
  };

  // Adds what this life has printed to printed_before.
  static void KeepPrinted(Process* process);
  Process& process(NodeId node) { return processes_[node]; }
  // Sends out_ and waits for a frame of this kind; its bytes behind the header are then in frame_.
  // Anything else is a failure of the node's, which is off then.
  std::optional<Failure> Exchange(NodeId node, FrameKind kind);
  std::optional<Failure> Send(NodeId node);
  std::optional<Failure> ReceiveBytes(NodeId node, size_t bytes);
  std::optional<Failure> Receive(NodeId node, FrameKind kind);
  Failure WhatNodeSays(NodeId node);
  Failure Silence(NodeId node);
  Failure End(NodeId node);
  Failure Forgery(NodeId node, const std::string& why);

  const HostOptions options_;
  int cpu_ = 0;
  std::map<NodeId, Process> processes_;
  std::string out_;
  std::string in_;
  std::string_view frame_;  // in in_
};

}  // namespace sim

#endif  // RAFTLAB_SIM_REMOTE_HOST_H_
