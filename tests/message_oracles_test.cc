// Part of Raftlab, under the MIT License (see LICENSE).
//
// Terms, votes, leaders, hostile bytes: each rule broken, and kept in an odd way.

#include "tests/message_oracles.h"

#include <limits>
#include <string>

#include <boost/describe.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/oracle_script.h"

namespace tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// ---- Terms. ----

TEST(TermOracle, AReplyIsNotOlderThanItsRequest) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1});
                const auto append = run.Append(0, 2, 3, {});
                run.Arrive(append);
                run.Reply(append, 2, false);
              }),
              AllOf(StartsWith("safety: n2 answered Raft.AppendEntries of term 3"),
                    HasSubstr("with term 2 at")));
}

TEST(TermOracle, ARequestForAVoteMayBeDisregardedForALeader) {
  const auto disregard = [](OracleScript& run, int64_t seconds) {
    run.Elect(0, 3, {1, 2});
    run.Accept(run.Append(0, 2, 3, {.terms = {3}}), 3);
    run.Wait(seconds);
    run.Save(1);
    const auto vote = run.AskVote(1, 2, 4);
    run.Arrive(vote);
    run.Vote(vote, 3, false);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { disregard(run, 1); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { disregard(run, 6); }),
              StartsWith("safety: n2 answered Raft.RequestVote of term 4"));
}

TEST(TermOracle, ACandidateDisregardsNobody) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Save(1);
                run.AskVote(1, 0, 2);
                run.Save(2);
                const auto vote = run.AskVote(2, 1, 3);
                run.Arrive(vote);
                run.Vote(vote, 2, false);
              }),
              StartsWith("safety: n1 answered Raft.RequestVote of term 3"));
}

TEST(TermOracle, TermsOnlyGrow) {
  const auto answer_old = [](OracleScript& run, bool late) {
    run.Elect(0, 3, {1, 2});
    const auto append = run.Append(0, 2, 3, {});
    run.Save(2);
    if (late) run.Arrive(append);
    run.AskVote(2, 1, 4);
    if (!late) run.Arrive(append);
    run.Reply(append, 3, true);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { answer_old(run, false); }),
              AllOf(StartsWith("safety: n2 spoke in term 4 at"), HasSubstr("in term 3")));
  // What it answered it may have made up before.
  EXPECT_THAT(Verdict([&](OracleScript& run) { answer_old(run, true); }), IsEmpty());
}

TEST(TermOracle, RequestsMayLeaveLate) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1, 2});
                run.Save(2);
                run.AskVote(2, 0, 4);
                run.Save(2);
                run.AskVote(2, 1, 5);
                run.AskVote(2, 1, 4);
                run.Append(0, 1, 3, {});
              }),
              IsEmpty());
}

TEST(TermOracle, ATermIsSavedBeforeItIsSpokenOf) {
  const auto adopt = [](OracleScript& run, bool save) {
    run.Elect(0, 3, {1, 2});
    const auto first = run.Append(0, 2, 3, {});
    run.Arrive(first);
    run.Reply(first, 3);
    run.Elect(1, 4, {0});
    const auto second = run.Append(1, 2, 4, {});
    run.Arrive(second);
    if (save) run.Save(2);
    run.Reply(second, 4);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { adopt(run, false); }),
              AllOf(StartsWith("safety: n2 answered in term 4 at"), HasSubstr("was still in")));
  EXPECT_THAT(Verdict([&](OracleScript& run) { adopt(run, true); }), IsEmpty());
}

TEST(TermOracle, ATermThatWasSavedLongAgoMayBeSpokenOf) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1, 2});
                const auto append = run.Append(0, 2, 3, {});
                run.Arrive(append);
                run.Save(2);  // it is a candidate of term 4 by now, but its requests leave late
                run.Reply(append, 3);
                run.AskVote(2, 1, 4);
              }),
              IsEmpty());
}

