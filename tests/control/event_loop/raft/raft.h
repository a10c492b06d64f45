// Part of Raftlab, under the MIT License (see LICENSE).
//
// Raft as a pure state machine with a loop around it.
//
// Core has all of the algorithm, and no fibers, clocks, disks or networks: events go in, and what
// is to be done comes out as a Ready. Time reaches it as ticks. The class Raft feeds it, from one
// fiber, with whatever has queued up: ticks, requests, replies, snapshots. After each batch of
// events it does what the Ready says, in this order: save; send and answer; apply. So one save
// serves all messages of a batch, and none of them leaves before.
//
// Only Start() goes past the queue. It appends to the core's log, and the loop saves and sends the
// entry afterwards. Until then the leader does not count itself among those that have it.

#ifndef RAFTLAB_RAFT_RAFT_H_
#define RAFTLAB_RAFT_RAFT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "labrpc/labrpc.h"
#include "raft/apply.h"
#include "raft/messages.h"
#include "raft/persister.h"
#include "sim/channel.h"
#include "sim/mutex.h"
#include "sim/sim.h"

namespace raft {

// ---- What goes into the core. ----

// A remote call from another server; the core answers it in a later Ready under the same ticket.
template <class Args>
struct Request {
  uint64_t ticket = 0;
  Args args;
};
// The end of a call of the core's own: its reply, or none if it is lost.
template <class Args, class Reply>
struct Response {
  int from = -1;
  uint64_t call = 0;
  Args args;
  std::optional<Reply> reply;
};
// The service's snapshot.
struct Compaction {
  int64_t index = 0;
  std::string snapshot;
};
// Nothing but a reason to look whether something is ready.
struct Nudge {};

using VoteResponse = Response<RequestVoteArgs, RequestVoteReply>;
using AppendResponse = Response<AppendEntriesArgs, AppendEntriesReply>;
using SnapshotResponse = Response<InstallSnapshotArgs, InstallSnapshotReply>;
using Event =
    std::variant<Nudge, Compaction, Request<RequestVoteArgs>, Request<AppendEntriesArgs>,
                 Request<InstallSnapshotArgs>, VoteResponse, AppendResponse, SnapshotResponse>;

// ---- What comes out. ----

using AnyArgs = std::variant<RequestVoteArgs, AppendEntriesArgs, InstallSnapshotArgs>;
using AnyReply = std::variant<RequestVoteReply, AppendEntriesReply, InstallSnapshotReply>;

struct Outgoing {
  int to = -1;
  uint64_t call = 0;
  AnyArgs args;
};

struct Ready {
  std::optional<std::string> state;     // to save
  std::optional<std::string> snapshot;  // to save with it
  int64_t saves_through = 0;            // the log's last index in `state`
  std::vector<Outgoing> calls;
  std::vector<std::pair<uint64_t, AnyReply>> answers;  // by ticket
  std::vector<ApplyMsg> applies;

  bool empty() const {
    return !state.has_value() && calls.empty() && answers.empty() && applies.empty();
  }
};

// ---- The core. ----

// What is saved. Entry i of `entries` has index snapshot_index + 1 + i.
struct Image {
  int64_t term = 0;
  int vote = -1;
  int64_t snapshot_index = 0;
  int64_t snapshot_term = 0;
  std::vector<LogEntry> entries;
};
BOOST_DESCRIBE_STRUCT(Image, (), (term, vote, snapshot_index, snapshot_term, entries))

class Core {
 public:
  // Goes on from what was saved. `seed` decides the election timeouts.
  Core(int me, int servers, Image image, std::string snapshot, uint64_t seed);

  void Step(Event event);
  void Tick();
  // REQUIRES: leads(). Returns the entry's index.
  int64_t Propose(std::string command);
  // All that has to be done since the last Ready.
  Ready TakeReady();
  // The state of the last Ready is on the disk.
  void Saved(int64_t through);

  bool leads() const { return role_ == Role::kLeader; }
  int64_t term() const { return image_.term; }

 private:
  enum class Role { kFollower, kCandidate, kLeader };

