// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: everything at once, and by chance. Each seed draws its own weather (weather.h), which all
// groups and the controller have to stand, while groups come and go.

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"
#include "tests/weather.h"

namespace tests {
namespace {

constexpr absl::Duration kLength = absl::Seconds(20);  // of the weather
// When the weather has ended: groups may be some configurations behind, and each takes its time.
constexpr absl::Duration kCatchUp = absl::Seconds(60);

struct ShardSwarm {
  std::vector<int> sizes = {3, 3, 3};
  int64_t max_raft_state = 0;
};

// What befalls whole groups, again and again, about once in so much time; 0: never.
struct GroupFaults {
  absl::Duration power_cuts;  // all servers of a group crash
  absl::Duration cuts;        // two groups cannot reach each other, or one the controller
  absl::Duration new_clients;
};

// A move needs two groups and the controller at once: each has half as many faults as a cluster
// alone.
Forecast ForOneGroup(Forecast forecast) {
  for (absl::Duration* period :
       {&forecast.one_way_cuts, &forecast.lone_servers, &forecast.pauses, &forecast.crashes}) {
    *period *= 2;
  }
  return forecast;
}

// One run.
class Run {
 public:
  Run(sim::World& world, const ShardSwarm& swarm)
      : forecast_(DrawForecast(world, {.crashes = true, .slow_disks = true})),
        faults_(DrawFaults(world)),
        cluster_(world, {.groups = static_cast<int>(swarm.sizes.size()),
                         .sizes = swarm.sizes,
                         .clients = 1 + kKeys,
                         .max_raft_state = swarm.max_raft_state,
                         .slowest_save = forecast_.slowest_save}),
        chance_(cluster_.chance()) {}

  void Go() {
    cluster_.Join({Group()});
    cluster_.Put(kMain, KeyOf(0), cluster_.NewText());
    Workers workers(cluster_, {.pause = absl::Milliseconds(30), .shared_keys = true});
    const auto begin = [&](Cluster& servers) {
      weather_.push_back(std::make_unique<Weather>(servers, ForOneGroup(forecast_)));
    };
    begin(cluster_.controller());
    for (int group = 0; group < cluster_.groups(); ++group) begin(cluster_.group(group));
    Repeat("changes", absl::Milliseconds(700), [this] { Change(); });
    Repeat("new clients", faults_.new_clients, [this] { RenewClient(); });
    Repeat("power cuts", faults_.power_cuts, [this] { CutPower(); });
    Repeat("cuts", faults_.cuts, [this] { CutOff(); });
    const absl::Time end = sim::Now() + kLength;
    while (sim::Now() < end) {
      SleepMillis(1000);
      for (int group = 0; group < cluster_.groups(); ++group) {
        const int leader = cluster_.LeaderOf(group);
        if (leader >= 0) weather_[static_cast<size_t>(group) + 1]->Aim(leader);
      }
    }
    for (auto& one : weather_) one->End();
    ended_ = true;
    End(workers);
  }

 private:
  static GroupFaults DrawFaults(sim::World& world) {
    sim::Choices& chance = world.choices("test");
    GroupFaults faults;
    const auto draw = [&chance](absl::Duration& period) {
      if (!chance.Chance(1, 2, "fault-exists")) return;
      period = absl::Milliseconds(1000 + static_cast<int64_t>(chance.Choose(3000, "period")));
    };
    draw(faults.power_cuts);
    draw(faults.cuts);
    draw(faults.new_clients);
    const auto note = [&world](absl::Duration period, const char* what) {
      if (period == absl::ZeroDuration()) return;
      world.notes().push_back(
          absl::StrFormat("%s every %.1f s", what, absl::ToDoubleSeconds(period)));
    };
    note(faults.power_cuts, "a group without power");
    note(faults.cuts, "groups that cannot reach each other, or the controller,");
    note(faults.new_clients, "a new client");
    return faults;
  }

  int Group() {
    return static_cast<int>(chance_.Choose(static_cast<uint64_t>(cluster_.groups()), "group"));
  }

  // For up to `most`. False if the weather has ended meanwhile.
  bool Last(absl::Duration most) {
    const auto micros = static_cast<uint64_t>(absl::ToInt64Microseconds(most));
    sim::SleepFor(absl::Microseconds(static_cast<int64_t>(chance_.Choose(micros, "last"))));
    return !ended_;
  }

  void Repeat(const char* name, absl::Duration period, std::function<void()> what) {
    if (period == absl::ZeroDuration()) return;
    ++working_;
    sim::Go(name, [this, period, what = std::move(what)] {
      while (Last(2 * period)) what();
      --working_;
    });
  }

  // ---- What happens. ----

