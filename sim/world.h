// Part of Raftlab, under the MIT License (see LICENSE).
//
// The judge's side of a run: the clock, the queue of what happens next, the nodes and their disks,
// the test's own fibers. One run is one world, one process, one thread.
//
//   World world({.seed = 17});
//   world.AddNodes(std::make_unique<LocalHost>(...), 3);
//   world.Run([&] { world.Boot(0); sim::SleepFor(absl::Seconds(1)); world.Crash(0); });
//
// Run() is a loop: let the test's fibers run until they all wait, take the earliest event, do it.
// The clock moves only by taking an event.

#ifndef RAFTLAB_SIM_WORLD_H_
#define RAFTLAB_SIM_WORLD_H_

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "sim/border.h"
#include "sim/choices.h"
#include "sim/host.h"
#include "sim/machine.h"
#include "sim/trace.h"

namespace sim {

// What a node's persister has written: all that survives a crash.
struct Disk {
  std::string state;
  std::string snapshot;
};

class World {
 public:
  struct Options {
    uint64_t seed = 1;
    StrategyKind strategy = StrategyKind::kRandom;
    bool verbose = false;           // make log lines
    Tape* record = nullptr;         // write every choice here
    Tape* replay = nullptr;         // or take them from here
    Nanos limit = 120'000'000'000;  // of virtual time; a run that takes longer fails for liveness
  };
  // Takes each output of each node, in order. What a persist wrote is on the disk by then, and no
  // longer in the output.
  using OutputHandler = std::function<void(NodeId, Output&)>;

  explicit World(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The world of this process; REQUIRES that there is one.
  static World& Current();
  // The same, or null.
  static World* CurrentOrNull();

  const Options& options() const { return options_; }
  // For whoever makes this world's machines.
  HostOptions host_options() const {
    return {ResolveStrategy(options_.strategy, options_.seed), source_, options_.verbose};
  }
  Trace& trace() { return trace_; }
  // Chance for whoever is on the judge's side; each name is a stream of its own.
  Choices& choices(const std::string& stream);
  // Figures for the run's one-line summary and for reports.
  std::map<std::string, int64_t>& stats() { return stats_; }
  std::vector<std::string>& warnings() { return warnings_; }
  // What a reader of a failure should know of the whole run, a sentence each.
  std::vector<std::string>& notes() { return notes_; }
  // A picture of the run, as HTML, that somebody may want to see when it has ended.
  void SetPage(std::function<std::string()> draw) { draw_page_ = std::move(draw); }
  std::string DrawPage() const { return draw_page_ ? draw_page_() : ""; }
  // Keeps a warning, once however often it is given.
  void Warn(NodeId node, const std::string& sentence);

  // Nodes 0 to `count`-1 live there; all are off.
  void AddNodes(std::unique_ptr<Host> host, int count);
  void SetOutputHandler(OutputHandler handler) { on_output_ = std::move(handler); }

  // Runs `test` as the judge's first fiber until it returns. What the nodes do then is cut off.
  void Run(std::function<void()> test);

  // Virtual time, from a fiber of the judge's or from an action.
  Nanos now() const;
  // Does `action` at `when`, or now if that is past. It runs outside of fibers and must not wait.
  void At(Nanos when, std::function<void()> action);

  // --- Nodes. From the judge's fibers and actions. ---

  int node_count() const { return static_cast<int>(nodes_.size()); }
  bool up(NodeId node) const { return at(node).up; }
  // Counts a node's boots: what belongs to an earlier one is dead.
  int incarnation(NodeId node) const { return at(node).incarnation; }
  Disk& disk(NodeId node) { return at(node).disk; }

  // REQUIRES: the node is off. It starts from its disk.
  void Boot(NodeId node, int servers, std::string config);
  // A power cut, now. Does nothing to a node that is off.
  void Crash(NodeId node);
  // A power cut right after the node's k-th output of this kind from now on (kSend or kPersist):
  // what it does later in the same step never happens. `then` is called after the crash.
  void CrashAfter(NodeId node, Output::Kind kind, int k, std::function<void()> then = {});
  // The node stands still: its timers and inputs wait for Resume.
  void Pause(NodeId node);
  void Resume(NodeId node);
  // Hands an input to the node as soon as it has time; nothing if it is off.
  void Deliver(NodeId node, Input input);
  // For reports.
  std::vector<std::string> DescribeFibers(NodeId node, Nanos at_least = 0);
  std::string TakePrinted() { return host_ != nullptr ? host_->TakePrinted() : ""; }

 private:
  struct Node {
    bool up = false;
    bool paused = false;
    int incarnation = 0;
    Disk disk;
    std::vector<Input> inbox;
    Nanos busy_until = 0;
    Nanos step_at = kNever;   // the earliest step that is in the queue
    int crash_countdown = 0;  // outputs of crash_kind until the crash; 0: none is asked for
    Output::Kind crash_kind = Output::Kind::kSend;
    std::function<void()> after_crash;
  };
  // Steps a node, or does an action if node is kAction.
  struct Event {
    Nanos at;
    uint64_t order;
    NodeId node;
    size_t action;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  static constexpr NodeId kAction = -2;

  Node& at(NodeId node) { return nodes_[static_cast<size_t>(node)]; }
  const Node& at(NodeId node) const { return nodes_[static_cast<size_t>(node)]; }
  void TakeEvent();
  void StepJudge();
  void StepNode(NodeId node);
  void ScheduleStep(NodeId node, Nanos when);
  // Acts on one output; false if it was the node's last because it crashed.
  bool HandleOutput(NodeId id, Output& output);
  void RecordPersist(NodeId id, Output& output);
  [[noreturn]] void FailForLength();
  [[noreturn]] void FailForSilence();

  const Options options_;
  const ChoiceSource source_;
  Trace trace_;
  Machine judge_;
  Nanos judge_step_at_ = kNever;
  Nanos judge_busy_until_ = 0;
  bool test_done_ = false;
  Nanos now_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<Event>> events_;
  uint64_t event_order_ = 0;
  std::vector<std::function<void()>> actions_;
  std::vector<size_t> free_actions_;
  std::unique_ptr<Host> host_;
  std::vector<Node> nodes_;
  OutputHandler on_output_;
  std::map<std::string, Choices> choices_;
  std::map<std::string, int64_t> stats_;
  std::vector<std::string> warnings_;
  std::vector<std::string> notes_;
  std::function<std::string()> draw_page_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_WORLD_H_
