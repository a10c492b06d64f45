// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the world costs: timers, fibers, mutexes, channels, on one node. Fibers take turns in order,
// so that each operation is the same; most runs of tests have the random schedule, which draws a
// number for each lock and for each turn. See world_timing.h for how to read the times.

#include <cstdint>
#include <functional>

#include <benchmark/benchmark.h>

#include "absl/time/time.h"
#include "bench/world_timing.h"
#include "sim/channel.h"
#include "sim/mutex.h"
#include "sim/sim.h"

namespace {

using bench::StopWatch;

constexpr int64_t kOperations = 100'000;
constexpr int64_t kWarmUp = 2'000;

void TimeOnNode(benchmark::State& state, const std::function<void(StopWatch&)>& program,
                sim::StrategyKind strategy = sim::StrategyKind::kFifo) {
  bench::TimeOnNode(state, kOperations, program, strategy);
}

// Fibers that count together: the watch covers the operations behind the warm-up.
struct Counter {
  StopWatch& watch;
  int64_t count = 0;

  bool running() const { return count < kWarmUp + kOperations; }
  void Add() {
    if (++count == kWarmUp) watch.Begin();
    if (count == kWarmUp + kOperations) watch.End();
  }
};

// One of so many sleeping fibers wakes and goes to sleep again. They sleep the longer the more they
// are, so that the node is never busy.
void BM_TimerWake(benchmark::State& state) {
  const int64_t sleepers = state.range(0);
  TimeOnNode(state, [sleepers](StopWatch& watch) {
    Counter wakes{watch};
    for (int64_t i = 0; i < sleepers; ++i) {
      const absl::Duration nap = absl::Microseconds(100 + 4 * sleepers + i);
      sim::Go("sleeper", [&wakes, nap] {
        while (wakes.running()) {
          sim::SleepFor(nap);
          wakes.Add();
        }
      });
    }
    sim::SleepFor(absl::Hours(1));
  });
}

// A fiber is started, runs once and ends. They come by the hundred; their starter sleeps between.
void BM_FiberSpawnAndFinish(benchmark::State& state) {
  TimeOnNode(state, [](StopWatch& watch) {
    Counter finished{watch};
    while (finished.running()) {
      for (int i = 0; i < 100; ++i) sim::Go("short-lived", [&finished] { finished.Add(); });
      sim::SleepFor(absl::Milliseconds(1));
    }
  });
}

// The turn passes from one ready fiber to another.
void BM_Yield(benchmark::State& state) {
  TimeOnNode(state, [](StopWatch& watch) {
    Counter turns{watch};
    const auto take_turns = [&turns] {
      while (turns.running()) {
        turns.Add();
        sim::Yield();
      }
    };
    sim::Go("other", take_turns);
    take_turns();
    sim::SleepFor(absl::Seconds(1));
  });
}

void LockUncontended(benchmark::State& state, sim::StrategyKind strategy) {
  const auto program = [](StopWatch& watch) {
    sim::Mutex mu;
    Counter locks{watch};
    while (locks.running()) {
      sim::MutexLock lock(&mu);
      locks.Add();
    }
  };
  TimeOnNode(state, program, strategy);
}
void BM_MutexUncontended(benchmark::State& state) {
  LockUncontended(state, sim::StrategyKind::kFifo);
}
void BM_MutexUncontendedRandomSchedule(benchmark::State& state) {
  LockUncontended(state, sim::StrategyKind::kRandom);
}

// Each of two fibers lets the other run while it holds the mutex, and again when it has given it
// up: so every lock is waited for, and takes two turns.
void BM_MutexHandedOver(benchmark::State& state) {
  TimeOnNode(state, [](StopWatch& watch) {
    sim::Mutex mu;
    Counter locks{watch};
    const auto lock_in_turn = [&mu, &locks] {
      while (locks.running()) {
        mu.Lock();
        locks.Add();
        sim::Yield();
        mu.Unlock();
        sim::Yield();
      }
    };
    sim::Go("other", lock_in_turn);
    lock_in_turn();
    sim::SleepFor(absl::Seconds(1));
  });
}

// One value goes from a sender to a receiver through a channel of this capacity.
void BM_ChannelSendReceive(benchmark::State& state) {
  const auto capacity = static_cast<size_t>(state.range(0));
  TimeOnNode(state, [capacity](StopWatch& watch) {
    sim::Channel<int64_t> channel(capacity);
    Counter received{watch};
    sim::Go("sender", [&channel] {
      for (int64_t i = 0; channel.Send(i); ++i) {
      }
    });
    while (received.running()) {
      benchmark::DoNotOptimize(channel.Receive());
      received.Add();
    }
    channel.Close();
    sim::SleepFor(absl::Seconds(1));
  });
}

BENCHMARK(BM_TimerWake)->Arg(1)->Arg(1000)->UseManualTime();
BENCHMARK(BM_FiberSpawnAndFinish)->UseManualTime();
BENCHMARK(BM_Yield)->UseManualTime();
BENCHMARK(BM_MutexUncontended)->UseManualTime();
BENCHMARK(BM_MutexUncontendedRandomSchedule)->UseManualTime();
BENCHMARK(BM_MutexHandedOver)->UseManualTime();
BENCHMARK(BM_ChannelSendReceive)->Arg(0)->Arg(100)->UseManualTime();

}  // namespace
