// Part of Raftlab, under the MIT License (see LICENSE).
//
// Doors to the real world that are closed or led to the virtual one. Each function here has the
// name of one of libc's or libstdc++'s, so that the program's own definition is found first;
// outside of a world it calls the real one.
//
// What is not caught: system calls without libc, and absl::Mutex held across a wait, which stops
// the program and is found by the watchdog.

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <random>
#include <string>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sim/clock.h"
#include "sim/failure.h"
#include "sim/machine.h"

namespace sim {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr int64_t kEpochSeconds = 1'000'000'000;
// Freed memory is filled with this byte, fresh memory with its complement.
constexpr int kMemoryPattern = 0xa5;
constexpr int64_t kBootSeconds = 1'000;  // monotonic clocks: the machine has been up a while

bool g_in_world = false;
Nanos g_world_time = 0;

template <class Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

Nanos VirtualNow() {
  const Machine* machine = Machine::Current();
  return machine != nullptr ? machine->clock() : g_world_time;
}

bool IsWallClock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

bool IsCpuClock(clockid_t clock) {
  return clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

timespec VirtualTimespec(clockid_t clock) {
  const Nanos now = VirtualNow();
  timespec result;
  result.tv_sec = now / kSecond + (IsWallClock(clock) ? kEpochSeconds : kBootSeconds);
  result.tv_nsec = now % kSecond;
  return result;
}

void SleepVirtual(absl::Duration duration) {
  Machine* machine = Machine::Current();
  machine->SleepUntil(DeadlineAfter(machine->clock(), duration), WaitKind::kSleep,
                      {"(a standard sleep)", 0});
}

bool InFiber() { return g_in_world && CurrentFiber() != nullptr; }

// A server must not end the program; a run's own end has left the world before.
void RefuseExit(const char* function) {
  if (!g_in_world) return;
  Failure failure;
  failure.verdict = Verdict::kContract;
  failure.message = std::string("the program called ") + function +
                    " in the middle of the test; a server must not exit";
  failure.backtrace = CaptureBacktrace();
  Fail(std::move(failure));
}

template <class Function>
[[noreturn]] void CallExit(const char* name, int status) {
  Real<Function>(name)(status);
  std::abort();  // not reached
}

void FillRandom(void* buffer, size_t length) {
  auto* out = static_cast<char*>(buffer);
  while (length > 0) {
    const uint64_t word = Machine::Current()->random().Bits("system-random");
    const size_t part = length < sizeof(word) ? length : sizeof(word);
    std::memcpy(out, &word, part);
    out += part;
    length -= part;
  }
}

}  // namespace

absl::Time WorldEpoch() { return absl::FromUnixSeconds(kEpochSeconds); }
void EnterWorld() {
  g_in_world = true;
  mallopt(M_PERTURB, kMemoryPattern);
}
void LeaveWorld() {
  g_in_world = false;
  mallopt(M_PERTURB, 0);
}
bool InWorld() { return g_in_world; }
void SetWorldTime(Nanos now) { g_world_time = now; }

}  // namespace sim

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (!sim::g_in_world || sim::IsCpuClock(clock)) {
    static auto* real = sim::Real<int(clockid_t, timespec*)>("clock_gettime");
    return real(clock, out);
  }
  *out = sim::VirtualTimespec(clock);
  return 0;
}

int gettimeofday(timeval* out, void* zone) noexcept {
  if (!sim::g_in_world) {
    static auto* real = sim::Real<int(timeval*, void*)>("gettimeofday");
    return real(out, zone);
  }
  const timespec now = sim::VirtualTimespec(CLOCK_REALTIME);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(timespec* out, int base) noexcept {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, out) == 0 ? base : 0;
}

int nanosleep(const timespec* duration, timespec* left) {
  if (!sim::InFiber()) {
    static auto* real = sim::Real<int(const timespec*, timespec*)>("nanosleep");
    return real(duration, left);
  }
  sim::SleepVirtual(absl::DurationFromTimespec(*duration));
  return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* duration, timespec* left) {
  if (!sim::InFiber()) {
    static auto* real =
        sim::Real<int(clockid_t, int, const timespec*, timespec*)>("clock_nanosleep");
    return real(clock, flags, duration, left);
  }
  absl::Duration wait = absl::DurationFromTimespec(*duration);
  if (flags == TIMER_ABSTIME) wait -= absl::DurationFromTimespec(sim::VirtualTimespec(clock));
  if (wait > absl::ZeroDuration()) sim::SleepVirtual(wait);
  return 0;
}

