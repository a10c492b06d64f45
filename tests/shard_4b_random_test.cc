// Part of Raftlab, under the MIT License (see LICENSE).
//
// Lab 4B: everything at once, and by chance. Each seed draws its own weather (weather.h), which all
// groups and the controller have to stand, while groups come and go.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/registry.h"
#include "tests/shard_cluster.h"
#include "tests/shard_workload.h"
#include "tests/weather.h"

namespace tests {
namespace {

// When the weather has ended: groups may be some configurations behind, and each takes its time.
constexpr absl::Duration kCatchUp = absl::Seconds(40);

struct ShardSwarm {
  std::vector<int> sizes = {3, 3, 3};
  int64_t max_raft_state = 0;
  absl::Duration length = absl::Seconds(16);  // of the weather
};

// What befalls whole groups, again and again, about once in so much time; 0: never.
struct GroupFaults {
  absl::Duration power_cuts;  // all servers of a group crash
  absl::Duration cuts;        // two groups cannot reach each other, or one the controller
};

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

  void Go(absl::Duration length) {
    std::vector<int> first = {Group()};
    cluster_.Join(first);
    cluster_.Put(kMain, KeyOf(0), cluster_.NewText());
    Workers workers(cluster_, {.pause = absl::Milliseconds(30), .shared_keys = true});
    std::vector<std::unique_ptr<Weather>> weather;
    const auto begin = [&](Cluster& servers) {
      weather.push_back(std::make_unique<Weather>(servers, forecast_));
    };
    begin(cluster_.controller());
    for (int group = 0; group < cluster_.groups(); ++group) begin(cluster_.group(group));
    Repeat("changes", absl::Milliseconds(700), [this] { Change(); });
    Repeat("power cuts", faults_.power_cuts, [this] { CutPower(); });
    Repeat("cuts", faults_.cuts, [this] { CutOff(); });
    sim::SleepFor(length);
    for (auto& one : weather) one->End();
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
    const auto note = [&world](absl::Duration period, const char* what) {
      if (period == absl::ZeroDuration()) return;
      world.notes().push_back(
          absl::StrFormat("%s every %.1f s", what, absl::ToDoubleSeconds(period)));
    };
    note(faults.power_cuts, "a group without power");
    note(faults.cuts, "groups that cannot reach each other, or the controller,");
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

  void Change() {
    std::vector<int> some;
    for (int group = 0; group < cluster_.groups(); ++group) {
      if (chance_.Chance(1, 3, "this-one")) some.push_back(group);
    }
    const uint64_t what = chance_.Choose(4, "change");
    if (what < 2) {
      cluster_.TryMove(static_cast<int64_t>(chance_.Choose(kKeys, "shard")),
                       ShardCluster::GidOf(Group()), 0);
    }
  }

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

  void End(Workers& workers);

  const Forecast forecast_;
  const GroupFaults faults_;
  ShardCluster cluster_;
  sim::Choices& chance_;
  bool ended_ = false;
  int working_ = 0;
};

}  // namespace
}  // namespace tests