  // Groups come or go, or a shard moves. This is the only client that changes anything, so a Move
  // never goes to a group that is not there.
  void Change() {
    const std::optional<Config> config = cluster_.Control(0, {});
    if (!config.has_value()) return;
    std::vector<int> there;
    std::vector<int> away;
    for (int group = 0; group < cluster_.groups(); ++group) {
      (config->groups.contains(ShardCluster::GidOf(group)) ? there : away).push_back(group);
    }
    shardkv::ControlArgs args;
    const uint64_t what = chance_.Choose(3, "change");
    if (what == 0 && !there.empty()) {
      args.kind = shardkv::ControlKind::kMove;
      args.shard = static_cast<int64_t>(chance_.Choose(kKeys, "shard"));
      args.gid = ShardCluster::GidOf(Some(there).front());
    } else if (there.empty() || (what == 1 && !away.empty())) {
      args.kind = shardkv::ControlKind::kJoin;
      for (const int group : Some(away)) {
        args.groups[ShardCluster::GidOf(group)] = cluster_.NodesOf(group);
      }
    } else {
      std::vector<int> leaving = Some(there);
      // Seldom all of them.
      if (leaving.size() == there.size() && chance_.Chance(2, 3, "one-stays")) leaving.pop_back();
      if (leaving.empty()) return;
      args.kind = shardkv::ControlKind::kLeave;
      for (const int group : leaving) args.gids.push_back(ShardCluster::GidOf(group));
    }
    cluster_.Control(0, args);
  }

  // One of them at least, in an order by chance.
  std::vector<int> Some(std::vector<int> groups) {
    for (size_t i = groups.size(); i > 1; --i) {
      std::swap(groups[i - 1], groups[chance_.Choose(i, "group-order")]);
    }
    groups.resize(1 + chance_.Choose(groups.size(), "how-many"));
    return groups;
  }

  // A client goes away, with what it was asking for.
  void RenewClient() { cluster_.NewClerk(1 + static_cast<int>(chance_.Choose(kKeys, "client"))); }

  void CutPower() {
    const int group = Group();
    cluster_.CrashGroup(group);
    Last(absl::Seconds(2));
    cluster_.RestartGroup(group);
  }

  void CutOff() {
    const int group = Group();
    const int other = Group();
    const auto set = [&](bool up) {
      group == other ? cluster_.SetControllerLinks(group, up) : cluster_.SetLinks(group, other, up);
    };
    set(false);
    Last(absl::Seconds(3));
    set(true);
  }

  // ---- The end. ----

  // A majority of each group is healed, and all operations return; then everybody is, and all is
  // there.
  void End(Workers& workers) {
    HealMajorityOf(cluster_.controller());
    const absl::Time end = sim::Now() + absl::Seconds(20);
    while (working_ > 0 && sim::Now() < end) SleepMillis(5);
    if (working_ > 0) {
      cluster_.controller().Fail(
          sim::Verdict::kLiveness,
          "a change of the configuration has not returned after 20 s, though a majority of the "
          "controller's servers is up and connected");
    }
    for (int group = 0; group < cluster_.groups(); ++group) HealMajorityOf(cluster_.group(group));
    if (cluster_.Query().groups.empty()) cluster_.Join({Group()});
    workers.Stop(kCatchUp);
    for (int group = 0; group < cluster_.groups(); ++group) cluster_.group(group).HealAll();
    cluster_.controller().HealAll();
    GatherAtOne();
    for (int key = 0; key < kKeys; ++key) cluster_.Get(kMain, KeyOf(key));
  }

  // The others are down.
  static void HealMajorityOf(Cluster& servers) {
    servers.HealMajority();
    for (int server = 0; server < servers.size(); ++server) {
      if (!servers.connected(server)) servers.Crash(server);
    }
  }

  // One group gets all shards.
  void GatherAtOne() {
    const int last = Group();
    const Config config = cluster_.Query();
    if (!config.groups.contains(ShardCluster::GidOf(last))) cluster_.Join({last});
    std::vector<Gid> others;
    for (const auto& [gid, servers] : config.groups) {
      if (gid != ShardCluster::GidOf(last)) others.push_back(gid);
    }
    if (!others.empty()) cluster_.LeaveGids(others);
  }

  const Forecast forecast_;
  const GroupFaults faults_;
  std::vector<std::unique_ptr<Weather>> weather_;  // outlives the cluster's last wait
  ShardCluster cluster_;
  sim::Choices& chance_;
  bool ended_ = false;
  int working_ = 0;
};

LAB_TEST(Shard4B, Swarm, "clients work in all weathers while groups come and go") {
  Run(world, {}).Go();
}

LAB_TEST(Shard4B, SwarmSnapshots, "the same with groups that make snapshots") {
  const int64_t limit = world.choices("test").Chance(1, 2, "always") ? 1 : 500;
  Run(world, {.max_raft_state = limit}).Go();
}

LAB_TEST(Shard4B, SwarmSizes, "the same with groups of five, one and three servers") {
  Run(world, {.sizes = {5, 1, 3}, .max_raft_state = SomeLimit(world)}).Go();
}

}  // namespace
}  // namespace tests
