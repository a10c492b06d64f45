// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/machine.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/check.h"
#include "sim/failure.h"
#include "sim/mutex.h"
#include "sim/scheduler.h"

namespace sim {
namespace {

Machine* g_current = nullptr;

}  // namespace

std::string Place::ToString() const {
  // Paths begin at the project's folder, whatever the build's directory is.
  const char* name = file;
  for (const char* folder :
       {"/sim/", "/labgob/", "/labrpc/", "/raft/", "/kvraft/", "/shardkv/", "/tests/"}) {
    if (const char* at = std::strstr(file, folder)) name = at + 1;
  }
  return absl::StrCat(name, ":", line);
}

namespace {

// What a fiber waits for, without whom it waits for.
std::string WaitText(WaitKind kind) {
  switch (kind) {
    case WaitKind::kNone:
      return "is ready to run";
    case WaitKind::kMutex:
      return "waits for a mutex";
    case WaitKind::kCondVar:
      return "waits for a condition variable";
    case WaitKind::kSend:
      return "waits for room in a channel";
    case WaitKind::kReceive:
      return "waits for a value from a channel";
    case WaitKind::kSleep:
      return "sleeps";
    case WaitKind::kCall:
      return "waits for the reply to a remote call";
    case WaitKind::kJudge:
      return "waits for the service above it";
  }
  return "waits";
}

}  // namespace

std::string Fiber::Describe(Nanos now) const {
  std::string text = absl::StrFormat("\"%s\" %s", name, WaitText(waits));
  if (waits == WaitKind::kNone) return text;
  absl::StrAppendFormat(&text, ", at %s, for %.3f s", waits_at.ToString(),
                        static_cast<double>(now - waits_since) / 1e9);
  const Fiber* holder = awaited_mutex != nullptr ? awaited_mutex->holder() : nullptr;
  if (holder == nullptr) return text;
  absl::StrAppendFormat(&text, "; \"%s\" has held it since %s, and %s", holder->name,
                        awaited_mutex->held_at().ToString(), WaitText(holder->waits));
  if (holder->waits != WaitKind::kNone) {
    absl::StrAppendFormat(&text, " at %s", holder->waits_at.ToString());
  }
  return text;
}

Machine* Machine::Current() { return g_current; }

Machine::Machine(NodeId id, Strategy strategy, Choices random)
    : id_(id), strategy_(std::move(strategy)), random_(std::move(random)) {}

void Machine::Boot(Program program, BootImage image) {
  SIM_CHECK(live_.empty(), "a machine boots only when it is off");
  Machine* const before = std::exchange(g_current, this);
  booted_ = false;
  Go("main", [this, program = std::move(program), image = std::move(image)] {
    program(image);
    booted_ = true;
    TakeInputs();  // what came meanwhile competes with the fibers that the program has started
  });
  g_current = before;
}

void Machine::PowerOff() {
  for (Fiber* fiber : live_) AbandonFiber(fiber);
  live_.clear();
  ready_.clear();
  outputs_.clear();
  inbox_.clear();
  timers_ = {};
  // Without their destructors: they would run the student's code.
  new (&input_handler_) InputHandler();
  new (&service_slot_) std::shared_ptr<void>();
}

StepResult Machine::Step(Nanos now, std::vector<Input> inputs) {
  Machine* const before = std::exchange(g_current, this);
  clock_ = std::max(clock_, now);
  step_end_ = clock_ + kLongestStep;
  FireTimers();
  std::move(inputs.begin(), inputs.end(), std::back_inserter(inbox_));
  if (!booted_) RunFibers();
  TakeInputs();
  RunFibers();
  if (ready_.empty()) CheckDeadlock();
  g_current = before;
  return {.outputs = std::exchange(outputs_, {}), .clock = clock_, .next_timer = NextTimer()};
}

void Machine::RunFibers() {
  if (Fiber* next = PickNext()) SwitchTo(next);
}

void Machine::TakeInputs() {
  if (!booted_) return;
  for (Input& input : std::exchange(inbox_, {})) {
    if (input_handler_) input_handler_(std::move(input));
  }
}

std::vector<std::string> Machine::DescribeFibers(Nanos at_least) const {
  std::vector<const Fiber*> waiting(live_.begin(), live_.end());
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const Fiber* a, const Fiber* b) { return a->waits_since < b->waits_since; });
  std::vector<std::string> lines;
  for (const Fiber* fiber : waiting) {
    if (clock_ - fiber->waits_since >= at_least) lines.push_back(fiber->Describe(clock_));
  }
  return lines;
}

