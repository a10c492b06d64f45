// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a test does to single messages, crashes around a call, and the judge's own line to a node.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "labgob/labgob.h"
#include "labrpc/scenario.h"

namespace labrpc {
namespace {

using sim::RunResult;
using sim::World;

void ExpectPass(const RunResult& result) {
  EXPECT_EQ(sim::VerdictName(result.verdict), "pass") << result.message;
}

bool IsRequest(const Call& call) { return call.state == Call::State::kRequestSent; }
bool IsReply(const Call& call) { return call.state == Call::State::kReplySent; }

// Calls 1, 2, ... at once, and reports each reply, or -1, as "reply 1", "reply 2", ...
void CallNumbered(int calls) {
  for (int64_t i = 1; i <= calls; ++i) {
    sim::Go("caller", [i] { sim::Report(absl::StrCat("reply ", i), Twice(1, i).value_or(-1)); });
    SleepMillis(1);
  }
}

// ---- Held messages. ----

TEST(Hold, RequestsCanBeSeenReleasedLostAndDuplicated) {
  ExpectPass(RunScenario(
      {.client = [] { CallNumbered(3); },
       .test =
           [](World& world, Network& network) {
             auto& stats = world.stats();
             network.Hold(IsRequest);
             SleepMillis(50);
             const std::vector<Call> held = network.Held();
             Want(held.size() == 3 && stats["handled"] == 0, "not all three requests are held");
             for (size_t i = 0; i < 3; ++i) {
               Want(held[i].from == 0 && held[i].to == 1 && held[i].method == "Echo.Twice" &&
                        IsRequest(held[i]),
                    "a held call is not what was made");
               Want(*labgob::Decode<int64_t>(held[i].args) == static_cast<int64_t>(i + 1),
                    "not in order");
             }
             Want(network.Release(held[1].id), "Release");
             SleepMillis(10);
             Want(stats["reply 2"] == 4 && stats["handled"] == 1, "the released call has no reply");
             Want(!network.Release(held[1].id), "a message is released twice");

             Want(network.Lose(held[0].id), "Lose");
             SleepMillis(10);
             Want(stats["reply 1"] == -1 && stats["handled"] == 1, "the lost call");
             Want(!network.Lose(held[0].id) && !network.Duplicate(held[0].id),
                  "a lost message is gone");

             Want(network.Duplicate(held[2].id), "Duplicate");
             SleepMillis(10);
             Want(stats["handled"] == 2 && stats.count("reply 3") == 0,
                  "the copy is handled, without a reply");
             Want(network.Held().size() == 1, "the original is still held");
             network.Hold({});
             Want(network.Held().size() == 1, "an empty filter lets nothing go");
             Want(network.Release(held[2].id), "Release of the original");
             SleepMillis(10);
             Want(stats["handled"] == 3 && stats["reply 3"] == 6, "the original has its reply");
             Want(!network.Release(12345), "a call that never was");
           }}));
}

TEST(Hold, AHeldReplyArrivesWhateverTheLinksAre) {
  ExpectPass(RunScenario(
      {.client = [] { CallNumbered(1); },
       .test =
           [](World& world, Network& network) {
             network.Hold(IsReply);
             SleepMillis(50);
             const std::vector<Call> held = network.Held();
             Want(held.size() == 1 && world.stats()["handled"] == 1, "the reply is not held");
             Want(IsReply(held[0]) && *labgob::Decode<int64_t>(held[0].reply) == 2,
                  "the reply can be read");
             Want(!network.Duplicate(held[0].id), "only requests are duplicated");
             network.SetLink(0, 1, false);
             network.SetLink(1, 0, false);
             SleepMillis(1000);
             Want(world.stats().count("reply 1") == 0, "the caller gave up");
             Want(network.Release(held[0].id), "Release");
             SleepMillis(1);
             Want(world.stats()["reply 1"] == 2, "the released reply has not arrived");
           }}));
}

TEST(Hold, ALostReplyIsKnownToTheCaller) {
  ExpectPass(RunScenario({.client = [] { CallNumbered(1); },
                          .test =
                              [](World& world, Network& network) {
                                network.Hold(IsReply);
                                SleepMillis(50);
                                Want(network.Lose(network.Held().at(0).id), "Lose");
                                SleepMillis(1);
                                Want(
                                    world.stats()["reply 1"] == -1 && world.stats()["handled"] == 1,
                                    "handled, and no reply");
                              }}));
}

TEST(Hold, WhatACrashedServerHadRepliedStillArrives) {
  ExpectPass(RunScenario({.client = [] { CallNumbered(1); },
                          .test =
                              [](World& world, Network& network) {
                                network.Hold(IsReply);
                                SleepMillis(50);
                                CrashNode(world, network, 1);
                                SleepMillis(500);
                                Want(network.Release(network.Held().at(0).id), "Release");
                                SleepMillis(1);
                                Want(world.stats()["reply 1"] == 2,
                                     "the reply had left before the crash");
                              }}));
}

TEST(Hold, ARequestDoesNotReachTheServersNextLife) {
  ExpectPass(RunScenario({.client = [] { CallNumbered(1); },
                          .test =
                              [](World& world, Network& network) {
                                network.Hold(IsRequest);
                                SleepMillis(50);
                                CrashNode(world, network, 1);
                                world.Boot(1, 2, "");
                                SleepMillis(50);
                                for (const Call& call : network.Held()) network.Release(call.id);
                                SleepMillis(100);
                                Want(world.stats()["handled"] == 0, "the next life has handled it");
                                Want(world.stats()["reply 1"] == -1, "the caller still waits");
                              }}));
}

TEST(Hold, AReplyDoesNotReachTheCallersNextLife) {
  ExpectPass(RunScenario({.client = [] { CallNumbered(1); },
                          .test =
                              [](World& world, Network& network) {
                                network.Hold(IsReply);
                                SleepMillis(50);
                                const uint64_t id = network.Held().at(0).id;
                                CrashNode(world, network, 0);
                                Want(network.Held().empty() && !network.Release(id),
                                     "a reply that nobody waits for is held");
                                world.Boot(0, 2, "");
                                SleepMillis(50);
                                Want(world.stats().count("reply 1") == 0,
                                     "the next life has got its earlier life's reply");
                              }}));
}

// ---- Crashes. ----

TEST(CallAndCrash, WhatACrashedCallerHadSentIsHandled) {
  ExpectPass(RunScenario(
      {.client = [] { CallNumbered(1); },
       .test =
           [](World& world, Network& network) {
             world.CrashAfter(0, sim::Output::Kind::kSend, 1,
                              [&network] { network.NodeCrashed(0); });
             SleepMillis(100);
             Want(!world.up(0) && network.rpcs() == 1, "the client made one call and crashed");
             Want(world.stats()["handled"] == 1, "its request was not handled");
             Want(world.stats().count("reply 1") == 0, "a crashed caller has got a reply");
           }}));
}

// Both lives call the same server first of all, so their calls have the same number.
TEST(CallAndCrash, OldRepliesNeverReachTheCallersNextLife) {
  ExpectPass(RunScenario(
      {.client =
           [] {
             const int64_t millis = World::Current().incarnation(0) * 400;
             const std::optional<int64_t> reply = ClientEnd(1).Call<int64_t>("Echo.Slow", millis);
             Want(reply == millis, absl::StrCat("wanted ", millis, ", got ", reply.value_or(-1)));
             sim::Count("replies");
           },
       .test =
           [](World& world, Network& network) {
             SleepMillis(100);
             CrashNode(world, network, 0);
             world.Boot(0, 2, "");
             SleepMillis(2000);
             Want(world.stats()["handled to the end"] == 2, "both handlers have run");
             Want(world.stats()["replies"] == 1, "only the second life has its reply");
           }}));
}

TEST(CallAndCrash, AServersCrashIsKnownWithinATenthOfASecond) {
  for (const int crash_after : {1, 99, 100, 101, 250, 777}) {
    ExpectPass(
        RunScenario({.client =
                         [] {
                           Want(!ClientEnd(1).Call<int64_t>("Echo.Slow", int64_t{2000}).has_value(),
                                "a dead server's reply");
                           sim::Count("returned");
                         },
                     .test =
                         [=](World& world, Network& network) {
                           SleepMillis(crash_after);
                           CrashNode(world, network, 1);
                           world.Boot(1, 2, "");  // its next life does not answer for it
                           SleepMillis(101);
                           Want(world.stats()["returned"] == 1,
                                absl::StrCat("not known 100 ms after ", crash_after));
                         }}));
  }
}

TEST(CallAndCrash, AReplyOnItsWaySurvivesItsServer) {
  ExpectPass(RunScenario({.client = [] { CallNumbered(1); },
                          .test =
                              [](World& world, Network& network) {
                                world.CrashAfter(1, sim::Output::Kind::kReply, 1,
                                                 [&network] { network.NodeCrashed(1); });
                                SleepMillis(200);
                                Want(!world.up(1), "the server crashes with its first reply");
                                Want(world.stats()["reply 1"] == 2, "the reply had left");
                              }}));
}

TEST(CallAndCrash, ARepliesBytesCountOnlyIfSomebodyGetsThem) {
  ExpectPass(
      RunScenario({.client = [] { ClientEnd(1).Call<std::string>("Echo.Zeros", int64_t{1000}); },
                   .test =
                       [](World& world, Network& network) {
                         world.CrashAfter(0, sim::Output::Kind::kSend, 1,
                                          [&network] { network.NodeCrashed(0); });
                         SleepMillis(200);
                         Want(world.stats()["handled"] == 1 && network.bytes() < 1000,
                              "a reply to nobody was counted");
                       }}));
}

// ---- The judge's own line. ----

std::optional<int64_t> AskTwice(Network& network, int64_t number) {
  const std::optional<std::string> bytes =
      network.Ask(1, "Echo.Twice", labgob::Encode(number), absl::Seconds(1));
  if (!bytes.has_value()) return std::nullopt;
  return *labgob::Decode<int64_t>(*bytes);
}

TEST(Ask, GetsAnAnswerPastTheNetwork) {
  ExpectPass(RunScenario({.test = [](World&, Network& network) {
    network.SetReliable(false);
    network.SetLink(0, 1, false);
    network.SetLink(1, 0, false);
    network.Hold([](const Call&) { return true; });
    for (int64_t i = 0; i < 50; ++i) Want(AskTwice(network, i) == 2 * i, "a wrong answer");
    Want(network.rpcs() == 0 && network.bytes() == 0 && network.received(1) == 0, "it was counted");
  }}));
}

TEST(Ask, WaitsNoLongerThanItMay) {
  ExpectPass(RunScenario({.test = [](World& world, Network& network) {
    const auto ask = [&](int64_t millis, absl::Duration timeout) {
      const sim::Nanos before = world.now();
      const bool answered =
          network.Ask(1, "Echo.Slow", labgob::Encode(millis), timeout).has_value();
      sim::Report("took", (world.now() - before) / 1'000'000);
      return answered;
    };
    Want(!ask(500, absl::Milliseconds(200)), "an answer that comes later");
    Want(world.stats()["took"] == 200, "gave up at another time");
    SleepMillis(500);  // the late answer comes, and finds nobody
    Want(ask(500, absl::InfiniteDuration()) && world.stats()["took"] == 500,
         "no answer in all time");
  }}));
}

TEST(Ask, GetsNothingFromANodeThatIsOffOrCrashes) {
  ExpectPass(RunScenario({.test = [](World& world, Network& network) {
    SleepMillis(10);
    const sim::Nanos before = world.now();
    world.At(before + 100'000'000, [&] { CrashNode(world, network, 1); });
    Want(!network.Ask(1, "Echo.Slow", labgob::Encode(int64_t{500}), absl::Seconds(60)), "answered");
    Want(world.now() - before < 110'000'000, "waited on after the crash");
    Want(!AskTwice(network, 1).has_value(), "a node that is off has answered");
    world.Boot(1, 2, "");
    Want(AskTwice(network, 1) == 2, "its next life does not answer");
  }}));
}

TEST(Tell, RunsTheHandlerAndWantsNoReply) {
  ExpectPass(RunScenario({.test = [](World& world, Network& network) {
    for (int i = 0; i < 3; ++i) network.Tell(1, "Echo.Twice", labgob::Encode(int64_t{1}));
    SleepMillis(10);
    Want(world.stats()["handled"] == 3, "not every handler has run");
    Want(network.rpcs() == 0, "it was counted");
  }}));
}

}  // namespace
}  // namespace labrpc
