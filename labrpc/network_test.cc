// Part of Raftlab, under the MIT License (see LICENSE).
//
// What MIT's own tests of labrpc check, under their names, in virtual time.

#include "labrpc/network.h"

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

TEST(Network, Basic) {
  ExpectPass(RunScenario(
      {.client =
           [] {
             const ClientEnd end(1);
             Want(end.Call<std::string>("Echo.Text", int64_t{111}) == "number 111",
                  "int to string");
             Want(end.Call<int64_t>("Echo.Length", std::string("9099")) == 4, "string to int");
             sim::Report("done", 1);
           },
       .test =
           [](World& world, Network&) {
             SleepMillis(100);
             Want(world.stats()["done"] == 1, "the client has not finished");
           }}));
}

struct Point {
  int64_t x = 0;
  int64_t y = 0;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, y))

struct Named {
  std::string name;
  std::vector<Point> points;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name, points))

class Shapes {
 public:
  Named Mirror(const Named& shape) {
    Named mirrored{.name = "mirrored " + shape.name, .points = {}};
    for (const Point& point : shape.points) mirrored.points.push_back({point.y, point.x});
    return mirrored;
  }
};

// A method of an object, and structs both ways.
TEST(Network, Types) {
  const RunResult result = RunScenario({.client = [] {
    static Shapes shapes;
    Service service("Shapes");
    service.Handle("Mirror", &shapes, &Shapes::Mirror);
    Serve(service);
    const Named line{.name = "line", .points = {{1, 2}, {3, 4}}};
    const std::optional<Named> mirrored = ClientEnd(0).Call<Named>("Shapes.Mirror", line);
    Want(mirrored.has_value() && mirrored->name == "mirrored line", "the name");
    Want(mirrored->points.size() == 2 && mirrored->points[1].x == 4, "the points");
    sim::Report("done", 1);
  }});
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("done"), 1);
}

TEST(Network, Disconnect) {
  const RunResult result = RunScenario({.client =
                                            [] {
                                              sim::Report("cut", Twice(1, 5).has_value());
                                              SleepMillis(500);
                                              sim::Report("mended", Twice(1, 5).value_or(-1));
                                            },
                                        .test =
                                            [](World&, Network& network) {
                                              network.SetLink(0, 1, false);
                                              SleepMillis(300);
                                              network.SetLink(0, 1, true);
                                              SleepMillis(1000);
                                            }});
  ExpectPass(result);
  EXPECT_EQ(result.stats.at("cut"), 0);
  EXPECT_EQ(result.stats.at("mended"), 10);
}

TEST(Network, Counts) {
  ExpectPass(RunScenario({.nodes = 3,
                          .client =
                              [] {
                                for (int i = 0; i < 17; ++i)
                                  Want(Twice(1, i) == 2 * i, "a wrong reply");
                                for (int i = 0; i < 4; ++i) Twice(2, i);
                              },
                          .test =
                              [](World& world, Network& network) {
                                SleepMillis(1000);
                                Want(network.received(1) == 17,
                                     absl::StrCat("server 1 got ", network.received(1), " of 17"));
                                Want(network.received(2) == 4,
                                     absl::StrCat("server 2 got ", network.received(2), " of 4"));
                                Want(network.received(0) == 0, "nobody has called server 0");
                                Want(network.rpcs() == 21, "the total is not 21");
                                Want(world.stats()["handled"] == 21,
                                     "not every request was handled");
                              }}));
}

TEST(Network, Bytes) {
  ExpectPass(RunScenario({.client =
                              [] {
                                const std::string text(71 * 4, 'x');
                                for (int i = 0; i < 17; ++i)
                                  ClientEnd(1).Call<int64_t>("Echo.Length", text);
                                SleepMillis(1000);
                                for (int i = 0; i < 17; ++i)
                                  ClientEnd(1).Call<std::string>("Echo.Zeros", int64_t{107});
                              },
                          .test =
                              [](World&, Network& network) {
                                SleepMillis(900);
                                const int64_t there = network.bytes();
                                Want(there >= 4828 && there <= 6000,
                                     absl::StrCat(there, " bytes for 17 calls of 284"));
                                SleepMillis(1000);
                                const int64_t back = network.bytes() - there;
                                Want(back >= 1800 && back <= 2500,
                                     absl::StrCat(back, " bytes for 17 replies of 107"));
                              }}));
}