void Machine::Emit(Output output) {
  output.at = clock_;
  outputs_.push_back(std::move(output));
}

void Machine::Go(std::string name, std::function<void()> body) {
  Fiber* fiber = TakeFiber();
  fiber->name = std::move(name);
  fiber->body = std::move(body);
  fiber->machine = this;
  fiber->priority = strategy_.DrawPriority();
  fiber->queue = nullptr;
  fiber->held.clear();
  fiber->native_locks = 0;
  fiber->live_index = live_.size();
  live_.push_back(fiber);
  fiber->waits = WaitKind::kNone;
  fiber->waits_since = clock_;
  ready_.push_back(fiber);
}

void Machine::Yield() {
  if (ready_.empty() && clock_ < step_end_) {
    clock_ += kTurnCost;  // nobody else is ready: the turn is over and comes again
    return;
  }
  ready_.push_back(CurrentFiber());
  SwitchAway();
}

void Machine::SleepUntil(Nanos deadline, WaitKind kind, Place place) {
  SetTimer(deadline);
  Suspend(kind, place);
}

void Machine::AtLock() {
  Fiber* self = CurrentFiber();
  clock_ += kTurnCost;
  const Strategy::Interruption interruption = strategy_.AtLock(*self, !ready_.empty());
  if (interruption.stall > 0) {
    SleepUntil(clock_ + interruption.stall, WaitKind::kSleep, {"(interrupted)", 0});
  } else if (interruption.yield || clock_ >= step_end_) {
    Yield();
  }
}

void Machine::Suspend(WaitKind kind, Place place, const Mutex* mutex) {
  Fiber* self = CurrentFiber();
  if (self->native_locks > 0) {
    Failure failure;
    failure.verdict = Verdict::kContract;
    failure.message = absl::StrFormat(
        "\"%s\" on node %d holds a std::mutex while it waits at %s; every other fiber that locks "
        "it would stop the whole program. Use sim::Mutex, and release it before a wait",
        self->name, id_, place.ToString());
    failure.backtrace = CaptureBacktrace();
    Fail(std::move(failure));
  }
  self->waits = kind;
  self->waits_at = place;
  self->waits_since = clock_;
  self->awaited_mutex = mutex;
  self->timed_out = false;
  SwitchAway();
}

void Machine::MakeReady(Fiber* fiber) {
  if (fiber->machine != this) {
    Fail(Verdict::kContract,
         absl::StrFormat("node %d woke the fiber \"%s\" of node %d: servers share no memory; they "
                         "may meet only in remote calls (is there a global or static variable?)",
                         id_, fiber->name, fiber->machine->id()));
  }
  ++fiber->epoch;
  fiber->waits = WaitKind::kNone;
  fiber->queue = nullptr;
  ready_.push_back(fiber);
}

void Machine::SetTimer(Nanos deadline) {
  Fiber* self = CurrentFiber();
  timers_.push({deadline, timer_order_++, self, self->epoch});
}

void Machine::FinishCurrent() {
  Fiber* self = CurrentFiber();
  if (!self->held.empty()) {
    Fail(
        Verdict::kContract,
        absl::StrFormat("\"%s\" on node %d ended and never unlocked the mutex that it locked at %s",
                        self->name, id_, self->held.back().place.ToString()));
  }
  live_.back()->live_index = self->live_index;
  std::swap(live_[self->live_index], live_.back());
  live_.pop_back();
  FinishCurrentFiber(PickNext());
}

void Machine::FireTimers() {
  while (!timers_.empty() && timers_.top().deadline <= clock_) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (timer.fiber->epoch != timer.epoch) continue;  // woken before
    timer.fiber->timed_out = true;
    if (timer.fiber->queue != nullptr) timer.fiber->queue->Remove(timer.fiber);
    MakeReady(timer.fiber);
  }
}

Nanos Machine::NextTimer() {
  if (!ready_.empty()) return clock_;
  while (!timers_.empty() && timers_.top().fiber->epoch != timers_.top().epoch) timers_.pop();
  return timers_.empty() ? kNever : timers_.top().deadline;
}

