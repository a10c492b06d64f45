// Part of Raftlab, under the MIT License (see LICENSE).
//
// Fibers, as the framework sees them: what one is, what it waits for, and queues of waiting ones.
// Students use sim/sim.h; mutexes, channels and remote calls are built from what stands here.

#ifndef RAFTLAB_SIM_FIBER_H_
#define RAFTLAB_SIM_FIBER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "sim/border.h"

namespace sim {

class Machine;
class Mutex;
class WaitQueue;

// A place in the source: where a lock was taken, where a fiber waits.
struct Place {
  const char* file = "";
  int line = 0;

  // "raft/raft.cc:120".
  std::string ToString() const;
};

enum class WaitKind : uint8_t {
  kNone,     // runs, or is ready to
  kMutex,    // for a sim::Mutex
  kCondVar,  // for a sim::CondVar
  kSend,     // for room in a sim::Channel
  kReceive,  // for a value from a sim::Channel
  kSleep,    // for time to pass
  kCall,     // for a remote call's reply
  kJudge,    // for the judge to go on
};

struct HeldLock {
  const Mutex* mutex = nullptr;
  Place place;
};

// One thread of control on one machine. Fibers are recycled: `epoch` tells one use from the next,
// and one wait from the next, so whoever remembers a fiber remembers its epoch too.
struct Fiber {
  void* context = nullptr;  // Boost.Fiber's
  char* stack = nullptr;    // lowest usable byte
  std::string name;
  std::function<void()> body;
  Machine* machine = nullptr;
  size_t live_index = 0;  // in its machine's list
  uint64_t epoch = 0;
  uint64_t priority = 0;
  WaitKind waits = WaitKind::kNone;
  bool timed_out = false;
  const Mutex* awaited_mutex = nullptr;
  Place waits_at;
  Nanos waits_since = 0;
  WaitQueue* queue = nullptr;
  std::vector<HeldLock> held;
  int native_locks = 0;  // pthread mutexes that it holds

  // `"election timer" waits for the mutex locked at raft/raft.cc:88 by "RequestVote", at ...,
  // for 2.1 s`.
  std::string Describe(Nanos now) const;
};

// The fiber that runs now, or null outside of every fiber.
Fiber* CurrentFiber();

// `duration` after `now`; kNever if that is beyond all time.
inline Nanos DeadlineAfter(Nanos now, absl::Duration duration) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  return nanos >= kNever - now ? kNever : now + nanos;
}

// Warns if the calling fiber holds a sim::Mutex at `place`, while it does what may take long:
// `what` and `which` together, as in "the call of " and "Raft.RequestVote".
void WarnOfHeldLocks(std::string_view what, std::string_view which, Place place);

// Fibers that wait for one thing, in order of arrival. Waking picks among them by the strategy.
class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  // A contract violation while a node's fiber waits. A test's own fibers may be left behind at its
  // end.
  ~WaitQueue();

  // Suspends the calling fiber until it is woken.
  void Wait(WaitKind kind, Place place, const Mutex* mutex = nullptr);
  // The same, but no longer than until `deadline`; false if time ran out.
  bool WaitUntil(Nanos deadline, WaitKind kind, Place place);
  void WakeOne();
  void WakeAll();

 private:
  friend class Machine;
  struct Waiter {
    Fiber* fiber;
    uint64_t epoch;
  };
  void Remove(const Fiber* fiber);
  void DropDead();

  std::vector<Waiter> waiters_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_FIBER_H_
