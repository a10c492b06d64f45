// Part of Raftlab, under the MIT License (see LICENSE).
//
// The weather of a run: which faults there are at all, and how strong each is, drawn from the
// test's chance. Faults that never come alone hide what each of them finds, and a network that has
// all of them at once is one network, however often it is tried.
//
//   const Forecast forecast = DrawForecast(world, {.crashes = true});
//   Cluster cluster(world, {.slowest_save = forecast.slowest_save});
//   Weather weather(cluster, forecast);
//   ...
//   weather.End();

#ifndef RAFTLAB_TESTS_WEATHER_H_
#define RAFTLAB_TESTS_WEATHER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/cluster.h"

namespace tests {

// A fault that is not there is 0.
struct Forecast {
  // The network.
  uint64_t loss_percent = 0;           // of requests, and of replies
  absl::Duration latest_request;       // requests are late by up to so much
  uint64_t late_replies_of_three = 0;  // come 0.2 s late or more
  absl::Duration latest_reply;         // by up to so much
  uint64_t duplication_percent = 0;    // of requests
  // What happens again and again, about once in so much time.
  absl::Duration one_way_cuts;
  absl::Duration lone_servers;  // one is cut off from all others
  absl::Duration pauses;
  absl::Duration crashes;
  // The disks.
  absl::Duration slowest_save;

  // "loss 12%, one-way cuts every 0.8 s"; "calm" if there is nothing.
  std::string ToString() const;
};

// What only a Raft with persistence can stand.
struct Climate {
  bool crashes = false;
  bool slow_disks = false;
};

// Draws the faults of a run, logs them, and notes them for whoever reads of a failure.
Forecast DrawForecast(sim::World& world, const Climate& climate);

// Makes weather, from now until End().
class Weather {
 public:
  // Outlives the test's last wait, as the cluster does.
  Weather(Cluster& cluster, const Forecast& forecast);
  Weather(const Weather&) = delete;
  Weather& operator=(const Weather&) = delete;

  // Half of all cuts, pauses and crashes hit this server: a leader, as far as the test knows.
  void Aim(int server) { aim_ = server; }
  // No more faults; those that are there stay until the test heals them.
  void End() { ended_ = true; }

 private:
  // Does `fault` about once in `period`, if that is not 0.
  void Repeat(const char* name, absl::Duration period, std::function<void()> fault);
  int Victim();
  // Sleeps for up to `most`, now and then much less. False if the weather has ended meanwhile.
  bool Last(absl::Duration most);
  void CutOneWay();
  void CutOff();
  void Pause();
  void Crash();

  Cluster& cluster_;
  int aim_ = 0;
  bool ended_ = false;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_WEATHER_H_
