// Part of Raftlab, under the MIT License (see LICENSE).
//
// Logs, acknowledgements and commits: each rule broken, and kept in an odd way.

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

// ---- Log Matching, Leader Append-Only, Leader Completeness. ----

TEST(LogOracle, SameIndexAndTermSameCommand) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1});
                run.Append(0, 1, 1, {.terms = {1, 1}});
                run.Send(0, 2, "AppendEntries",
                         raft::AppendEntriesArgs{.term = 1,
                                                 .leader_id = 0,
                                                 .prev_log_index = 1,
                                                 .prev_log_term = 1,
                                                 .entries = {{1, "another"}},
                                                 .leader_commit = 0});
              }),
              AllOf(StartsWith("safety: entry 1/2 is \"2 of term 1\" in n0's log"),
                    HasSubstr("\"another\"")));
}

TEST(LogOracle, SameIndexAndTermSamePrefix) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1, 2});
                run.Append(0, 1, 1, {.terms = {1, 1}});
                run.Elect(1, 2, {2}, 2, 1);
                run.Append(1, 2, 2, {.prev_index = 2, .prev_term = 1, .terms = {2}});
                run.Elect(2, 3, {0}, 3, 2);
                run.Append(2, 0, 3, {.prev_index = 2, .prev_term = 2, .terms = {2}});
              }),
              StartsWith("safety: entry 2/3 follows on 1/2 in n1's log"));
}

TEST(LogOracle, TermsInALogNeverDecrease) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1});
                run.Append(0, 1, 3, {.terms = {2, 3, 2}});
              }),
              StartsWith("safety: n0 sent the entry 2/3"));
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1});
                run.Append(0, 1, 3, {.terms = {4}});
              }),
              StartsWith("safety: n0, as leader of term 3, sent the entry 4/1"));
}

TEST(LogOracle, ALeaderOnlyAppends) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1});
                run.Append(0, 1, 3, {.terms = {1, 1, 3}});
                run.Append(0, 2, 3, {.prev_index = 1, .prev_term = 1, .terms = {3}});
              }),
              AllOf(StartsWith("safety: n0, as leader of term 3, has an entry of term 3 at index "
                               "2"),
                    HasSubstr("it had one of term 1")));
  // It begins with what it said when it was a candidate.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 3, {1}, 2, 2);
                run.Append(0, 1, 3, {.prev_index = 1, .prev_term = 1, .terms = {3}});
              }),
              StartsWith("safety: n0, as leader of term 3, has an entry of term 3 at index 2"));
  // Parts of the log, in any order, and what was overwritten between two terms.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1, 2});
                run.Append(0, 1, 1, {.prev_index = 2, .prev_term = 1, .terms = {1}});
                run.Append(0, 1, 1, {.terms = {1, 1, 1}});
                run.Append(0, 2, 1, {});
                run.Elect(1, 2, {2});
                run.Append(1, 2, 2, {.terms = {2}});
                run.Append(0, 2, 1, {.prev_index = 1, .prev_term = 1, .terms = {1}});
              }),
              IsEmpty());
}

// n0 commits an entry of term 1 with n1; n2 never hears of it.
void CommitOne(OracleScript& run) {
  run.Elect(0, 1, {1, 2});
  run.Accept(run.Append(0, 1, 1, {.terms = {1}}), 1);
  run.Apply(0, 1);
}

TEST(LogOracle, LeadersHoldWhatIsCommitted) {
  // Its log is too short: that shows by the votes that it gets, and by its first words.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                CommitOne(run);
                run.Elect(2, 2, {0, 1});
                run.Append(2, 0, 2, {});
              }),
              StartsWith("safety: n0 granted n2 its vote in term 2"));
  EXPECT_THAT(Verdict([](OracleScript& run) {
                CommitOne(run);
                run.Restart(0);  // it may have lost what it has not acknowledged
                run.Elect(2, 2, {0});
                run.Append(2, 1, 2, {});
              }),
              AllOf(StartsWith("safety: n2 leads term 2 at"),
                    HasSubstr("the committed entry at index 1 (term 1)"),
                    HasSubstr("its log ended at 0/0")));
  EXPECT_THAT(Verdict([](OracleScript& run) {
                CommitOne(run);
                run.Restart(0);
                run.Elect(2, 3, {0}, 1, 2);
                run.Append(2, 1, 3, {.terms = {2}});
              }),
              AllOf(StartsWith("safety: n2 leads term 3"), HasSubstr("an entry of term 2 there")));
  EXPECT_THAT(Verdict([](OracleScript& run) {
                CommitOne(run);
                run.Restart(0);
                run.Elect(2, 3, {0}, 1, 1);
                run.Install(2, 1, 3, 1, 3);
              }),
              StartsWith("safety: n2, as leader of term 3, has an entry of term 3 at index 1"));
  // Those of the same term and of earlier ones need not.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(2, 1, {0, 1});
                run.Append(2, 0, 1, {.terms = {1}});
                run.Elect(0, 2, {1});
                run.Accept(run.Append(0, 1, 2, {.terms = {2}}), 2);
                run.Apply(0, 1);
                run.Append(2, 1, 1, {.terms = {1, 1}});
                run.Elect(1, 3, {0}, 1, 2);
                run.Append(1, 0, 3, {.prev_index = 1, .prev_term = 2, .terms = {3}});
              }),
              IsEmpty());
}

