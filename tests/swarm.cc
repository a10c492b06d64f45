// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/swarm.h"

namespace tests {
namespace {

// A call that was made to a server that could not be reached may hang for 7 s more; a Raft that has
// one call to each peer at a time must have the time to notice.
constexpr absl::Duration kCallsEnd = absl::Seconds(3);

// Gives some commands to whoever says that it leads, or asks all who leads.
void WorkOnce(Cluster& cluster, Weather& weather, bool commands) {
  const uint64_t most = cluster.chance().Chance(1, 8, "many") ? 12 : 2;
  const uint64_t count = 1 + cluster.chance().Choose(most, "commands");
  for (uint64_t i = 0; i < count; ++i) {
    const std::string command = commands ? cluster.NewCommand() : "";
    for (int server = 0; server < cluster.size(); ++server) {
      if (commands) {
        const auto reply = cluster.Start(server, command);
        if (reply.has_value() && reply->is_leader) weather.Aim(server);
      } else {
        const auto reply = cluster.GetState(server);
        if (reply.has_value() && reply->is_leader) weather.Aim(server);
      }
    }
  }
}

}  // namespace

void RunSwarm(sim::World& world, const Swarm& swarm) {
  const Forecast forecast = DrawForecast(world, swarm.climate);
  Cluster cluster(world, {
                             .servers = world.choices("test").Chance(1, 2, "five") ? 5 : 3,
                             .snapshots = swarm.snapshots,
                             .slowest_save = forecast.slowest_save,
                         });
  if (cluster.chance().Chance(1, 2, "begin-calm")) cluster.AwaitOneLeader();
  Weather weather(cluster, forecast);
  const absl::Time end = sim::Now() + swarm.length;
  while (sim::Now() < end) {
    WorkOnce(cluster, weather, swarm.commands);
    const bool is_long = cluster.chance().Chance(1, 6, "long-pause");
    SleepMillis(5 + static_cast<int64_t>(cluster.chance().Choose(is_long ? 600 : 100, "pause")));
  }
  weather.End();

  const int majority = cluster.HealMajority();
  sim::SleepFor(kCallsEnd);
  if (!swarm.commands) {
    cluster.AwaitOneLeader();
    cluster.HealAll();
    cluster.AwaitOneLeader();
    return;
  }
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = majority, .retry = true});
  cluster.HealAll();
  cluster.AwaitAgreement(cluster.NewCommand(), {.expected = cluster.size(), .retry = true});
}

}  // namespace tests
