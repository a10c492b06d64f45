// Part of Raftlab, under the MIT License (see LICENSE).
//
// How the network misbehaves, in figures: losses, delays, cuts, reordering, duplication.

#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "labrpc/scenario.h"

namespace labrpc {
namespace {

using sim::RunResult;
using sim::World;

void ExpectPass(const RunResult& result) {
  EXPECT_EQ(sim::VerdictName(result.verdict), "pass") << result.message;
}

// Makes `calls` calls at once; counts "replies" and "losses", and reports how long the fastest and
// the slowest took: "min" and "max" of replies or of losses, in microseconds.
void CallAtOnce(int calls) {
  for (int64_t i = 0; i < calls; ++i) {
    sim::Go("caller", [i] {
      const absl::Time before = sim::Now();
      const std::optional<int64_t> reply = Twice(1, i);
      const int64_t micros = absl::ToInt64Microseconds(sim::Now() - before);
      Want(!reply.has_value() || *reply == 2 * i, "a wrong reply");
      const std::string kind = reply.has_value() ? "reply" : "loss";
      auto& stats = World::Current().stats();
      sim::Count(reply.has_value() ? "replies" : "losses");
      stats[kind + " max"] = std::max(stats[kind + " max"], micros);
      const auto [least, is_new] = stats.emplace(kind + " min", micros);
      least->second = std::min(least->second, micros);
    });
  }
}

TEST(Weather, AGoodNetworkTakesAFractionOfAMillisecondEachWay) {
  const RunResult result = RunScenario({.client = [] { CallAtOnce(1); }});
  ExpectPass(result);
  EXPECT_GE(result.stats.at("reply min"), 100);
  EXPECT_LE(result.stats.at("reply max"), 1'100);
}

TEST(Weather, ConcurrentRequestsOvertakeEachOther) {
  const RunResult result =
      RunScenario({.client =
                       [] {
                         for (int64_t i = 0; i < 20; ++i) sim::Go("caller", [i] { Twice(1, i); });
                       },
                   .test =
                       [](World&, Network& network) {
                         uint64_t newest = 0;
                         network.SetObserver([&newest](const Call& call, bool arrived) {
                           if (!arrived || call.state != Call::State::kHandling) return;
                           if (call.id < newest) sim::Count("overtaken");
                           newest = std::max(newest, call.id);
                         });
                         SleepMillis(100);
                       }});
  ExpectPass(result);
  EXPECT_GT(result.stats.at("overtaken"), 0);
}

TEST(Weather, AnUnreliableNetworkLosesAFifthOfTheCalls) {
  RunResult result = RunScenario({.client = [] { CallAtOnce(4000); },
                                  .test =
                                      [](World&, Network& network) {
                                        network.SetReliable(false);
                                        SleepMillis(5000);
                                      }});
  ExpectPass(result);
  const auto share = [&](const char* figure) {
    return static_cast<double>(result.stats[figure]) / 4000;
  };
  EXPECT_NEAR(share("replies"), 0.81, 0.02);
  EXPECT_NEAR(share("losses"), 0.19, 0.02);
  // A request is lost with 10%, a reply with 10%: handlers have run for half of the losses.
  EXPECT_NEAR(share("handled"), 0.90, 0.015);
  // Up to 26 ms late, and no more; a loss is known at once.
  EXPECT_GE(result.stats["reply max"], 25'000);
  EXPECT_LE(result.stats["reply max"], 40'000);
  EXPECT_LE(result.stats["loss max"], 40'000);
}

// Calls that cannot arrive, with or without long delays.
RunResult CallNobody(bool long_delays) {
  return RunScenario({.client = [] { CallAtOnce(500); },
                      .test =
                          [=](World&, Network& network) {
                            network.SetLongDelays(long_delays);
                            network.SetLink(0, 1, false);
                            SleepMillis(8000);
                          }});
}

TEST(Weather, ACallToNobodyFailsWithinATenthOfASecond) {
  const RunResult result = CallNobody(false);
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("losses"), 500);
  EXPECT_LT(result.stats.at("loss min"), 5'000);
  EXPECT_GT(result.stats.at("loss max"), 90'000);
  EXPECT_LT(result.stats.at("loss max"), 110'000);
}

TEST(Weather, WithLongDelaysItTakesUpToSevenSeconds) {
  const RunResult result = CallNobody(true);
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("losses"), 500);
  EXPECT_LT(result.stats.at("loss min"), 200'000);
  EXPECT_GT(result.stats.at("loss max"), 6'700'000);
  EXPECT_LT(result.stats.at("loss max"), 7'010'000);
}

TEST(Weather, ACallToAServerThatIsOffFailsTheSameWay) {
  const RunResult result = RunScenario({.client =
                                            [] {
                                              SleepMillis(10);
                                              CallAtOnce(100);
                                            },
                                        .test =
                                            [](World& world, Network& network) {
                                              CrashNode(world, network, 1);
                                              SleepMillis(1000);
                                            }});
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("losses"), 100);
  EXPECT_LT(result.stats.at("loss max"), 110'000);
}

// ---- Cuts. ----

TEST(Cut, OfTheWayThereNothingArrives) {
  const RunResult result = RunScenario({.client = [] { CallAtOnce(10); },
                                        .test =
                                            [](World&, Network& network) {
                                              network.SetLink(0, 1, false);
                                              Want(!network.LinkUp(0, 1) && network.LinkUp(1, 0),
                                                   "one direction was cut");
                                              SleepMillis(1000);
                                              Want(network.rpcs() == 10 && network.received(1) == 0,
                                                   "dropped calls are made, not received");
                                            }});
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("losses"), 10);
  EXPECT_EQ(result.stats.count("handled"), 0u);
}

TEST(Cut, OfTheWayBackTheHandlerRunsAndTheReplyIsLost) {
  const RunResult result = RunScenario({.client = [] { CallAtOnce(10); },
                                        .test =
                                            [](World&, Network& network) {
                                              network.SetLink(1, 0, false);
                                              SleepMillis(1000);
                                            }});
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("handled"), 10);
  EXPECT_EQ(result.stats.at("losses"), 10);
  EXPECT_LT(result.stats.at("loss max"), 110'000);
}

TEST(Cut, WhileTheHandlerRunsTheCallerLearnsWithinATenthOfASecond) {
  const RunResult result =
      RunScenario({.client =
                       [] {
                         Want(!ClientEnd(1).Call<int64_t>("Echo.Slow", int64_t{1000}).has_value(),
                              "a reply over a cut");
                         sim::Report("returned at", absl::ToUnixMillis(sim::Now()) % 100'000);
                       },
                   .test =
                       [](World&, Network& network) {
                         SleepMillis(450);
                         sim::Report("cut at", absl::ToUnixMillis(sim::Now()) % 100'000);
                         network.SetLink(0, 1, false);
                         SleepMillis(2000);
                       }});
  ExpectPass(result);
  EXPECT_LE(result.stats.at("returned at") - result.stats.at("cut at"), 100);
  EXPECT_EQ(result.stats.at("handled to the end"), 1) << "what the handler does, stands";
}

TEST(Cut, ThatIsMendedBeforeTheNetworkLooksIsNotSeen) {
  const RunResult result = RunScenario(
      {.client =
           [] {
             sim::Report("reply",
                         ClientEnd(1).Call<int64_t>("Echo.Slow", int64_t{1000}).value_or(-1));
           },
       .test =
           [](World&, Network& network) {
             SleepMillis(420);
             network.SetLink(0, 1, false);
             SleepMillis(20);
             network.SetLink(0, 1, true);
             SleepMillis(2000);
           }});
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("reply"), 1000);
}

// ---- Reordering. ----

TEST(Reordering, MakesTwoOfThreeRepliesLate) {
  const RunResult result =
      RunScenario({.client =
                       [] {
                         for (int64_t i = 0; i < 900; ++i) {
                           sim::Go("caller", [i] {
                             const absl::Time before = sim::Now();
                             Want(Twice(1, i) == 2 * i, "a wrong reply");
                             const absl::Duration took = sim::Now() - before;
                             Want(took < absl::Milliseconds(2210), "later than 2.2 s");
                             sim::Count(took > absl::Milliseconds(200) ? "late" : "in time");
                           });
                         }
                       },
                   .test =
                       [](World&, Network& network) {
                         network.SetLongReordering(true);
                         SleepMillis(5000);
                       }});
  ExpectPass(result);
  EXPECT_NEAR(static_cast<double>(result.stats.at("late")), 600, 60);
  EXPECT_NEAR(static_cast<double>(result.stats.at("in time")), 300, 60);
}

TEST(Reordering, ALateReplyCrossesACutThatCameAfterIt) {
  const RunResult result =
      RunScenario({.client = [] { CallAtOnce(30); },
                   .test =
                       [](World& world, Network& network) {
                         network.SetLongReordering(true);
                         SleepMillis(100);
                         network.SetLink(0, 1, false);
                         network.SetLink(1, 0, false);
                         sim::Report("before the cut", world.stats()["replies"]);
                         SleepMillis(5000);
                       }});
  ExpectPass(result);
  EXPECT_LT(result.stats.at("before the cut"), 30);
  EXPECT_EQ(result.stats.at("replies"), 30);
}

// ---- Duplication. ----

TEST(Duplication, RunsTheHandlerTwiceAndRepliesOnce) {
  const auto run = [](uint64_t per_thousand) {
    return RunScenario({.client = [] { CallAtOnce(20); },
                        .test =
                            [=](World&, Network& network) {
                              network.SetDuplication(per_thousand);
                              SleepMillis(3000);
                              sim::Report("received", network.received(1));
                              sim::Report("rpcs", network.rpcs());
                              sim::Report("bytes", network.bytes());
                            }});
  };
  const RunResult twice = run(1000);
  ExpectPass(twice);
  EXPECT_EQ(twice.stats.at("handled"), 40);
  EXPECT_EQ(twice.stats.at("received"), 40);
  EXPECT_EQ(twice.stats.at("replies"), 20);
  const RunResult once = run(0);
  EXPECT_EQ(once.stats.at("handled"), 20);
  EXPECT_EQ(twice.stats.at("rpcs"), once.stats.at("rpcs")) << "the callers have made no more calls";
  EXPECT_EQ(twice.stats.at("bytes"), once.stats.at("bytes")) << "a copy's reply goes nowhere";
}

// ---- Determinism. ----

TEST(Determinism, TheSameSeedGivesTheSameHash) {
  const auto scenario = [](uint64_t seed) {
    return Scenario{.options = {.seed = seed},
                    .nodes = 3,
                    .client =
                        [] {
                          for (int64_t i = 0; i < 100; ++i) {
                            sim::Go("caller", [i] { Twice(static_cast<int>(i % 3), i); });
                          }
                        },
                    .test =
                        [](World&, Network& network) {
                          network.SetReliable(false);
                          network.SetLongReordering(true);
                          network.SetDuplication(100);
                          SleepMillis(50);
                          network.SetLink(1, 0, false);
                          SleepMillis(3000);
                        }};
  };
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const RunResult first = RunScenario(scenario(seed));
    ExpectPass(first);
    EXPECT_EQ(RunScenario(scenario(seed)).hash, first.hash);
    hashes.insert(first.hash);
  }
  EXPECT_EQ(hashes.size(), 5u);
  EXPECT_EQ(sim::FindDivergence({.seed = 1}, BodyOf(scenario(1))), std::nullopt);
}

}  // namespace
}  // namespace labrpc