TEST(TermOracle, NobodyHasToSaveBeforeStage2C) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                const auto vote = run.AskVote(0, 1, 1);
                run.Arrive(vote);
                run.Vote(vote, 1);
                const auto append = run.Append(0, 1, 1, {.terms = {1}});
                run.Arrive(append);
                run.Reply(append, 1);
                run.Take(0, 1, 1);
                run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1, .commit = 1});
              }),
              IsEmpty());
}

TEST(TermOracle, TermsSurviveRestarts) {
  const auto restart = [](OracleScript& run, int64_t term) {
    run.Elect(1, 5, {2});
    run.Restart(2);
    run.Save(2);
    run.AskVote(2, 0, term);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { restart(run, 4); }),
              AllOf(StartsWith("safety: n2 asked for votes in term 4"), HasSubstr("its restart")));
  EXPECT_THAT(Verdict([&](OracleScript& run) { restart(run, 6); }), IsEmpty());
}

TEST(TermOracle, InstallSnapshotIsAnsweredInItsTerm) {
  const auto install = [](OracleScript& run, int64_t answered) {
    run.Elect(0, 2, {1});
    run.Accept(run.Append(0, 1, 2, {.terms = {2}}), 2);
    run.Apply(0, 1);
    const auto snapshot = run.Install(0, 2, 2, 1, 2);
    run.Arrive(snapshot);
    run.Save(2);
    run.Installed(snapshot, answered);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { install(run, 1); }),
              StartsWith("safety: n2 answered Raft.InstallSnapshot of term 2"));
  EXPECT_THAT(Verdict([&](OracleScript& run) { install(run, 2); }), IsEmpty());
}

// ---- Elections. ----

TEST(ElectionOracle, OneVoteATerm) {
  EXPECT_THAT(
      Verdict([](OracleScript& run) {
        run.Elect(0, 1, {2});
        run.Elect(1, 1, {2});
      }),
      AllOf(StartsWith("safety: n2 voted twice in term 1: for n0 at"), HasSubstr("for n1")));
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {2});
                run.Restart(2);
                run.Elect(1, 1, {2});
              }),
              HasSubstr("after a restart"));
  // The same candidate may ask again.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                const auto vote = run.AskVote(0, 2, 1);
                const auto copy = run.Copy(vote);
                run.Save(0);
                run.Arrive(vote);
                run.Arrive(copy);
                run.Save(2);
                run.Vote(copy, 1);
                run.Vote(vote, 1);
              }),
              IsEmpty());
}

TEST(ElectionOracle, ACandidateHasVotedForItself) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Save(0);
                run.AskVote(0, 1, 1);
                run.Elect(2, 1, {0});
              }),
              StartsWith("safety: n0 voted twice in term 1"));
}

TEST(ElectionOracle, AVoteIsSaved) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {2});
                run.Elect(0, 2, {2});
                run.Save(1);
                const auto vote = run.AskVote(1, 2, 3);
                run.Arrive(vote);
                run.Vote(vote, 3);
              }),
              HasSubstr("saved nothing since"));
}

TEST(ElectionOracle, ALeaderHasAMajority) {
  const auto lead = [](OracleScript& run, int64_t term) {
    run.Save(0);
    const auto vote = run.AskVote(0, 1, 1);
    run.Arrive(vote);
    run.Save(1);
    run.Save(0);
    run.AskVote(0, 1, 2);
    run.Vote(vote, 1);
    run.Append(0, 1, term, {});
  };
  EXPECT_THAT(
      Verdict([&](OracleScript& run) { lead(run, 2); }),
      AllOf(StartsWith("safety: n0 acts as if it leads term 2"), HasSubstr("but only 1 of the 3")));
  EXPECT_THAT(Verdict([&](OracleScript& run) { lead(run, 1); }), IsEmpty());
}