// ---- Commits. ----

TEST(CommitOracle, OnlyAMajorityCommits) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1});
                run.Append(0, 1, 1, {.terms = {1}});
                run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1, .commit = 1});
              }),
              StartsWith("safety: n0 told n1 at"));
  // It counts when it leaves the follower, even if it never comes to the leader.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1});
                run.Accept(run.Append(0, 1, 1, {.terms = {1}}), 1);
                run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1, .commit = 1});
              }),
              IsEmpty());
}

// Of one cluster among several.
TEST(CommitOracle, AMachineOfAnotherClusterRestarts) {
  const auto script = [](OracleScript& run, sim::NodeId machine) {
    run.Elect(0, 1, {1});
    const auto append = run.Append(0, 1, 1, {.terms = {1}});
    run.Arrive(append);
    run.RestartMachine(machine);
    run.Save(1);
    run.Reply(append, 1);
    run.Apply(0, 1);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { script(run, 1); }, 3, 3), IsEmpty());
  // The server itself, whose new life has been asked for nothing yet.
  EXPECT_THAT(Verdict([&](OracleScript& run) { script(run, 4); }, 3, 3),
              StartsWith("safety: n0 applied index 1"));
}

TEST(CommitOracle, AReplyMayTellOfMoreThanItsRequest) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1});
                run.Accept(run.Append(0, 1, 1, {.terms = {1}}), 1);
                run.Arrive(run.Append(0, 1, 1, {.terms = {1, 1}}));
                run.Accept(run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1}), 1);
                run.Apply(0, 1);
                run.Apply(0, 2);
              }),
              IsEmpty());
}

TEST(CommitOracle, OldEntriesAreNotCounted) {
  const auto figure8 = [](OracleScript& run, std::vector<int64_t> terms) {
    run.Elect(0, 1, {1, 2});
    run.Append(0, 1, 1, {.terms = {1}});
    run.Elect(0, 3, {1, 2}, 1, 1);
    run.Accept(run.Append(0, 1, 3, {.terms = std::move(terms)}), 3);
    run.Apply(0, 1);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { figure8(run, {1}); }),
              AllOf(StartsWith("safety: n0 applied index 1"), HasSubstr("Figure 8")));
  EXPECT_THAT(Verdict([&](OracleScript& run) { figure8(run, {1, 3}); }), IsEmpty());
}

TEST(CommitOracle, ALeaderCountsItselfOnceItHasSaved) {
  const auto commit = [](OracleScript& run, bool save, bool both) {
    run.Elect(0, 1, {1, 2});
    run.Take(0, 1, 1);
    for (int follower : {1, 2}) {
      const auto append = run.Append(0, follower, 1, {.terms = {1}});
      if (follower == 1 || both) run.Accept(append, 1);
    }
    if (save) run.Save(0);
    run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1, .commit = 1});
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { commit(run, false, false); }),
              AllOf(StartsWith("safety: n0 told n1"), HasSubstr("Start() gave it index 1")));
  // It may save while the followers do, and need not save if they are a majority.
  EXPECT_THAT(Verdict([&](OracleScript& run) { commit(run, true, false); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { commit(run, false, true); }), IsEmpty());
}

// n0 led term 1 and put two entries on n1; n2 leads term 2 with another second entry.
void Diverge(OracleScript& run) {
  run.Elect(0, 1, {1, 2});
  run.Accept(run.Append(0, 2, 1, {.terms = {1}}), 1);
  run.Accept(run.Append(0, 1, 1, {.terms = {1, 1}}), 1);
  run.Restart(0);
  run.Elect(2, 2, {0}, 1, 1);
  run.Accept(run.Append(2, 0, 2, {.prev_index = 0, .terms = {1, 2}}), 2);
  run.Apply(2, 1);
  run.Apply(2, 2);
}