int usleep(useconds_t microseconds) {
  timespec duration;
  duration.tv_sec = microseconds / 1'000'000;
  duration.tv_nsec = static_cast<long>(microseconds % 1'000'000) * 1000;
  return nanosleep(&duration, nullptr);
}

unsigned sleep(unsigned seconds) {
  timespec duration;
  duration.tv_sec = seconds;
  duration.tv_nsec = 0;
  nanosleep(&duration, nullptr);
  return 0;
}

ssize_t getrandom(void* buffer, size_t length, unsigned flags) {
  if (!sim::InFiber()) {
    static auto* real = sim::Real<ssize_t(void*, size_t, unsigned)>("getrandom");
    return real(buffer, length, flags);
  }
  sim::FillRandom(buffer, length);
  return static_cast<ssize_t>(length);
}

int getentropy(void* buffer, size_t length) {
  if (!sim::InFiber()) {
    static auto* real = sim::Real<int(void*, size_t)>("getentropy");
    return real(buffer, length);
  }
  sim::FillRandom(buffer, length);
  return 0;
}

void arc4random_buf(void* buffer, size_t length) noexcept {
  for (auto* out = static_cast<char*>(buffer); length > 0;) {
    const size_t part = length < 256 ? length : 256;  // as much as getentropy gives at once
    if (getentropy(out, part) != 0) std::abort();
    out += part;
    length -= part;
  }
}

uint32_t arc4random() noexcept {
  uint32_t value = 0;
  arc4random_buf(&value, sizeof(value));
  return value;
}

uint32_t arc4random_uniform(uint32_t bound) noexcept {
  return static_cast<uint32_t>((uint64_t{arc4random()} * bound) >> 32);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) noexcept {
  if (!sim::g_in_world) {
    static auto* real = sim::Real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(
        "pthread_create");
    return real(thread, attributes, body, argument);
  }
  sim::Failure failure;
  failure.verdict = sim::Verdict::kContract;
  failure.message =
      "a thread was created (std::thread, std::async or pthread_create): a run has one thread, so "
      "that it can be replayed. Use sim::Go, which starts a fiber";
  failure.backtrace = sim::CaptureBacktrace();
  sim::Fail(std::move(failure));
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static auto* real = sim::Real<int(pthread_mutex_t*)>("pthread_mutex_lock");
  if (!sim::InFiber()) return real(mutex);
  if (pthread_mutex_trylock(mutex) == 0) {
    ++sim::CurrentFiber()->native_locks;
    return 0;
  }
  sim::Failure failure;
  failure.verdict = sim::Verdict::kDeadlock;
  failure.message =
      "a std::mutex is locked that is held already: the run has one thread, so it would wait for "
      "ever. Use sim::Mutex";
  failure.backtrace = sim::CaptureBacktrace();
  sim::Fail(std::move(failure));
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  static auto* real = sim::Real<int(pthread_mutex_t*)>("pthread_mutex_unlock");
  if (sim::InFiber() && sim::CurrentFiber()->native_locks > 0) --sim::CurrentFiber()->native_locks;
  return real(mutex);
}

void exit(int status) noexcept {
  sim::RefuseExit("exit()");
  sim::CallExit<void(int)>("exit", status);
}

void quick_exit(int status) noexcept {
  sim::RefuseExit("quick_exit()");
  sim::CallExit<void(int)>("quick_exit", status);
}

void _exit(int status) {
  sim::RefuseExit("_exit()");
  sim::CallExit<void(int)>("_exit", status);
}

void _Exit(int status) noexcept {
  sim::RefuseExit("_Exit()");
  sim::CallExit<void(int)>("_Exit", status);
}

}  // extern "C"

// libstdc++ reads the processor's own generator here, past every libc function. Its exported symbol
// can be replaced, though the class's header declares it private.
unsigned int std::random_device::_M_getval() {
  unsigned int value = 0;
  if (!sim::InFiber()) {
    if (getrandom(&value, sizeof(value), 0) != static_cast<ssize_t>(sizeof(value))) value = 0;
    return value;
  }
  sim::FillRandom(&value, sizeof(value));
  return value;
}
