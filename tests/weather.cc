// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/weather.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace tests {
namespace {

// A number in [low, high], evenly; low is the benign one.
uint64_t Between(sim::Choices& chance, uint64_t low, uint64_t high, const char* site) {
  return low + chance.Choose(high - low + 1, site);
}

absl::Duration MillisBetween(sim::Choices& chance, uint64_t low, uint64_t high, const char* site) {
  return absl::Milliseconds(static_cast<int64_t>(Between(chance, low, high, site)));
}

std::string Shown(absl::Duration duration) {
  if (duration >= absl::Seconds(1)) {
    return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(duration));
  }
  return absl::StrFormat("%d ms", absl::ToInt64Milliseconds(duration));
}

uint64_t Millis(absl::Duration duration) {
  return static_cast<uint64_t>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

std::string Forecast::ToString() const {
  std::vector<std::string> parts;
  const auto add = [&parts](bool there, const std::string& part) {
    if (there) parts.push_back(part);
  };
  const auto every = [&](absl::Duration period, const char* what) {
    add(period > absl::ZeroDuration(), absl::StrCat(what, " every ", Shown(period)));
  };
  add(loss_percent > 0, absl::StrCat("loss ", loss_percent, "%"));
  add(latest_request > absl::ZeroDuration(),
      absl::StrCat("requests late by up to ", Shown(latest_request)));
  add(late_replies_of_three > 0,
      absl::StrCat(late_replies_of_three, " of 3 replies late by up to ", Shown(latest_reply)));
  add(duplication_percent > 0, absl::StrCat("duplication ", duplication_percent, "%"));
  every(one_way_cuts, "one-way cuts");
  every(lone_servers, "a server cut off");
  every(pauses, "pauses");
  every(crashes, "crashes");
  add(slowest_save > absl::ZeroDuration(), absl::StrCat("saves of up to ", Shown(slowest_save)));
  return parts.empty() ? "calm" : absl::StrJoin(parts, ", ");
}

Forecast DrawForecast(sim::World& world, const Climate& climate) {
  sim::Choices& chance = world.choices("test");
  const auto exists = [&chance] { return chance.Chance(1, 2, "fault-exists"); };
  Forecast forecast;
  if (exists()) forecast.loss_percent = Between(chance, 2, 25, "loss");
  if (exists()) forecast.latest_request = MillisBetween(chance, 5, 120, "late-request");
  if (exists()) {
    forecast.late_replies_of_three = Between(chance, 1, 2, "late-replies");
    forecast.latest_reply = MillisBetween(chance, 300, 1500, "late-reply");
  }
  if (exists()) forecast.duplication_percent = Between(chance, 5, 50, "duplication");
  if (exists()) forecast.one_way_cuts = MillisBetween(chance, 300, 1500, "one-way-period");
  if (exists()) forecast.lone_servers = MillisBetween(chance, 500, 2000, "lone-period");
  if (exists()) forecast.pauses = MillisBetween(chance, 300, 1500, "pause-period");
  if (climate.crashes && exists()) {
    forecast.crashes = MillisBetween(chance, 300, 1500, "crash-period");
  }
  if (climate.slow_disks && exists()) {
    forecast.slowest_save = MillisBetween(chance, 1, 8, "slowest-save");
  }
  const std::string text = "weather: " + forecast.ToString();
  sim::Log(sim::Topic::kTest, "%s", text);
  world.notes().push_back(text);
  return forecast;
}

Weather::Weather(Cluster& cluster, const Forecast& forecast) : cluster_(cluster) {
  labrpc::Network& network = cluster.network();
  labrpc::NetworkModel& model = network.model();
  network.SetReliable(false);  // what is not there is 0 in the model
  model.loss_per_thousand = forecast.loss_percent * 10;
  model.unreliable_request_millis = Millis(forecast.latest_request) + 1;
  if (forecast.late_replies_of_three > 0) {
    network.SetLongReordering(true);
    model.reorder_of_three = forecast.late_replies_of_three;
    model.reorder_span_millis = Millis(forecast.latest_reply) - model.reorder_base_millis;
  }
  network.SetDuplication(forecast.duplication_percent * 10);
  if (cluster.size() > 1) {
    Repeat("one-way cuts", forecast.one_way_cuts, [this] { CutOneWay(); });
    Repeat("lone servers", forecast.lone_servers, [this] { CutOff(); });
  }
  Repeat("pauses", forecast.pauses, [this] { Pause(); });
  Repeat("crashes", forecast.crashes, [this] { Crash(); });
}

void Weather::Repeat(const char* name, absl::Duration period, std::function<void()> fault) {
  if (period <= absl::ZeroDuration()) return;
  sim::Go(name, [this, period, fault = std::move(fault)] {
    while (Last(2 * period)) fault();
  });
}

bool Weather::Last(absl::Duration most) {
  const uint64_t part = cluster_.chance().Chance(1, 4, "short") ? 16 : 1;
  sim::SleepFor(absl::Microseconds(
      static_cast<int64_t>(cluster_.chance().Choose(Millis(most) * 1000 / part, "last"))));
  return !ended_;
}

int Weather::Victim() {
  if (cluster_.chance().Chance(1, 2, "aim")) return aim_;
  return static_cast<int>(
      cluster_.chance().Choose(static_cast<uint64_t>(cluster_.size()), "victim"));
}

void Weather::CutOneWay() {
  const int from = Victim();
  const auto others = static_cast<uint64_t>(cluster_.size() - 1);
  const int to = cluster_.After(from, 1 + static_cast<int>(cluster_.chance().Choose(others, "to")));
  const bool outwards = cluster_.chance().Chance(1, 2, "outwards");
  outwards ? cluster_.CutOneWay(from, to) : cluster_.CutOneWay(to, from);
  if (!Last(absl::Seconds(2))) return;
  outwards ? cluster_.MendOneWay(from, to) : cluster_.MendOneWay(to, from);
}

void Weather::CutOff() {
  const int victim = Victim();
  cluster_.Disconnect(victim);
  if (Last(absl::Seconds(2)) && cluster_.up(victim)) cluster_.Connect(victim);
}

void Weather::Pause() {
  const int victim = Victim();
  cluster_.Pause(victim);
  if (Last(absl::Seconds(1))) cluster_.Resume(victim);
}

// One server, at a moment of its choosing or right after something that it puts out; or all.
void Weather::Crash() {
  sim::Choices& chance = cluster_.chance();
  std::vector<int> victims = {Victim()};
  if (chance.Chance(1, 8, "crash-all")) {
    victims.clear();
    for (int server = 0; server < cluster_.size(); ++server) victims.push_back(server);
  } else if (chance.Chance(2, 3, "crash-at-output")) {
    const auto point =
        chance.Chance(1, 2, "at-save") ? Cluster::CrashPoint::kSave : Cluster::CrashPoint::kMessage;
    cluster_.CrashAfter(victims[0], point, static_cast<int>(Between(chance, 1, 6, "k")));
    for (int look = 0; look < 50 && cluster_.up(victims[0]); ++look) SleepMillis(10);
    if (ended_) return;
    cluster_.CancelCrash();
  }
  for (const int victim : victims) cluster_.Crash(victim);
  if (!Last(absl::Milliseconds(800))) return;
  for (const int victim : victims) cluster_.RestartAndConnect(victim);
}

}  // namespace tests
