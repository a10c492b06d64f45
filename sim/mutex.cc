// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/mutex.h"

#include <algorithm>
#include <exception>

#include "absl/strings/str_format.h"
#include "sim/check.h"
#include "sim/failure.h"
#include "sim/machine.h"

namespace sim {
namespace {

Fiber* Self() {
  Fiber* self = CurrentFiber();
  SIM_REQUIRE(self != nullptr, "only a fiber can use a sim::Mutex");
  return self;
}

}  // namespace

void Mutex::Lock(const char* file, int line) {
  Fiber* self = Self();
  const Place place{file, line};
  self->machine->AtLock();
  while (holder_ != nullptr) {
    CheckNoCircle(self, place);
    waiters_.Wait(WaitKind::kMutex, place, this);
  }
  Take(self, place);
}

bool Mutex::TryLock(const char* file, int line) {
  if (holder_ != nullptr) return false;
  Take(Self(), {file, line});
  return true;
}

void Mutex::Take(Fiber* self, Place place) {
  holder_ = self;
  held_at_ = place;
  self->held.push_back({this, place});
}

void Mutex::Unlock() {
  Release();
  // The mutex may be gone when this fiber runs again. Not in the middle of an exception: the
  // runtime keeps one list of those for all fibers.
  if (std::uncaught_exceptions() == 0) Self()->machine->AtLock();
}

void Mutex::Release() {
  AssertHeld();
  std::erase_if(holder_->held, [this](const HeldLock& held) { return held.mutex == this; });
  holder_ = nullptr;
  waiters_.WakeOne();
}

void Mutex::AssertHeld() const {
  const Fiber* self = Self();
  if (holder_ == self) return;
  Failure failure;
  failure.verdict = Verdict::kContract;
  failure.message = absl::StrFormat("\"%s\" uses a mutex as if it held it, but %s does", self->name,
                                    holder_ != nullptr ? "\"" + holder_->name + "\"" : "nobody");
  failure.backtrace = CaptureBacktrace();
  Fail(std::move(failure));
}

void Mutex::CheckNoCircle(const Fiber* self, Place place) const {
  if (holder_->machine != self->machine) {
    Fail(Verdict::kContract,
         absl::StrFormat(
             "\"%s\" on node %d locks at %s a mutex that node %d holds: servers share no "
             "memory (is there a global or static variable?)",
             self->name, self->machine->id(), place.ToString(), holder_->machine->id()));
  }
  const Mutex* mutex = this;
  for (const Fiber* fiber = holder_; fiber != self; fiber = mutex->holder_) {
    if (fiber->waits != WaitKind::kMutex) return;
    mutex = fiber->awaited_mutex;
    if (mutex->holder_ == nullptr) return;  // it has been woken and will run
  }
  Failure failure;
  failure.verdict = Verdict::kDeadlock;
  if (mutex == this) {
    failure.message = absl::StrFormat(
        "deadlock on node %d: \"%s\" locks at %s a mutex that it has held since %s; a sim::Mutex "
        "is not recursive",
        self->machine->id(), self->name, place.ToString(), held_at_.ToString());
  } else {
    failure.message = absl::StrFormat(
        "deadlock on node %d: \"%s\" locks at %s a mutex that \"%s\" has held since %s, which "
        "waits in its turn for one that \"%s\" has held since %s; take the two in one order "
        "everywhere",
        self->machine->id(), self->name, place.ToString(), holder_->name, held_at_.ToString(),
        self->name, mutex->held_at_.ToString());
  }
  failure.detail = self->machine->DescribeFibers();
  Fail(std::move(failure));
}

void CondVar::Wait(Mutex* mutex, const char* file, int line) {
  mutex->Release();
  waiters_.Wait(WaitKind::kCondVar, {file, line});
  mutex->Lock(file, line);
}

bool CondVar::WaitFor(Mutex* mutex, absl::Duration timeout, const char* file, int line) {
  const Nanos deadline = DeadlineAfter(Self()->machine->clock(), timeout);
  mutex->Release();
  const bool woken = waiters_.WaitUntil(deadline, WaitKind::kCondVar, {file, line});
  mutex->Lock(file, line);
  return woken;
}

}  // namespace sim
