// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check.h"
#include "sim/clock.h"
#include "sim/failure.h"
#include "sim/scheduler.h"

namespace sim {
namespace {

constexpr size_t kMostWarnings = 100;

World* g_world = nullptr;

}  // namespace

World::World(const Options& options)
    : options_(options),
      source_{.seed = options.seed, .record = options.record, .replay = options.replay},
      judge_(kJudge, Strategy(StrategyKind::kFifo, Choices(source_, "test-schedule")),
             Choices(source_, "test-random")) {
  SIM_CHECK(g_world == nullptr, "a process runs one world");
  g_world = this;
  trace_.SetVerbose(options.verbose);
  judge_.set_logging(options.verbose);
  EnterWorld();
}

World::~World() {
  LeaveWorld();
  g_world = nullptr;
}

World& World::Current() {
  SIM_CHECK(g_world != nullptr, "there is no world in this process");
  return *g_world;
}

World* World::CurrentOrNull() { return g_world; }

Choices& World::choices(const std::string& stream) {
  const auto it = choices_.find(stream);
  if (it != choices_.end()) return it->second;
  return choices_.emplace(stream, Choices(source_, stream)).first->second;
}

void World::Warn(NodeId node, const std::string& sentence) {
  trace_.Line(now(), node, Topic::kWarn, sentence);
  if (warnings_.size() < kMostWarnings &&
      std::find(warnings_.begin(), warnings_.end(), sentence) == warnings_.end()) {
    warnings_.push_back(sentence);
  }
}

void World::AddNodes(std::unique_ptr<Host> host, int count) {
  SIM_CHECK(host_ == nullptr, "nodes are added once");
  host_ = std::move(host);
  nodes_.resize(static_cast<size_t>(count));
}

void World::Run(std::function<void()> test) {
  judge_.Boot(
      [this, test = std::move(test)](const BootImage&) {
        test();
        test_done_ = true;
      },
      {});
  while (true) {
    if (judge_.has_ready() && now_ >= judge_busy_until_) StepJudge();
    if (test_done_) return;
    if (events_.empty()) FailForSilence();
    TakeEvent();
  }
}

void World::TakeEvent() {
  const Event event = events_.top();
  events_.pop();
  now_ = std::max(now_, event.at);
  SetWorldTime(now_);
  if (now_ > options_.limit) FailForLength();
  if (event.node == kAction) {
    const std::function<void()> action = std::exchange(actions_[event.action], nullptr);
    free_actions_.push_back(event.action);
    action();
  } else if (event.node == kJudge) {
    if (event.at != judge_step_at_) return;  // an earlier one has been here
    StepJudge();
  } else {
    Node& node = at(event.node);
    if (event.at != node.step_at) return;
    node.step_at = kNever;
    if (node.up && !node.paused) StepNode(event.node);
  }
}

void World::StepJudge() {
  const StepResult result = judge_.Step(now_, {});
  for (const Output& output : result.outputs) {
    if (output.kind == Output::Kind::kLog)
      trace_.Line(output.at, kJudge, Topic::kTest, output.bytes);
  }
  // A test that computes for long lets the nodes go on meanwhile.
  if (judge_.has_ready()) judge_busy_until_ = result.clock;
  if (result.next_timer == kNever || result.next_timer == judge_step_at_) return;
  judge_step_at_ = result.next_timer;
  events_.push({judge_step_at_, event_order_++, kJudge, 0});
}

void World::ScheduleStep(NodeId id, Nanos when) {
  Node& node = at(id);
  when = std::max({when, now(), node.busy_until});
  if (when >= node.step_at) return;
  node.step_at = when;
  events_.push({when, event_order_++, id, 0});
}

void World::StepNode(NodeId id) {
  Node& node = at(id);
  StepResult result = host_->Step(id, now_, std::exchange(node.inbox, {}));
  node.busy_until = result.clock;
  for (Output& output : result.outputs) {
    if (!HandleOutput(id, output)) return;
  }
  if (result.next_timer != kNever) ScheduleStep(id, result.next_timer);
  if (!node.inbox.empty()) ScheduleStep(id, now_);
}

bool World::HandleOutput(NodeId id, Output& output) {
  CountAsSwitch();  // a step may have put out so much that the judge needs seconds for it
  Node& node = at(id);
  switch (output.kind) {
    case Output::Kind::kPersist:
      RecordPersist(id, output);
      break;
    case Output::Kind::kLog:
      for (int topic = 0; topic <= static_cast<int>(Topic::kInfo); ++topic) {
        if (TopicName(static_cast<Topic>(topic)) == output.method) {
          trace_.Line(output.at, id, static_cast<Topic>(topic), output.bytes);
        }
      }
      return true;
    case Output::Kind::kWarning:
      Warn(id, output.bytes);
      return true;
    case Output::Kind::kSend:
    case Output::Kind::kReply:
    case Output::Kind::kEvent:
      break;
  }
  const Output::Kind kind = output.kind;
  const int incarnation = node.incarnation;
  if (on_output_) on_output_(id, output);
  if (!node.up || node.incarnation != incarnation) return false;
  if (node.crash_countdown > 0 && kind == node.crash_kind && --node.crash_countdown == 0) {
    const std::function<void()> then = std::exchange(node.after_crash, {});
    Crash(id);
    if (then) then();
    return false;
  }
  return true;
}

void World::RecordPersist(NodeId id, Output& output) {
  Node& node = at(id);
  trace_.Record(
      output.at, id, Topic::kDisk,
      {static_cast<int64_t>(output.bytes.size()), static_cast<int64_t>(output.extra.size())},
      output.bytes, [&] {
        std::string text = absl::StrCat("state ", output.bytes.size(), " bytes");
        if (output.has_extra) {
          absl::StrAppend(&text, ", snapshot ", output.extra.size(), " bytes");
        }
        return text;
      });
  node.disk.state = std::move(output.bytes);
  if (output.has_extra) node.disk.snapshot = std::move(output.extra);
}

Nanos World::now() const { return Machine::Current() == &judge_ ? judge_.clock() : now_; }

void World::At(Nanos when, std::function<void()> action) {
  size_t slot = actions_.size();
  if (free_actions_.empty()) {
    actions_.push_back(std::move(action));
  } else {
    slot = free_actions_.back();
    free_actions_.pop_back();
    actions_[slot] = std::move(action);
  }
  events_.push({std::max(when, now()), event_order_++, kAction, slot});
}

void World::Boot(NodeId id, int servers, std::string config) {
  Node& node = at(id);
  SIM_CHECK(!node.up, "a node boots only when it is off");
  node.up = true;
  node.paused = false;
  ++node.incarnation;
  trace_.Record(now(), id, Topic::kBoot,
                {node.incarnation, static_cast<int64_t>(node.disk.state.size()),
                 static_cast<int64_t>(node.disk.snapshot.size())},
                "", [&] {
                  return absl::StrFormat("boot %d from %d bytes of state and %d of snapshot",
                                         node.incarnation, node.disk.state.size(),
                                         node.disk.snapshot.size());
                });
  host_->Boot({.node = id,
               .servers = servers,
               .life = node.incarnation,
               .state = node.disk.state,
               .snapshot = node.disk.snapshot,
               .config = std::move(config)});
  ScheduleStep(id, now());
}

void World::Crash(NodeId id) {
  Node& node = at(id);
  if (!node.up) return;
  trace_.Record(now(), id, Topic::kCrsh, {}, "", [] { return std::string("power cut"); });
  node.up = false;
  node.inbox.clear();
  node.step_at = kNever;
  node.crash_countdown = 0;
  host_->PowerOff(id);
}

void World::CrashAfter(NodeId id, Output::Kind kind, int k, std::function<void()> then) {
  SIM_CHECK(k > 0, "a crash after the 0th output is World::Crash");
  Node& node = at(id);
  node.crash_kind = kind;
  node.crash_countdown = k;
  node.after_crash = std::move(then);
}

void World::Pause(NodeId id) {
  at(id).paused = true;
  trace_.Record(now(), id, Topic::kTest, {0}, "", [] { return std::string("paused"); });
}

void World::Resume(NodeId id) {
  at(id).paused = false;
  at(id).step_at = kNever;
  trace_.Record(now(), id, Topic::kTest, {1}, "", [] { return std::string("resumed"); });
  ScheduleStep(id, now());
}

void World::Deliver(NodeId id, Input input) {
  Node& node = at(id);
  if (!node.up) return;
  node.inbox.push_back(std::move(input));
  if (!node.paused) ScheduleStep(id, now());
}

std::vector<std::string> World::DescribeFibers(NodeId node, Nanos at_least) {
  return node == kJudge ? judge_.DescribeFibers(at_least) : host_->DescribeFibers(node, at_least);
}

void World::FailForLength() {
  Fail(
      Verdict::kLiveness,
      absl::StrFormat("the test has not ended after %.0f s of virtual time: all that it has waited "
                      "for came, but so late each time that the times add up",
                      static_cast<double>(options_.limit) / 1e9));
}

void World::FailForSilence() {
  Failure failure;
  failure.verdict = Verdict::kDeadlock;
  failure.message =
      "deadlock: nothing can run and no timer is set on any node, but the test still waits";
  for (NodeId id = kJudge; id < node_count(); ++id) {
    if (id != kJudge && !up(id)) continue;
    for (const std::string& line : DescribeFibers(id)) {
      failure.detail.push_back(
          absl::StrCat(id == kJudge ? "test" : absl::StrCat("n", id), ": ", line));
    }
  }
  Fail(std::move(failure));
}

}  // namespace sim
