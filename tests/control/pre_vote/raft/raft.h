// Part of Raftlab, under the MIT License (see LICENSE).
//
// Raft with pre-vote and check-quorum (Ongaro, "Consensus: Bridging Theory and Practice", sections
// 9.6 and 6.2): nobody begins a term that it could not win, so a server that comes back from a
// partition deposes nobody; and a leader that a majority does not answer stops leading.
//
// Functions whose name ends in "Locked" want mutex_ to be held. Nothing is sent and nothing is
// delivered by the fiber that holds it.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <map>
#include <set>
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

// Survives a crash.
struct HardState {
  int64_t term = 0;
  int vote = -1;
  int64_t snap_index = 0;  // the snapshot's last entry
  int64_t snap_term = 0;
  std::map<int64_t, LogEntry> log;  // by index, from snap_index + 1 on, without gaps
};
BOOST_DESCRIBE_STRUCT(HardState, (), (term, vote, snap_index, snap_term, log))

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

  PreVoteReply PreVote(const PreVoteArgs& args);
  RequestVoteReply RequestVote(const RequestVoteArgs& args);
  AppendEntriesReply AppendEntries(const AppendEntriesArgs& args);
  InstallSnapshotReply InstallSnapshot(const InstallSnapshotArgs& args);

 private:
  enum Role { FOLLOWER, CANDIDATE, LEADER };

  // What a leader keeps for each other server. One call with entries, or with a snapshot, is out at
  // a time; bare heartbeats come on top.
  struct Other {
    int id = -1;
    int64_t next = 1;
    int64_t match = 0;
    int64_t call = 0;       // number of the call that is out, or of the last one
    absl::Time busy_until;  // until then its answer is waited for
    absl::Time answered;    // the last time that it answered anything
  };

  // Fibers that run for ever.
  void AlarmFiber();
  void MetronomeFiber();
  void DeliverFiber();

  // Elections.
  void SetAlarmLocked(absl::Duration least, absl::Duration most);
  bool HasLeaderLocked() const;
  void HeardLeaderLocked(int64_t term);
  void CanvassLocked();
  void CountPreVoteLocked(int from, const PreVoteArgs& args, const PreVoteReply& reply);
  void CampaignLocked();
  void CountVoteLocked(int from, const RequestVoteArgs& args, const RequestVoteReply& reply);
  void LeadLocked();
  // Takes over a newer term, as a follower.
  void NewTermLocked(int64_t term);
  bool MajorityLocked(size_t servers) const { return servers > ends_.size() / 2; }
  bool UpToDateLocked(int64_t last_index, int64_t last_term) const;

  // Leading.
  void BeatLocked();
  void ReplicateLocked(Other& to);
  void BareHeartbeatLocked(Other& to);
  void CallAppend(int to, int64_t call, const AppendEntriesArgs& args);
  void CallInstall(int to, int64_t call, const InstallSnapshotArgs& args);
  // What every answer to a leader's call needs first. Null if the answer means nothing any more.
  Other* AnsweredLocked(int from, int64_t call, int64_t asked_in, int64_t term);
  void MatchedLocked(Other& other, int64_t index);
  int64_t NextByOutlineLocked(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const;

  // Following.
  bool MergeLocked(const AppendEntriesArgs& args);
  std::vector<TermRun> OutlineLocked(int64_t before) const;
  void CommitLocked(int64_t index);

  // The log. Term() is for indices from snap_index on; -1 behind the end.
  int64_t LastIndexLocked() const;
  int64_t TermLocked(int64_t index) const;
  void SaveLocked();

  const std::vector<labrpc::ClientEnd> ends_;
  const int me_;
  Persister& disk_;
  ApplyChannel& channel_;

  sim::Mutex mutex_;
  sim::CondVar committed_more_;

  HardState hard_;
  Role role_ = FOLLOWER;
  int64_t commit_index_ = 0;
  int64_t last_applied_ = 0;

  absl::Time alarm_ = absl::InfinitePast();         // when to canvass, unless a leader is heard
  absl::Time leader_heard_ = absl::InfinitePast();  // of this server's term
  std::map<int, absl::Time> willing_;  // who would vote for this server in term + 1, asked when
  std::set<int> votes_;                // who did vote for it in this term
  std::vector<Other> others_;
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