Fiber* Machine::PickNext() {
  if (ready_.empty() || clock_ >= step_end_) return nullptr;
  clock_ += kTurnCost;
  const size_t index = strategy_.PickReady(ready_);
  Fiber* fiber = ready_[index];
  ready_.erase(ready_.begin() + static_cast<ptrdiff_t>(index));
  return fiber;
}

void Machine::SwitchAway() { SwitchTo(PickNext()); }

void Machine::CheckDeadlock() {
  const Fiber* stuck = nullptr;
  for (const Fiber* fiber : live_) {
    if (fiber->waits == WaitKind::kCall || fiber->waits == WaitKind::kJudge) return;
    // A sender that holds no mutex may wait for a request's handler that will receive.
    const bool sends_locked = fiber->waits == WaitKind::kSend && !fiber->held.empty();
    if (fiber->waits == WaitKind::kMutex || sends_locked) stuck = fiber;
  }
  if (stuck == nullptr || NextTimer() != kNever) return;
  Failure failure;
  failure.verdict = Verdict::kDeadlock;
  failure.message = absl::StrFormat(
      "deadlock on node %d: no fiber can run, and no timer or reply will wake one. %s", id_,
      stuck->Describe(clock_));
  for (const std::string& line : DescribeFibers()) failure.detail.push_back(line);
  Fail(std::move(failure));
}

WaitQueue::~WaitQueue() {
  DropDead();
  for (const Waiter& waiter : waiters_) {
    Fiber* fiber = waiter.fiber;
    if (fiber->machine->id() != kJudge) {
      Fail(Verdict::kContract,
           absl::StrFormat(
               "a mutex, condition variable or channel of node %d was destroyed while %s",
               fiber->machine->id(), fiber->Describe(fiber->machine->clock())));
    }
    fiber->queue = nullptr;
    fiber->awaited_mutex = nullptr;
  }
}

void WarnOfHeldLocks(std::string_view what, std::string_view which, Place place) {
  const Fiber* self = CurrentFiber();
  if (self == nullptr || self->held.empty()) return;
  self->machine->Emit(
      {.kind = Output::Kind::kWarning,
       .bytes = absl::StrFormat(
           "the mutex locked at %s is held across %s%s at %s: nobody else can use it "
           "until that is over, which may take long, or for ever",
           self->held.back().place.ToString(), what, which, place.ToString())});
}

void WaitQueue::DropDead() {
  std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.fiber->epoch != waiter.epoch; });
}

void WaitQueue::Remove(const Fiber* fiber) {
  std::erase_if(waiters_, [fiber](const Waiter& waiter) { return waiter.fiber == fiber; });
}

void WaitQueue::Wait(WaitKind kind, Place place, const Mutex* mutex) {
  Fiber* self = CurrentFiber();
  SIM_CHECK(self != nullptr, "only a fiber can wait");
  waiters_.push_back({self, self->epoch});
  self->queue = this;
  self->machine->Suspend(kind, place, mutex);
}

bool WaitQueue::WaitUntil(Nanos deadline, WaitKind kind, Place place) {
  Fiber* self = CurrentFiber();
  SIM_CHECK(self != nullptr, "only a fiber can wait");
  self->machine->SetTimer(deadline);
  Wait(kind, place);
  return !self->timed_out;
}

void WaitQueue::WakeOne() {
  DropDead();
  if (waiters_.empty()) return;
  Fiber* first = waiters_.front().fiber;
  Machine* machine = Machine::Current() != nullptr ? Machine::Current() : first->machine;
  const size_t index = machine->strategy().PickWaiter(waiters_.size());
  Fiber* fiber = waiters_[index].fiber;
  waiters_.erase(waiters_.begin() + static_cast<ptrdiff_t>(index));
  machine->MakeReady(fiber);
}

void WaitQueue::WakeAll() {
  DropDead();
  const std::vector<Waiter> woken = std::exchange(waiters_, {});
  for (const Waiter& waiter : woken) {
    Machine* machine = Machine::Current() != nullptr ? Machine::Current() : waiter.fiber->machine;
    machine->MakeReady(waiter.fiber);
  }
}

}  // namespace sim