TEST(CommitOracle, AFollowerCommitsWhatTheLeaderHasShownIt) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                Diverge(run);
                run.Arrive(run.Append(2, 1, 2, {.prev_index = 1, .prev_term = 1, .commit = 2}));
                run.Apply(1, 1);
                run.Apply(1, 2);
              }),
              AllOf(StartsWith("safety: n1 applied index 2 at"),
                    HasSubstr("leaderCommit 2 and entries through index 1")));
  // The commit index may come before the entries, and with an older leader than they.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                Diverge(run);
                run.Arrive(run.Append(2, 1, 2, {.prev_index = 1, .prev_term = 1, .commit = 2}));
                run.Elect(0, 3, {2}, 2, 2);
                run.Arrive(run.Append(0, 1, 3, {.prev_index = 1, .prev_term = 1, .terms = {2}}));
                run.Restart(1);
                run.Apply(1, 1);
                run.Apply(1, 2);
              }),
              IsEmpty());
  // A leader commits by itself, and a snapshot is committed.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                Diverge(run);
                run.Apply(2, 2);
                run.Arrive(run.Install(2, 1, 2, 2, 2));
                run.Apply(1, 2);
              }),
              IsEmpty());
}

TEST(CommitOracle, AnotherMethodMaySayAnything) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                Diverge(run);
                run.Send(2, 1, "Commit", std::string("2"));
                run.Apply(1, 2);
              }),
              StartsWith("warning: Raft.Commit is none of the paper's RPCs"));
  EXPECT_THAT(Verdict([](OracleScript& run) {
                Diverge(run);
                run.Send(2, 1, "PreVote", std::string("2"));
                run.Apply(1, 2);
              }),
              StartsWith("safety: n1 applied index 2"));
}

// ---- Promises. ----

TEST(PromiseOracle, NobodyAcknowledgesWhatNeverCame) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 2, {1}, 1, 1);
                run.Accept(run.Append(0, 1, 2, {.prev_index = 1, .prev_term = 1, .terms = {2}}), 2);
              }),
              StartsWith("safety: n1 answered AppendEntries of n0, with prevLogIndex 1"));
  // What came in a request that was handled late, or in a snapshot, or was its own.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1});
                const auto first = run.Append(0, 1, 1, {.terms = {1}});
                const auto second =
                    run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1, .terms = {1}});
                run.Arrive(second);
                run.Arrive(first);
                run.Save(1);
                run.Reply(second, 1);
                run.Reply(first, 1);
                run.Apply(0, 1);
                run.Arrive(run.Install(0, 2, 1, 1, 1));
                run.Accept(run.Append(0, 2, 1, {.prev_index = 1, .prev_term = 1, .terms = {1}}), 1);
                run.Elect(1, 2, {2}, 2, 1);
                run.Accept(run.Append(1, 0, 2, {.prev_index = 2, .prev_term = 1, .terms = {2}}), 2);
              }),
              IsEmpty());
}

TEST(PromiseOracle, AHeartbeatThatIsNotLookedAtDoesNotCount) {
  const auto beat = [](OracleScript& run, int64_t commit) {
    run.Elect(0, 1, {1});
    run.Append(0, 1, 1, {.terms = {1}});  // lost
    const auto beat = run.Append(0, 1, 1, {.prev_index = 1, .prev_term = 1});
    run.Arrive(beat);
    run.Reply(beat, 1);
    run.Append(0, 1, 1, {.commit = commit});
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { beat(run, 0); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { beat(run, 1); }),
              StartsWith("safety: n0 told n1 at"));
}

TEST(PromiseOracle, AnAcknowledgedEntryIsSaved) {
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1});
                const auto append = run.Append(0, 1, 1, {.terms = {1}});
                run.Arrive(append);
                run.Reply(append, 1);
              }),
              AllOf(StartsWith("safety: n1 acknowledged entries through 1/1"),
                    HasSubstr("saved nothing since")));
  // A copy of what was saved before, a leader's own entry, and a snapshot's.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1, 2});
                const auto append = run.Append(0, 1, 1, {.terms = {1}});
                const auto copy = run.Copy(append);
                run.Accept(append, 1);
                run.Restart(1);
                run.Arrive(copy);
                run.Reply(copy, 1);
                run.Apply(0, 1);
                const auto snapshot = run.Install(0, 2, 1, 1, 1);
                run.Arrive(snapshot);
                run.Save(2);
                run.Installed(snapshot, 1);
                const auto covered = run.Append(0, 2, 1, {.terms = {1}});
                run.Arrive(covered);
                run.Reply(covered, 1);
                run.Elect(1, 2, {0}, 1, 1);
                const auto own = run.Append(1, 0, 2, {.terms = {1}});
                run.Arrive(own);
                run.Reply(own, 2);
              }),
              IsEmpty());
}

