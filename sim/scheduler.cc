// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/scheduler.h"

#include <memory>
#include <sys/mman.h>
#include <vector>

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include "sim/check.h"
#include "sim/failure.h"
#include "sim/machine.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace sim {
namespace {

using boost::fibers::context;

// Runs what SwitchTo names. Boost's own queues stay empty: no fiber of ours ever waits in one.
class Algorithm final : public boost::fibers::algo::algorithm {
 public:
  void awakened(context* ctx) noexcept override {
    if (ctx->is_context(boost::fibers::type::dispatcher_context)) return;  // never needed
    last_awakened = ctx;
  }
  context* pick_next() noexcept override {
    if (next == nullptr) {
      Fail(Verdict::kContract,
           "a fiber waits in Boost.Fiber itself; use sim::SleepFor, sim::Mutex, sim::CondVar and "
           "sim::Channel, which know the world's clock");
    }
    return std::exchange(next, nullptr);
  }
  bool has_ready_fibers() const noexcept override { return true; }
  void suspend_until(std::chrono::steady_clock::time_point const&) noexcept override {}
  void notify() noexcept override {}

  context* next = nullptr;
  context* last_awakened = nullptr;
};

struct Scheduler {
  Scheduler() {
    algorithm = new Algorithm;
    context::active()->get_scheduler()->set_algo(algorithm);
    main = context::active();
  }
  Algorithm* algorithm = nullptr;
  context* main = nullptr;
  Fiber* current = nullptr;
  uint64_t switches = 0;
  std::vector<Fiber*> idle;          // with a context that waits for its next body
  std::vector<Fiber*> without_body;  // abandoned: only the stack is good
};

// Made by the first fiber: a process that runs no world leaves Boost.Fiber alone.
Scheduler* g_scheduler = nullptr;

Scheduler& TheScheduler() {
  if (g_scheduler == nullptr) g_scheduler = new Scheduler;
  return *g_scheduler;
}

// Gives Boost a stack that we own.
struct OwnStack {
  char* stack;
  boost::context::stack_context allocate() {
    boost::context::stack_context result;
    result.size = kStackBytes;
    result.sp = stack + kStackBytes;
    return result;
  }
  void deallocate(boost::context::stack_context&) noexcept {}
};

char* AllocateStack() {
  void* memory = mmap(nullptr, kStackBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  SIM_CHECK(memory != MAP_FAILED, "no memory for another fiber's stack");
  mprotect(memory, kGuardBytes, PROT_NONE);
  return static_cast<char*>(memory) + kGuardBytes;
}

// A context runs one body after another; making one costs more than most bodies do.
void RunBodies(Fiber* fiber) {
  for (;;) {
    fiber->body();
    fiber->body = nullptr;  // still a fiber: what the body captured may wait in its destructor
    fiber->machine->FinishCurrent();
  }
}

void MakeContext(Fiber* fiber) {
  Scheduler& scheduler = TheScheduler();
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(fiber->stack, kStackBytes);
#endif
  boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg, OwnStack{fiber->stack},
                       [fiber] { RunBodies(fiber); })
      .detach();
  fiber->context = scheduler.algorithm->last_awakened;
}

}  // namespace

Fiber* CurrentFiber() { return g_scheduler != nullptr ? g_scheduler->current : nullptr; }

uint64_t SwitchCount() { return g_scheduler != nullptr ? g_scheduler->switches : 0; }

void CountAsSwitch() { ++TheScheduler().switches; }

Fiber* TakeFiber() {
  Scheduler& scheduler = TheScheduler();
  if (!scheduler.idle.empty()) {
    Fiber* fiber = scheduler.idle.back();
    scheduler.idle.pop_back();
    return fiber;
  }
  Fiber* fiber;
  if (!scheduler.without_body.empty()) {
    fiber = scheduler.without_body.back();
    scheduler.without_body.pop_back();
  } else {
    fiber = new Fiber;
    fiber->stack = AllocateStack();
  }
  MakeContext(fiber);
  return fiber;
}

void FinishCurrentFiber(Fiber* next) {
  Scheduler& scheduler = TheScheduler();
  Fiber* fiber = scheduler.current;
  ++fiber->epoch;
  scheduler.idle.push_back(fiber);
  if (next != fiber) SwitchTo(next);
}

void AbandonFiber(Fiber* fiber) {
  SIM_CHECK(fiber != TheScheduler().current, "a fiber cannot abandon itself");
  ++fiber->epoch;
  static_cast<context*>(fiber->context)->worker_unlink();
  fiber->context = nullptr;
  // What the body has captured is lost like everything else that the machine held in memory.
  new (&fiber->body) std::function<void()>();
  TheScheduler().without_body.push_back(fiber);
}

void SwitchTo(Fiber* next) {
  Scheduler& scheduler = TheScheduler();
  if (next == scheduler.current) return;
  ++scheduler.switches;
  scheduler.current = next;
  scheduler.algorithm->next =
      next != nullptr ? static_cast<context*>(next->context) : scheduler.main;
  context::active()->suspend();
}

}  // namespace sim
