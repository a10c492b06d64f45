// Part of Raftlab, under the MIT License (see LICENSE).
//
// sim::Mutex and sim::CondVar: what std::mutex and std::condition_variable are to threads, for
// fibers.
//
//   class Counter {
//    public:
//     void Add(int n) {
//       sim::MutexLock lock(&mu_);
//       count_ += n;
//       changed_.WakeAll();
//     }
//     void AwaitAtLeast(int n) {
//       sim::MutexLock lock(&mu_);
//       changed_.Wait(&mu_, [&] { return count_ >= n; });
//     }
//
//    private:
//     sim::Mutex mu_;
//     sim::CondVar changed_;
//     int count_ ABSL_GUARDED_BY(mu_) = 0;
//   };
//
// Fiber rules. A mutex belongs to the fiber that locked it, and is not recursive: locking it twice
// is a deadlock, and is reported as one, as is a circle of fibers that wait for each other's
// mutexes. Taking a lock is a point where other fibers may run first, and so is giving it back:
// whatever was true under an earlier lock must be checked again, and what was computed under it may
// be old news as soon as it is released. Never hold a mutex across a remote call or a channel's
// Send: the fiber that would let you go on may need it.
//
// Built with clang, -Wthread-safety checks the ABSL_GUARDED_BY annotations at compile time.

#ifndef RAFTLAB_SIM_MUTEX_H_
#define RAFTLAB_SIM_MUTEX_H_

#include <concepts>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "sim/fiber.h"

namespace sim {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Waits until the mutex is free and takes it. The arguments name the caller for reports.
  void Lock(const char* file = __builtin_FILE(), int line = __builtin_LINE())
      ABSL_EXCLUSIVE_LOCK_FUNCTION();
  void Unlock() ABSL_UNLOCK_FUNCTION();
  // Takes the mutex if it is free; never waits.
  bool TryLock(const char* file = __builtin_FILE(), int line = __builtin_LINE())
      ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true);
  // Fails the run with a contract violation unless the calling fiber holds the mutex.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK();

  // The standard's names, so that std::lock_guard and std::unique_lock work.
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { Lock("(std::lock_guard or std::unique_lock)", 0); }
  void unlock() ABSL_UNLOCK_FUNCTION() { Unlock(); }
  bool try_lock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) { return TryLock(); }

  // For reports: who holds it, and where it was locked.
  const Fiber* holder() const { return holder_; }
  Place held_at() const { return held_at_; }

 private:
  friend class CondVar;

  void Take(Fiber* self, Place place);
  // Unlocks, and the fiber goes on: a wait of a CondVar begins before anybody else can run.
  void Release() ABSL_UNLOCK_FUNCTION() ABSL_NO_THREAD_SAFETY_ANALYSIS;
  void CheckNoCircle(const Fiber* self, Place place) const;

  Fiber* holder_ = nullptr;
  Place held_at_;
  WaitQueue waiters_;
};

// Holds a mutex for the length of a block.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock(file, line);
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mutex_;
};

// Lets fibers wait until what a mutex guards has changed. A woken fiber has the mutex again, and
// must look again: another may have come first. The forms with a predicate do that.
class CondVar {
 public:
  CondVar() = default;
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  // Unlocks the mutex, waits for a wake-up, locks the mutex.
  void Wait(Mutex* mutex, const char* file = __builtin_FILE(), int line = __builtin_LINE())
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // The same, but not longer than `timeout`. Returns false if time ran out.
  bool WaitFor(Mutex* mutex, absl::Duration timeout, const char* file = __builtin_FILE(),
               int line = __builtin_LINE()) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Waits until `predicate()`, which is called with the mutex held.
  template <class Predicate>
  requires std::predicate<Predicate&>
  void Wait(Mutex* mutex, Predicate predicate, const char* file = __builtin_FILE(),
            int line = __builtin_LINE()) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex)
      ABSL_NO_THREAD_SAFETY_ANALYSIS {  // the predicate may name the same mutex in other words
    while (!predicate()) Wait(mutex, file, line);
  }

  void WakeOne() { waiters_.WakeOne(); }
  void WakeAll() { waiters_.WakeAll(); }

 private:
  WaitQueue waiters_;
};

}  // namespace sim

#endif  // RAFTLAB_SIM_MUTEX_H_