// n1 acknowledges three entries to n0, the leader of term 1.
void AcknowledgeThree(OracleScript& run) {
  run.Elect(0, 1, {1, 2});
  run.Accept(run.Append(0, 1, 1, {.terms = {1, 1, 1}}), 1);
}

TEST(PromiseOracle, AcknowledgedEntriesAreNotRefused) {
  const auto refuse = [](OracleScript& run, int64_t prev_index, int64_t prev_term) {
    AcknowledgeThree(run);
    const auto append =
        run.Append(0, 1, 1, {.prev_index = prev_index, .prev_term = prev_term, .terms = {1}});
    run.Arrive(append);
    run.Reply(append, 1, false);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { refuse(run, 3, 1); }),
              AllOf(StartsWith("safety: n1 acknowledged entries through 1/3 to n0 in term 1"),
                    HasSubstr("refuses prevLogIndex 3")));
  EXPECT_THAT(Verdict([&](OracleScript& run) { refuse(run, 4, 1); }), IsEmpty());
  // In another leader's term, too.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                AcknowledgeThree(run);
                run.Elect(2, 2, {0}, 3, 1);
                const auto append = run.Append(2, 1, 2, {.prev_index = 3, .prev_term = 1});
                run.Arrive(append);
                run.Save(1);
                run.Reply(append, 2, false);
              }),
              HasSubstr("refuses prevLogIndex 3 (term 1) of n2 in term 2"));
  // A refusal that was made before the acknowledgement.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Elect(0, 1, {1, 2});
                run.Append(0, 2, 1, {.terms = {1, 1, 1}});
                const auto early = run.Append(0, 1, 1, {.prev_index = 2, .prev_term = 1});
                run.Arrive(early);
                run.Accept(run.Append(0, 1, 1, {.terms = {1, 1, 1}}), 1);
                run.Reply(early, 1, false);
              }),
              IsEmpty());
  // What is compacted, or committed, may be refused.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                AcknowledgeThree(run);
                run.oracles().Offered(1, 2);
                const auto append = run.Append(0, 1, 1, {.prev_index = 2, .prev_term = 1});
                run.Arrive(append);
                run.Reply(append, 1, false);
              }),
              IsEmpty());
}

TEST(PromiseOracle, DeletedByALaterLeader) {
  // n2 shows n1 another second entry; what n1 had behind it goes.
  const auto conflict = [](OracleScript& run, std::vector<int64_t> terms, int64_t prev) {
    AcknowledgeThree(run);
    run.Elect(2, 2, {3, 4}, 1, 1);
    run.Arrive(run.Append(2, 1, 2, {.terms = std::move(terms)}));
    run.Save(1);
    run.AskVote(1, 0, 3, prev, 1);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { conflict(run, {1, 2}, 1); }, 5), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { conflict(run, {1}, 1); }, 5),
              AllOf(StartsWith("safety: n1 acknowledged entries through 1/3"),
                    HasSubstr("asks for votes in term 3 with a log that ends at 1/1")));
  // It may delete by prevLogTerm alone.
  EXPECT_THAT(Verdict(
                  [](OracleScript& run) {
                    AcknowledgeThree(run);
                    run.Elect(2, 2, {3, 4}, 1, 1);
                    run.Append(2, 0, 2, {.prev_index = 1, .prev_term = 1, .terms = {2, 2}});
                    run.Arrive(run.Append(2, 1, 2, {.prev_index = 2, .prev_term = 2}));
                    run.Save(1);
                    run.AskVote(1, 0, 3, 1, 1);
                  },
                  5),
              IsEmpty());
  // The acknowledgement may leave after that.
  EXPECT_THAT(Verdict(
                  [](OracleScript& run) {
                    run.Elect(0, 1, {1, 2});
                    const auto append = run.Append(0, 1, 1, {.terms = {1, 1}});
                    run.Arrive(append);
                    run.Save(1);
                    run.Elect(2, 2, {3, 4});
                    run.Arrive(run.Append(2, 1, 2, {.terms = {2}}));
                    run.Reply(append, 1);
                    run.Save(1);
                    run.AskVote(1, 0, 3, 1, 2);
                  },
                  5),
              IsEmpty());
}

