// Part of Raftlab, under the MIT License (see LICENSE).
//
// The oracles of lab 4: configurations, and who answers for a shard.

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/scenario.h"
#include "tests/config_oracle.h"
#include "tests/owner_oracle.h"

namespace tests {
namespace {

using shardkv::Config;
using shardkv::Gid;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::StartsWith;

Config Make(int64_t number, std::vector<Gid> shards, const std::vector<Gid>& gids) {
  Config config{.number = number, .shards = std::move(shards), .groups = {}};
  for (const Gid gid : gids) config.groups[gid] = {static_cast<int>(gid)};
  return config;
}

// ---- Configurations. ----

TEST(FindImbalance, GroupsDifferByOne) {
  EXPECT_EQ(FindImbalance(Make(1, {1, 1, 2}, {1, 2})), std::nullopt);
  EXPECT_EQ(FindImbalance(Make(1, {1, 2}, {1, 2, 3})), std::nullopt);
  EXPECT_EQ(FindImbalance(Make(0, {0, 0}, {})), std::nullopt);
  EXPECT_THAT(FindImbalance(Make(1, {1, 1}, {1, 2})),
              Optional(HasSubstr("group 1 has 2 shards and group 2 has 0")));
  EXPECT_THAT(FindImbalance(Make(1, {1, 3}, {1, 2})),
              Optional(HasSubstr("a shard is at 3, which is no group")));
  EXPECT_THAT(FindImbalance(Make(1, {1, 0}, {1})), Optional(HasSubstr("a shard is at 0")));
}

TEST(FindWrongMoves, NoShardMovesThatNeedNot) {
  const Config before = Make(1, {1, 1, 2, 2}, {1, 2});
  EXPECT_EQ(FindWrongMoves(before, Make(2, {1, 3, 2, 2}, {1, 2, 3})), std::nullopt);
  EXPECT_THAT(FindWrongMoves(before, Make(2, {1, 3, 2, 1}, {1, 2, 3})),
              Optional(HasSubstr("2 shards moved, and 1 would do")));
  EXPECT_EQ(FindWrongMoves(before, Make(2, {2, 2, 2, 2}, {2})), std::nullopt);
  // What Move has put out of balance costs as many moves as it takes.
  EXPECT_EQ(FindWrongMoves(Make(1, {1, 1, 1, 1}, {1, 2}), Make(2, {1, 1, 2, 3}, {1, 2, 3})),
            std::nullopt);
}

// How a run ends in which the oracle sees that.
std::string Verdict(const std::function<void(ConfigOracle&)>& script) {
  const sim::RunResult result = sim::RunScenario({.nodes = 1, .test = [&](sim::World&) {
                                                    ConfigOracle oracle;
                                                    script(oracle);
                                                  }});
  if (result.verdict == sim::Verdict::kPass) return "";
  return std::string(sim::VerdictName(result.verdict)) + ": " + result.message;
}

const Config kNone = Make(0, {0, 0}, {});
const Config kOne = Make(1, {1, 1}, {1});
const Config kTwo = Make(2, {1, 2}, {1, 2});
const Config kThree = Make(3, {2, 2}, {2});

TEST(ConfigOracle, ANumberMeansOneConfiguration) {
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.Published(kOne);
                oracle.Published(kOne);
              }),
              IsEmpty());
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.Published(kOne);
                oracle.Booted(4, false);
                oracle.Adopted(4, Make(1, {1, 1}, {1, 2}));
              }),
              AllOf(StartsWith("safety: n4 has configuration 1: groups 1 2"),
                    HasSubstr("; a Query has configuration 1: groups 1,")));
}

TEST(ConfigOracle, ServersAdoptOneAfterTheOther) {
  const auto adopt_first_and_third = [](ConfigOracle& oracle) {
    oracle.Booted(4, false);
    oracle.Adopted(4, kOne);
    oracle.Adopted(4, kThree);
  };
  EXPECT_THAT(Verdict(adopt_first_and_third),
              StartsWith("safety: n4 adopts configuration 3 after configuration 1"));
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.Booted(4, false);
                oracle.Adopted(4, kOne);
                oracle.Adopted(4, kOne);
              }),
              StartsWith("safety: n4 adopts configuration 1 after configuration 1"));
}

TEST(ConfigOracle, SnapshotsAndRestartsSkipSome) {
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.Booted(4, false);
                oracle.Adopted(4, kOne);
                oracle.LoadedSnapshot(4);
                oracle.Adopted(4, kThree);
                oracle.Booted(4, true);
                oracle.Adopted(4, kTwo);
                oracle.Adopted(4, kThree);
                oracle.Booted(4, false);
                oracle.Adopted(4, kOne);
              }),
              IsEmpty());
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.Booted(4, true);
                oracle.Adopted(4, kOne);
                oracle.Adopted(4, kThree);
              }),
              StartsWith("safety: n4 adopts"));
}

TEST(ConfigOracle, AllOfThemAreSeenAtTheEnd) {
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.CheckAll({kNone, kOne, kTwo, kThree});
              }),
              IsEmpty());
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.CheckAll({kNone, kTwo});
              }),
              StartsWith("contract: Query(1) returned configuration 2"));
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.CheckAll({kNone, kOne, Make(2, {2, 2}, {1, 2})});
              }),
              StartsWith("contract: group 2 has 2 shards"));
  EXPECT_THAT(Verdict([](ConfigOracle& oracle) {
                oracle.Booted(4, false);
                oracle.Adopted(4, kOne);
                oracle.CheckAll({kNone});
              }),
              StartsWith("safety: n4 has configuration 1, and the controller's newest is 0"));
}

