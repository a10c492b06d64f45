// Part of Raftlab, under the MIT License (see LICENSE).
//
// How the benchmarks of sim and of all above it are timed. A process runs one world, so each batch
// of operations is a run of its own in a child. The child reads its CPU clock right before the
// first and right after the last operation: the fork, the boot and the page faults of a warm-up are
// not counted, everything that the world does for the operations is.
//
// The `Time` column is that CPU time divided by the operations: nanoseconds per operation. It is
// the real cost, though the run's other clocks are virtual, and other load on the machine hardly
// moves it. The `CPU` column is the parent's, which only forks; ignore it.

#ifndef RAFTLAB_BENCH_WORLD_TIMING_H_
#define RAFTLAB_BENCH_WORLD_TIMING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <time.h>

#include <benchmark/benchmark.h>

#include "absl/time/time.h"
#include "sim/host.h"
#include "sim/run.h"
#include "sim/sim.h"
#include "sim/world.h"

namespace bench {

// CPU time of this thread, a run's only one. CPU clocks are what a world leaves real; the process's
// own moves in whole ticks here, because a run has a limit of CPU time.
inline int64_t CpuNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

// What is measured lies between Begin and End, once in a run. From any fiber.
class StopWatch {
 public:
  void Begin() { begun_ = CpuNanos(); }
  void End() {
    sim::World::Current().stats()["cpu nanos"] = CpuNanos() - begun_;
    done_ = true;
  }
  bool done() const { return done_; }

 private:
  int64_t begun_ = 0;
  bool done_ = false;
};

// Runs `body` again and again, each time in a child and with another seed. It does `operations`
// operations and times them.
inline void TimeRuns(benchmark::State& state, int64_t operations,
                     const std::function<void(sim::World&, StopWatch&)>& body,
                     sim::StrategyKind strategy = sim::StrategyKind::kRandom) {
  sim::RunOptions options{.strategy = strategy};
  while (state.KeepRunningBatch(operations)) {
    const sim::RunResult result = sim::RunInChild(options, [&body](sim::World& world) {
      StopWatch watch;
      body(world, watch);
    });
    ++options.seed;
    const auto nanos = result.stats.find("cpu nanos");
    if (result.verdict != sim::Verdict::kPass || nanos == result.stats.end()) {
      state.SkipWithError(result.message.empty() ? "nothing was timed" : result.message.c_str());
      return;
    }
    state.SetIterationTime(static_cast<double>(nanos->second) / 1e9);
  }
}

// The same for what happens on one node: `program` runs there on a fiber of its own until it has
// timed its operations.
inline void TimeOnNode(benchmark::State& state, int64_t operations,
                       const std::function<void(StopWatch&)>& program, sim::StrategyKind strategy) {
  const auto body = [&program](sim::World& world, StopWatch& watch) {
    const auto boot = [&program, &watch](const sim::BootImage&) {
      sim::Go("bench", [&program, &watch] { program(watch); });
    };
    world.AddNodes(std::make_unique<sim::LocalHost>(world.host_options(), boot), 1);
    world.Run([&world, &watch] {
      world.Boot(0, 1, "");
      while (!watch.done()) sim::SleepFor(absl::Seconds(1));
    });
  };
  TimeRuns(state, operations, body, strategy);
}

}  // namespace bench

#endif  // RAFTLAB_BENCH_WORLD_TIMING_H_
