// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/strategy.h"

#include <algorithm>
#include <utility>

#include "sim/fiber.h"

namespace sim {
namespace {

// Of 256 locks and unlocks, about 24 let the other ready fibers go first and one stands still for
// up to 2 ms: long enough for a message to arrive in a gap between two critical sections, short
// against any timeout.
constexpr uint64_t kLockDraws = 256;
constexpr uint64_t kYieldDraws = 24;
constexpr Nanos kLongestStall = 2'000'000;
constexpr uint64_t kStallSteps = 64;

// PCT alone starves fibers that others wait for in a loop, so it ends after so many steps, and is
// broken where one fiber is picked again and again.
constexpr uint64_t kPctSteps = 1 << 17;
constexpr uint64_t kShallowest = 2;
constexpr uint64_t kDepths = 3;  // up to 4: few bugs need more orderings than that at once
constexpr int kLongestRow = 64;

}  // namespace

std::string_view StrategyName(StrategyKind kind) {
  switch (kind) {
    case StrategyKind::kRandom:
      return "random";
    case StrategyKind::kPct:
      return "pct";
    case StrategyKind::kFifo:
      return "fifo";
    case StrategyKind::kMix:
      return "mix";
  }
  return "random";
}

std::optional<StrategyKind> StrategyFromName(std::string_view name) {
  for (const StrategyKind kind :
       {StrategyKind::kRandom, StrategyKind::kPct, StrategyKind::kFifo, StrategyKind::kMix}) {
    if (StrategyName(kind) == name) return kind;
  }
  return std::nullopt;
}

StrategyKind ResolveStrategy(StrategyKind kind, uint64_t seed) {
  if (kind != StrategyKind::kMix) return kind;
  return Mix(seed, 0x5c4ed) % 10 < 6 ? StrategyKind::kRandom : StrategyKind::kPct;
}

Strategy::Strategy(StrategyKind kind, Choices choices) : kind_(kind), choices_(std::move(choices)) {
  if (kind_ != StrategyKind::kPct) return;
  const uint64_t depth = kShallowest + choices_.Choose(kDepths, "pct-depth");
  for (uint64_t i = 1; i < depth; ++i) {
    // Runs differ in length by orders of magnitude: spread the points evenly over the orders.
    const uint64_t order = choices_.Choose(16, "pct-order");
    change_points_.push_back((uint64_t{1} << order) +
                             choices_.Choose(uint64_t{1} << order, "pct-point"));
  }
}

uint64_t Strategy::DrawPriority() {
  if (kind_ != StrategyKind::kPct) return 0;
  // Above every priority that a fallen fiber can have.
  return (uint64_t{1} << 32) + choices_.Choose(1 << 20, "pct-priority");
}

size_t Strategy::PickReady(const std::vector<Fiber*>& ready) {
  ++steps_;
  if (ready.size() == 1 || kind_ == StrategyKind::kFifo) return 0;
  if (kind_ == StrategyKind::kPct && steps_ < kPctSteps) return PickByPriority(ready);
  return choices_.Choose(ready.size(), "pick");
}

size_t Strategy::PickByPriority(const std::vector<Fiber*>& ready) {
  const auto best =
      std::max_element(ready.begin(), ready.end(),
                       [](const Fiber* a, const Fiber* b) { return a->priority < b->priority; });
  picked_in_a_row_ = *best == last_picked_ ? picked_in_a_row_ + 1 : 0;
  last_picked_ = *best;
  if (picked_in_a_row_ > kLongestRow) return choices_.Choose(ready.size(), "pick");
  return static_cast<size_t>(best - ready.begin());
}

size_t Strategy::PickWaiter(size_t n) {
  if (n == 1 || kind_ == StrategyKind::kFifo) return 0;
  return choices_.Choose(n, "wake");
}

Strategy::Interruption Strategy::AtLock(Fiber& running, bool others_ready) {
  if (kind_ == StrategyKind::kFifo) return {};
  if (kind_ == StrategyKind::kPct && ++steps_ < kPctSteps) return AtLockPct(running, others_ready);
  const uint64_t draw = choices_.Choose(kLockDraws, "lock");
  if (draw == kLockDraws - 1) {
    return {.stall = static_cast<Nanos>(1 + choices_.Choose(kStallSteps, "stall")) *
                     (kLongestStall / static_cast<Nanos>(kStallSteps))};
  }
  return {.yield = others_ready && draw > 0 && draw <= kYieldDraws};
}

Strategy::Interruption Strategy::AtLockPct(Fiber& running, bool others_ready) {
  const auto point = std::find_if(change_points_.begin(), change_points_.end(),
                                  [this](uint64_t at) { return at <= steps_; });
  if (point == change_points_.end()) return {};
  change_points_.erase(point);
  running.priority = change_points_.size() - fallen_ + (uint64_t{1} << 16);
  ++fallen_;
  if (others_ready) return {.yield = true};
  return {.stall = kLongestStall};
}

}  // namespace sim