TEST(ConfigOracle, AMoveMayPutOneShardAnywhere) {
  const Config moved = Make(2, {1, 1}, {1, 2});
  EXPECT_THAT(Verdict([&](ConfigOracle& oracle) {
                oracle.CheckAll({kNone, Make(1, {1, 2}, {1, 2}), moved});
              }),
              IsEmpty());
  EXPECT_THAT(Verdict([&](ConfigOracle& oracle) {
                oracle.CheckAll({Make(0, {0, 0, 0, 0}, {}), Make(1, {1, 2, 1, 2}, {1, 2}),
                                 Make(2, {1, 1, 1, 1}, {1, 2})});
              }),
              StartsWith("contract: group 1 has 4 shards"));
}

// ---- Owners. ----

// Clients ask and are answered; a time is a number of seconds.
class OwnerScript {
 public:
  // About a key of shard 0.
  void Do(int client, Gid gid, double asked_at, double returned_at) {
    Begin(client);
    Ask(client, gid, asked_at);
    Answer(client, gid);
    Return(client, returned_at);
  }
  void Begin(int client) { oracle.Begins(client); }
  void Ask(int client, Gid gid, double at) {
    call_ = {.id = call_.id + 1, .sent_at = Nanos(at)};
    oracle.Sees(client, gid, call_, /*arrived=*/false);
  }
  void Answer(int client, Gid gid) {
    labrpc::Call reply = call_;
    reply.state = labrpc::Call::State::kReplySent;
    oracle.Sees(client, gid, reply, /*arrived=*/true);
  }
  void Return(int client, double at) { oracle.Returns(client, std::string(1, '\0'), Nanos(at)); }
  void Change(double at) { oracle.ChangeBegins(Nanos(at)); }

  OwnerOracle oracle;

 private:
  static sim::Nanos Nanos(double seconds) { return static_cast<sim::Nanos>(seconds * 1e9); }
  labrpc::Call call_;
};

// Shard 0 goes from group 1 to group 2, and back.
const std::vector<Config> kThereAndBack = {kNone, Make(1, {1, 1}, {1, 2}), Make(2, {2, 1}, {1, 2}),
                                           Make(3, {1, 1}, {1, 2})};

TEST(OwnerOracle, OneAfterTheOther) {
  OwnerScript run;
  for (const double at : {0.5, 1.5, 2.5}) run.Change(at);
  run.Do(0, 1, 1, 2);
  run.Do(1, 2, 3, 4);
  run.Do(0, 1, 5, 6);
  EXPECT_EQ(run.oracle.FindWrongOwner(kThereAndBack), std::nullopt);
  run.Do(1, 2, 7, 8);
  EXPECT_THAT(run.oracle.FindWrongOwner(kThereAndBack),
              Optional(AllOf(StartsWith("group 2 answered client 1"),
                             HasSubstr("group 1, which has the key's shard, 0, from configuration "
                                       "3 on, had answered client 0 already at 6.000000 s"))));
}

TEST(OwnerOracle, AnswersThatOverlapSayNothing) {
  OwnerScript run;
  for (const double at : {0.5, 1.5}) run.Change(at);
  const std::vector<Config> there(kThereAndBack.begin(), kThereAndBack.begin() + 3);
  run.Do(1, 2, 3, 4);
  run.Do(0, 1, 3.5, 6);
  EXPECT_EQ(run.oracle.FindWrongOwner(there), std::nullopt);
  run.Do(0, 1, 4.5, 5);
  EXPECT_THAT(run.oracle.FindWrongOwner(there), Optional(HasSubstr("one group at most")));
}

TEST(OwnerOracle, AnAnswerAtTheSecondTryMayBeOfTheFirst) {
  OwnerScript run;
  for (const double at : {0.5, 1.5}) run.Change(at);
  const std::vector<Config> there(kThereAndBack.begin(), kThereAndBack.begin() + 3);
  run.Do(1, 2, 3, 4);
  run.Begin(0);
  run.Ask(0, 1, 2);  // carried out, and the reply is lost
  run.Ask(0, 2, 4);
  run.Ask(0, 1, 5);
  run.Answer(0, 1);
  run.Return(0, 6);
  EXPECT_EQ(run.oracle.FindWrongOwner(there), std::nullopt);
}

TEST(OwnerOracle, NobodyServesAheadOfItsTime) {
  OwnerScript run;
  run.Change(0.5);
  run.Do(1, 2, 1, 2);
  run.Change(3);
  EXPECT_THAT(run.oracle.FindWrongOwner(kThereAndBack),
              Optional(HasSubstr("no configuration until then gives it the key's shard, 0")));
}

TEST(OwnerOracle, AClerkThatAsksManyAtOnceIsNotJudged) {
  OwnerScript run;
  for (const double at : {0.5, 1.5}) run.Change(at);
  run.Do(1, 2, 3, 4);
  run.Begin(0);
  run.Ask(0, 1, 5);
  labrpc::Call first{.id = 77, .state = labrpc::Call::State::kReplySent};
  run.oracle.Sees(0, 1, first, true);
  run.Answer(0, 1);
  run.Return(0, 6);
  EXPECT_EQ(run.oracle.FindWrongOwner({kThereAndBack.begin(), kThereAndBack.begin() + 3}),
            std::nullopt);
}

}  // namespace
}  // namespace tests