TEST(Network, ConcurrentMany) {
  ExpectPass(RunScenario({.client =
                              [] {
                                for (int64_t fiber = 0; fiber < 20; ++fiber) {
                                  sim::Go("caller", [fiber] {
                                    for (int64_t i = 0; i < 10; ++i) {
                                      const int64_t number = fiber * 100 + i;
                                      Want(Twice(1, number) == 2 * number, "a wrong reply");
                                      sim::Count("replies");
                                    }
                                  });
                                }
                              },
                          .test =
                              [](World& world, Network& network) {
                                SleepMillis(1000);
                                Want(world.stats()["replies"] == 200, "some calls have no reply");
                                Want(network.received(1) == 200, "some calls were not received");
                              }}));
}

TEST(Network, Unreliable) {
  const RunResult result = RunScenario({.client =
                                            [] {
                                              for (int64_t i = 0; i < 300; ++i) {
                                                sim::Go("caller", [i] {
                                                  const std::optional<int64_t> reply = Twice(1, i);
                                                  if (!reply.has_value()) return;
                                                  Want(*reply == 2 * i, "a wrong reply");
                                                  sim::Count("replies");
                                                });
                                              }
                                            },
                                        .test =
                                            [](World&, Network& network) {
                                              network.SetReliable(false);
                                              SleepMillis(1000);
                                            }});
  ExpectPass(result);
  EXPECT_GT(result.stats.at("replies"), 0);
  EXPECT_LT(result.stats.at("replies"), 300);
}

TEST(Network, ConcurrentOne) {
  ExpectPass(RunScenario({.client =
                              [] {
                                const ClientEnd end(1);
                                for (int64_t i = 0; i < 20; ++i) {
                                  sim::Go("caller", [end, i] {
                                    Want(end.Call<int64_t>("Echo.Twice", i) == 2 * i,
                                         "a wrong reply");
                                    sim::Count("replies");
                                  });
                                }
                              },
                          .test =
                              [](World& world, Network& network) {
                                SleepMillis(1000);
                                Want(world.stats()["replies"] == 20, "some calls have no reply");
                                Want(world.stats()["handled"] == 20 && network.received(1) == 20,
                                     "not 20 were delivered");
                              }}));
}

// Calls that were made while the link was cut are never delivered, and do not delay a later one.
TEST(Network, Regression1) {
  ExpectPass(
      RunScenario({.client =
                       [] {
                         for (int i = 0; i < 20; ++i) {
                           sim::Go("caller", [i] {
                             Want(!Twice(1, i).has_value(), "a reply over a link that is cut");
                           });
                         }
                         SleepMillis(200);
                         const absl::Time before = sim::Now();
                         Want(Twice(1, 99) == 198, "no reply over the mended link");
                         Want(sim::Now() - before <= absl::Milliseconds(30), "it took too long");
                         sim::Report("done", 1);
                       },
                   .test =
                       [](World& world, Network& network) {
                         network.SetLink(0, 1, false);
                         SleepMillis(150);
                         network.SetLink(0, 1, true);
                         SleepMillis(1000);
                         Want(world.stats()["done"] == 1, "the client has not finished");
                         Want(network.received(1) == 1,
                              absl::StrCat("the server got ", network.received(1), " of 1"));
                       }}));
}

TEST(Network, Killed) {
  ExpectPass(RunScenario(
      {.client =
           [] {
             Want(!ClientEnd(1).Call<int64_t>("Echo.Slow", int64_t{20'000}).has_value(),
                  "a dead server's reply");
             sim::Report("returned", 1);
           },
       .test =
           [](World& world, Network& network) {
             SleepMillis(1000);
             Want(world.stats()["handled"] == 1, "the handler does not run");
             Want(world.stats()["returned"] == 0, "the call did not wait for its handler");
             CrashNode(world, network, 1);
             SleepMillis(100);
             Want(world.stats()["returned"] == 1, "the caller does not know after 100 ms");
           }}));
}

// Long delays may be switched on and off while calls are on their way.
TEST(Network, LongDelayRace) {
  ExpectPass(RunScenario({.client =
                              [] {
                                for (int i = 0; i < 20; ++i) {
                                  sim::Go("caller", [i] {
                                    for (int step = 0; step < 20; ++step) {
                                      Twice(1, i);
                                      SleepMillis(1);
                                    }
                                    sim::Count("done");
                                  });
                                }
                              },
                          .test =
                              [](World& world, Network& network) {
                                for (int i = 0; i < 100; ++i) {
                                  network.SetLongDelays(i % 2 == 0);
                                  network.SetLink(0, 1, i % 3 != 0);
                                  SleepMillis(5);
                                }
                                network.SetLink(0, 1, true);
                                SleepMillis(20'000);
                                Want(world.stats()["done"] == 20, "some callers wait for ever");
                              }}));
}

}  // namespace
}  // namespace labrpc
