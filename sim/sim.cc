// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/sim.h"

#include <array>

#include "sim/check.h"
#include "sim/clock.h"
#include "sim/machine.h"

namespace sim {
namespace {

Machine& Here() {
  Machine* machine = Machine::Current();
  SIM_REQUIRE(machine != nullptr, "this works only on a simulated machine, inside a run");
  return *machine;
}

constexpr std::array<std::string_view, 21> kTopicNames = {
    "TEST", "SEND", "RECV", "RPLY", "DROP", "DISK", "APLY", "CMND", "BOOT", "CRSH", "NETW",
    "WARN", "FAIL", "TERM", "VOTE", "ROLE", "LOGS", "COMT", "SNAP", "TIMR", "INFO"};

}  // namespace

void Go(std::string name, std::function<void()> body) {
  Here().Go(std::move(name), std::move(body));
}

void Yield() { Here().Yield(); }

absl::Time Now() { return WorldEpoch() + absl::Nanoseconds(Here().clock()); }

void SleepFor(absl::Duration duration, const char* file, int line) {
  Machine& machine = Here();
  machine.SleepUntil(DeadlineAfter(machine.clock(), duration), WaitKind::kSleep, {file, line});
}

void SleepUntil(absl::Time when, const char* file, int line) {
  Here().SleepUntil(absl::ToInt64Nanoseconds(when - WorldEpoch()), WaitKind::kSleep, {file, line});
}

int64_t Random::Int(int64_t low, int64_t high) {
  SIM_REQUIRE(low <= high, "sim::Random::Int(low, high) needs low <= high");
  const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const uint64_t draw =
      width == 0 ? Here().random().Bits("random") : Here().random().Choose(width, "random");
  return static_cast<int64_t>(static_cast<uint64_t>(low) + draw);
}

absl::Duration Random::Duration(absl::Duration low, absl::Duration high) {
  SIM_REQUIRE(low < high, "sim::Random::Duration(low, high) needs low < high");
  return absl::Microseconds(
      Int(absl::ToInt64Microseconds(low), absl::ToInt64Microseconds(high) - 1));
}

uint64_t Random::operator()() { return Here().random().Bits("random"); }

std::string_view TopicName(Topic topic) { return kTopicNames[static_cast<size_t>(topic)]; }

namespace internal {

bool Logging() { return Machine::Current() != nullptr && Machine::Current()->logging(); }

void LogLine(Topic topic, std::string line) {
  Here().Emit({.kind = Output::Kind::kLog,
               .method = std::string(TopicName(topic)),
               .bytes = std::move(line)});
}

Nanos NowNanos() { return Here().clock(); }

}  // namespace internal
}  // namespace sim
