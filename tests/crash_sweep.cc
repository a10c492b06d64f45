// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/crash_sweep.h"

#include <optional>
#include <string>

namespace tests {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(4);
// A Raft with long election timeouts needs some seconds for each crash: the sweep ends in time for
// the last one to fit into the 120 s of a run.
constexpr sim::Nanos kLastBegin = 90'000'000'000;

}  // namespace

CrashSweep::CrashSweep(Cluster& cluster) : cluster_(cluster) {
  cluster.network().SetLongDelays(false);  // nobody need wait long for a server that is away
}

void CrashSweep::Run(const std::vector<Part>& parts) {
  // Without a crash first: a Raft that does nothing has no message after which it could crash.
  cluster_.AwaitAgreement(cluster_.NewCommand(), {.expected = 3, .retry = true});
  const size_t first = cluster_.chance().Choose(parts.size(), "first-part");
  size_t to_do = (parts.size() + 1) / 2;
  for (size_t i = 0; i < parts.size() && to_do > 0; ++i) {
    const Part& part = parts[(first + i) % parts.size()];
    int k = 1;
    while (k <= part.most && cluster_.world().now() <= kLastBegin && RunOnce(part, k)) ++k;
    if (k > 1) --to_do;  // a server that never saves has no save to crash after
  }
}

bool CrashSweep::RunOnce(const Part& part, int k) {
  const char* const what = part.point == Cluster::CrashPoint::kSave ? "save" : "message";
  sim::Log(sim::Topic::kTest, "%s: n%d crashes after %s %d", part.about, part.victim, what, k);
  victim_ = part.victim;
  cluster_.StartOver();
  cluster_.Pause(1);
  cluster_.Pause(2);
  part.before();
  cluster_.CrashAfter(part.victim, part.point, k);
  part.scenario();
  cluster_.CancelCrash();
  if (!VictimIsDown()) return false;
  Recover(part.victim);
  return true;
}

void CrashSweep::Elect(const std::vector<int>& voters) {
  const int64_t calls = cluster_.network().rpcs();
  Await(absl::Seconds(3), [&] { return cluster_.network().rpcs() > calls; });
  for (const int voter : voters) cluster_.Resume(voter);
  Await(absl::Seconds(1), [this] {
    const auto state = cluster_.GetState(0);
    return state.has_value() && state->is_leader;
  });
}

void CrashSweep::Commit(int commands) {
  for (int i = 0; i < commands; ++i) {
    const std::string command = cluster_.NewCommand();
    std::optional<raft::StartReply> started;
    Await(absl::Seconds(1), [&] {
      for (int server = 0; server < cluster_.size() && !VictimIsDown(); ++server) {
        if (!cluster_.connected(server)) continue;
        started = cluster_.Start(server, command);
        if (started.has_value() && started->is_leader) return true;
      }
      return false;
    });
    if (!started.has_value()) return;
    Await(absl::Milliseconds(200), [&] { return cluster_.CountApplied(started->index) > 0; });
  }
}

void CrashSweep::Await(absl::Duration limit, const std::function<bool()>& done) {
  const absl::Time end = sim::Now() + limit;
  while (sim::Now() < end && !VictimIsDown() && !done()) sim::SleepFor(kLook);
}

void CrashSweep::Recover(int victim) {
  sim::Choices& chance = cluster_.chance();
  for (int server = 0; server < cluster_.size(); ++server) cluster_.Resume(server);
  if (chance.Chance(1, 2, "later")) {
    SleepMillis(static_cast<int64_t>(chance.Choose(400, "restart-after")));
  }
  if (chance.Chance(2, 3, "without-the-other")) {
    // n2 is the one that may lack something; if it is the victim itself, any of the others.
    const int other = victim == 2 ? static_cast<int>(chance.Choose(2, "other")) : 1 - victim;
    cluster_.Disconnect(other);
    cluster_.RestartAndConnect(victim);
    if (victim != 2) cluster_.Connect(2);
    cluster_.AwaitAgreement(cluster_.NewCommand(), {.expected = 2, .retry = true});
  }
  cluster_.HealAll();
  cluster_.AwaitAgreement(cluster_.NewCommand(), {.expected = 3, .retry = true});
}

}  // namespace tests
