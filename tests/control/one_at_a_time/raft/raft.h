// Part of Raftlab, under the MIT License (see LICENSE).
//
// Raft, one entry at a time. An AppendEntries carries one entry or none. A follower that gets an
// entry before its predecessor refuses it, but keeps it at hand until the predecessor has come: to
// everybody else that is as if the network had been slow and had delivered a copy later.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "labrpc/labrpc.h"
#include "raft/apply.h"
#include "raft/messages.h"
#include "raft/persister.h"
#include "sim/mutex.h"
#include "sim/sim.h"

namespace raft {

// The state on the disk is a list of these: the term, then where the log was cut, then its entries.
struct Record {
  int64_t term = 0;   // the current one; that of the last entry cut off; the entry's
  int64_t value = 0;  // who has the vote; index of the last entry cut off; nothing
  std::string text;   // the entry's command
};
BOOST_DESCRIBE_STRUCT(Record, (), (term, value, text))

class Raft {
 public:
  struct StartResult {
    bool is_leader = false;
    int64_t index = 0;
    int64_t term = 0;
  };
  struct State {
    int64_t term = 0;
    bool is_leader = false;
  };

  Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
       ApplyChannel* apply_channel);
  Raft(const Raft&) = delete;
  Raft& operator=(const Raft&) = delete;

  StartResult Start(std::string command);
  State GetState();
  void Snapshot(int64_t index, std::string snapshot);

  RequestVoteReply RequestVote(const RequestVoteArgs& args);
  AppendEntriesReply AppendEntries(const AppendEntriesArgs& args);
  InstallSnapshotReply InstallSnapshot(const InstallSnapshotArgs& args);

 private:
  struct Follower {
    // Until it has accepted anything: the entry to try, and how often it has refused.
    bool found = false;
    int64_t probe = 0;
    int refusals = 0;
    // From then on: it has the log through `match`, and what is through `sent` is on its way.
    int64_t match = 0;
    int64_t sent = 0;
    int out = 0;       // calls that have not come back
    absl::Time moved;  // when match last rose, or waiting began
    absl::Time heard;  // when it last answered
  };

  // All of these need mu_, but for the fibers: WatchForSilence, Lead, Deliver.

  void WatchForSilence();
  void Wait();  // for a leader, a random time from now
  void RunForOffice();
  void Ballot(int voter, int64_t term, const RequestVoteReply& reply);
  void Win();
  void Obey(int64_t term);  // as a follower in this term

  void Lead(int64_t term);
  void Tick(int id);
  void Probe(int id);
  bool Feed(int id);
  void SendAppend(int id, int64_t prev, bool with_entry);
  void SendSnapshot(int id);
  void Answer(int id, const AppendEntriesArgs& args, const AppendEntriesReply& reply);
  void StepBack(int id, const AppendEntriesReply& reply);
  // Where refused entries were only overtaken, the follower has them by now: asks if it does.
  void AskIfAllCame(int id);
  void Matched(int id, int64_t index);
  void CountReplicas();

  bool Fits(const AppendEntriesArgs& args) const;
  bool Take(const AppendEntriesArgs& args);
  // Takes the arguments and whatever came early and fits now; saves; commits.
  void TakeAll(const AppendEntriesArgs& args);

  void Commit(int64_t index);
  void Deliver();

  int64_t Last() const { return cut_ + static_cast<int64_t>(log_.size()); }
  int64_t TermAt(int64_t index) const {
    return index == cut_ ? cut_term_ : log_.at(static_cast<size_t>(index - cut_ - 1)).term;
  }
  std::string Records() const;

  std::vector<labrpc::ClientEnd> peers_;
  int me_;
  int n_;
  Persister* persister_;
  ApplyChannel* apply_channel_;

  sim::Mutex mu_;

  // on disk
  int64_t term_ = 0;
  int voted_for_ = -1;
  int64_t cut_ = 0;  // the snapshot holds what is up to here
  int64_t cut_term_ = 0;
  std::deque<LogEntry> log_;
  std::string snapshot_;

  // of everybody
  bool leader_ = false;
  bool candidate_ = false;
  absl::Time silence_ends_;
  int64_t commit_ = 0;
  std::deque<ApplyMsg> outbox_;  // committed, not yet received by the service
  sim::CondVar outbox_filled_;

  // of candidates
  uint64_t yes_ = 0;  // a bit for each vote

  // of followers: what came too early in this term, by prev_log_index
  std::map<int64_t, AppendEntriesArgs> early_;

  // of leaders
  std::vector<Follower> followers_;
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