  // What a leader knows of a follower.
  struct Progress {
    int64_t match = 0;
    int64_t next = 1;
    uint64_t pending = 0;   // the unanswered call that brings entries or a snapshot, or asks
    int pending_ticks = 0;  // for so long
    int rest_ticks = 0;     // after a loss: nothing for so long but heartbeats
    bool heard = false;     // since the leader last made sure of its majority
  };

  void On(const Nudge&) {}
  void On(Compaction& compaction);
  void On(const Request<RequestVoteArgs>& request);
  void On(const Request<AppendEntriesArgs>& request);
  void On(Request<InstallSnapshotArgs>& request);
  void On(const VoteResponse& response);
  void On(const AppendResponse& response);
  void On(const SnapshotResponse& response);

  void BecomeFollower(int64_t term);
  void BecomeLeader();
  void Campaign();
  void CountVotes();
  void DrawTimeout();
  // A leader that cannot reach a majority any more stops leading (section 6.2 of Ongaro's thesis).
  void MakeSureOfMajority();

  // Whether a reply of this term is for the leader's ears. Takes note that the follower lives.
  bool IsForLeader(int from, int64_t asked, int64_t answered);
  void SendAppend(int to);
  void SendHeartbeat(int to);
  void SendIfBehind(int to);
  void Matched(int from, int64_t index);
  void AdvanceCommit();

  int64_t last() const {
    return image_.snapshot_index + static_cast<int64_t>(image_.entries.size());
  }
  // REQUIRES: snapshot_index <= index <= last().
  int64_t TermOf(int64_t index) const;
  // The last index at or before `index` whose term is not above `term`, or snapshot_index.
  int64_t LastNotAbove(int64_t term, int64_t index) const;
  void KeepThrough(int64_t index);
  void DropThrough(int64_t index, int64_t term);

  const int me_;
  const int servers_;
  Image image_;
  std::string snapshot_;  // covers the log through image_.snapshot_index
  uint64_t random_;

  Role role_ = Role::kFollower;
  int64_t commit_ = 0;
  int64_t applied_ = 0;  // handed out in a Ready
  int64_t saved_ = 0;    // the log is on the disk through this index
  int ticks_ = 0;        // since the leader was heard; of a leader, since its last heartbeat
  int timeout_ = 0;      // in ticks
  int unsure_ticks_ = 0;
  std::vector<bool> votes_;
  std::vector<Progress> progress_;

  uint64_t calls_made_ = 0;
  bool image_changed_ = false;
  bool snapshot_changed_ = false;
  Ready ready_;
};

// ---- The server. ----

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

  StartResult Start(std::string command) ABSL_LOCKS_EXCLUDED(mu_);
  State GetState() ABSL_LOCKS_EXCLUDED(mu_);
  void Snapshot(int64_t index, std::string snapshot);

  RequestVoteReply RequestVote(const RequestVoteArgs& args);
  AppendEntriesReply AppendEntries(const AppendEntriesArgs& args);
  InstallSnapshotReply InstallSnapshot(const InstallSnapshotArgs& args);

 private:
  // More than will ever wait in a queue, so that nobody waits to put something in.
  static constexpr size_t kEndless = 1'000'000'000;

  static Image ReadImage(const Persister& persister);
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void Settle() ABSL_LOCKS_EXCLUDED(mu_);
  void Place(Outgoing call);
  void PumpApplies();
  // Queues a request and waits until the loop has answered it.
  template <class Reply, class Args>
  Reply Queue(const Args& args);

  const std::vector<labrpc::ClientEnd> peers_;
  Persister* const persister_;
  ApplyChannel* const apply_channel_;

  sim::Channel<Event> inbox_{kEndless};
  sim::Channel<ApplyMsg> applies_{kEndless};
  uint64_t tickets_ = 0;
  std::map<uint64_t, std::shared_ptr<sim::Channel<AnyReply>>> waiting_;  // by ticket

  sim::Mutex mu_;
  Core core_ ABSL_GUARDED_BY(mu_);
  State shown_ ABSL_GUARDED_BY(mu_);  // the core's, as of the last save
};

}  // namespace raft

#endif  // RAFTLAB_RAFT_RAFT_H_