TEST(PromiseOracle, ASnapshotKeepsWhatFollowsIt) {
  const auto install = [](OracleScript& run, int64_t index_term, int64_t last_index) {
    AcknowledgeThree(run);
    run.Apply(0, 1);
    run.Apply(0, 2);
    if (index_term == 1) {
      run.Elect(2, 2, {0}, 3, 1);
      run.Arrive(run.Install(2, 1, 2, 2, 1));
    } else {
      run.Arrive(run.Install(0, 1, 1, 2, 1));
    }
    run.Save(1);
    run.AskVote(1, 0, 3, last_index, 1);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { install(run, 1, 2); }),
              HasSubstr("with a log that ends at 1/2"));
  EXPECT_THAT(Verdict([&](OracleScript& run) { install(run, 1, 3); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { install(run, 0, 2); }),
              HasSubstr("with a log that ends at 1/2"));
  // A log that does not hold the snapshot's last entry goes, whatever its own last term.
  EXPECT_THAT(Verdict(
                  [](OracleScript& run) {
                    run.Elect(2, 2, {3, 4});
                    run.Accept(run.Append(2, 1, 2, {.terms = {1, 2}}), 2);
                    run.Elect(0, 4, {3, 4}, 3, 1);
                    for (int follower : {3, 4}) {
                      run.Accept(run.Append(0, follower, 4, {.terms = {1, 1, 1, 4}}), 4);
                    }
                    for (int64_t index : {1, 2, 3}) run.Apply(0, index);
                    run.Arrive(run.Install(0, 1, 4, 3, 1));
                    run.Save(1);
                    run.AskVote(1, 0, 5, 3, 1);
                  },
                  5),
              IsEmpty());
}

TEST(PromiseOracle, VotesForUpToDateLogsOnly) {
  const auto grant = [](OracleScript& run, int64_t last_index, int64_t last_term) {
    run.Elect(0, 2, {1, 2});
    run.Accept(run.Append(0, 1, 2, {.terms = {1, 2, 2}}), 2);
    run.Save(2);
    const auto vote = run.AskVote(2, 1, 3, last_index, last_term);
    run.Arrive(vote);
    run.Save(1);
    run.Vote(vote, 3);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { grant(run, 2, 2); }),
              AllOf(StartsWith("safety: n1 granted n2 its vote in term 3"),
                    HasSubstr("ends at 2/2 and its own reaches 2/3"),
                    HasSubstr("acknowledged entries through 2/3")));
  EXPECT_THAT(Verdict([&](OracleScript& run) { grant(run, 9, 1); }),
              StartsWith("safety: n1 granted n2"));
  EXPECT_THAT(Verdict([&](OracleScript& run) { grant(run, 3, 2); }), IsEmpty());
  EXPECT_THAT(Verdict([&](OracleScript& run) { grant(run, 1, 3); }), IsEmpty());
  // In the same term the vote may be older than the entries.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Save(0);
                const auto late = run.AskVote(0, 1, 1);
                run.Elect(0, 1, {2});
                run.Arrive(late);
                run.Save(1);
                run.Accept(run.Append(0, 1, 1, {.terms = {1}}), 1);
                run.Vote(late, 1);
              }),
              IsEmpty());
  // A vote that was given before may be said again, to a copy of the request that comes late.
  EXPECT_THAT(Verdict([](OracleScript& run) {
                run.Save(0);
                const auto vote = run.AskVote(0, 1, 1);
                const auto copy = run.Copy(vote);
                run.Arrive(vote);
                run.Save(1);
                run.Vote(vote, 1);
                run.Elect(0, 1, {2});
                run.Accept(run.Append(0, 1, 1, {.terms = {1}}), 1);
                run.Arrive(copy);
                run.Vote(copy, 1);
              }),
              IsEmpty());
}

TEST(PromiseOracle, WhatWasNotAcknowledgedMayBeLostInACrash) {
  const auto restart = [](OracleScript& run, bool acknowledged) {
    run.Elect(0, 1, {1, 2});
    run.Accept(run.Append(0, 1, 1, {.terms = {1}}), 1);
    const int node = acknowledged ? 1 : 0;
    run.Restart(node);
    run.Save(node);
    run.AskVote(node, 2, 2, 0, 0);
  };
  EXPECT_THAT(Verdict([&](OracleScript& run) { restart(run, true); }),
              HasSubstr("asks for votes in term 2 with a log that ends at 0/0"));
  EXPECT_THAT(Verdict([&](OracleScript& run) { restart(run, false); }), IsEmpty());
}

}  // namespace
}  // namespace tests