TEST(ElectionOracle, TwoLeaders) {
  EXPECT_THAT(Verdict(
                  [](OracleScript& run) {
                    run.Elect(0, 1, {1, 2});
                    run.Append(0, 1, 1, {});
                    run.Save(3);
                    run.Append(3, 4, 1, {});
                  },
                  5),
              StartsWith("safety: two leaders in term 1: n0 since"));
}

TEST(ElectionOracle, AVoteForAPastTerm) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                const auto vote = run.AskVote(0, 1, 1);
                run.Save(1);
                run.AskVote(1, 2, 2);
                run.Arrive(vote);
                run.Vote(vote, 2);
              }),
              StartsWith("safety: n1 had spoken in term 2 when n0 asked it"));
  // It may have left in the old term, and looked at its term again before it answered.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                const auto vote = run.AskVote(0, 1, 1);
                run.Arrive(vote);
                run.Save(1);
                run.Vote(vote, 2);
              }),
              IsEmpty());
}

struct PreVoteArgs {
  int64_t term = 0;
  int candidate_id = 0;
  int64_t last_log_index = 0;
  int64_t last_log_term = 0;
  bool pre_vote = false;
};
BOOST_DESCRIBE_STRUCT(PreVoteArgs, (),
                      (term, candidate_id, last_log_index, last_log_term, pre_vote))

TEST(ElectionOracle, APreVoteIsNoVote) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                for (int candidate : {0, 1}) {
                  const auto vote =
                      run.Send(candidate, 2, "RequestVote", PreVoteArgs{1, candidate, 0, 0, true});
                  run.Arrive(vote);
                  run.Vote(vote, 0);
                }
                run.oracles().CheckElected(1, 0);
              }),
              AllOf(StartsWith("warning: RequestVote's arguments"), HasSubstr("pre_vote")));
}

// ---- Structs without the paper's fields, and hostile ones. ----

struct NoTerms {
  int64_t epoch = 0;
};
BOOST_DESCRIBE_STRUCT(NoTerms, (), (epoch))

TEST(MessageOracles, AFieldThatIsMissingCostsNothing) {
  for (const std::string method : {"RequestVote", "AppendEntries", "InstallSnapshot"}) {
    EXPECT_THAT(
        Verdict([&](OracleScript& run) {
          run.Arrive(run.Send(0, 1, method, NoTerms{1}));
          run.Arrive(run.Send(1, 2, method, NoTerms{1}));
          if (method != "RequestVote") run.Apply(1, 1);
        }),
        AllOf(HasSubstr(method + "'"), HasSubstr("arguments lack one of the paper's fields")))
        << method;
  }
}

TEST(MessageOracles, IndicesThatNoLogHas) {
  for (const int64_t index : {int64_t{-1}, std::numeric_limits<int64_t>::min(),
                              std::numeric_limits<int64_t>::max() - 1}) {
    EXPECT_THAT(Verdict([&](OracleScript& run) {
                  run.Elect(0, 1, {1});
                  run.Append(0, 1, 1, {.prev_index = index, .prev_term = 1, .terms = {}});
                }),
                StartsWith("contract: n0 sent AppendEntries with prevLogIndex"))
        << index;
  }
  const auto vote_and_commit = [](OracleScript& run, int64_t odd) {
    run.Elect(0, 1, {1}, odd, odd);
    run.Accept(run.Append(0, 1, 1, {.terms = {1}, .commit = odd}), 1);
  };
  const auto snapshot = [](OracleScript& run, int64_t odd) {
    run.Elect(0, 1, {1});
    run.Arrive(run.Install(0, 1, 1, odd, odd));
  };
  const int64_t least = std::numeric_limits<int64_t>::min();
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Verdict([&](OracleScript& run) { vote_and_commit(run, least); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { vote_and_commit(run, most); }),
              StartsWith("safety: n0 told n1"));
  EXPECT_THAT(Verdict([&](OracleScript& run) { snapshot(run, least); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { snapshot(run, most); }),
              StartsWith("safety: n0 sent n1 a snapshot through index"));
}

}  // namespace
}  // namespace tests
