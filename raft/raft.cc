// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "sim/check.h"

namespace raft {

// Times. A heartbeat is rarer than ten a second, and an election timeout several heartbeats long,
// so that one that is lost or late deposes nobody (section 5.6: broadcast time << election
// timeout).
#if LAB_SOLUTION
constexpr absl::Duration kHeartbeatInterval = absl::Milliseconds(110);
constexpr absl::Duration kShortestElectionTimeout = absl::Milliseconds(350);
constexpr absl::Duration kLongestElectionTimeout = absl::Milliseconds(700);

// One AppendEntries carries so many entries: a follower that is far behind, or cannot be reached,
// is not sent the whole backlog again and again.
constexpr int64_t kMostEntries = 128;
#endif

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : peers_(std::move(peers)), me_(me), persister_(persister), apply_channel_(apply_channel) {
#if LAB_SOLUTION
  {
    sim::MutexLock lock(&mu_);
    Restore();
    ResetElectionTimer();
  }
#else
  // Your code here (2A, 2C).
#endif
  labrpc::Service service("Raft");
  service.Handle("RequestVote", this, &Raft::RequestVote);
  service.Handle("AppendEntries", this, &Raft::AppendEntries);
  service.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(service);
  sim::Go("election timer", [this] { RunElectionTimer(); });
  sim::Go("applier", [this] { ApplyCommitted(); });
}

Raft::StartResult Raft::Start(std::string command) {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  if (role_ != Role::kLeader)
    return {.is_leader = false, .index = 0, .term = persistent_.current_term};
  persistent_.log.entries.push_back(
      {.term = persistent_.current_term, .command = std::move(command)});
  Persist();
  const int64_t index = persistent_.log.last_index();
  sim::Log(sim::Topic::kLogs, "append %d/%d", persistent_.current_term, index);
  match_index_[me_] = index;
  AdvanceCommitIndex();  // a cluster of one needs nobody else
  log_grew_.WakeAll();
  return {.is_leader = true, .index = index, .term = persistent_.current_term};
#else
  // Your code here (2B).
  return {};
#endif
}

Raft::State Raft::GetState() {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  return {.term = persistent_.current_term, .is_leader = role_ == Role::kLeader};
#else
  // Your code here (2A).
  return {};
#endif
}

// ---- 2A: terms and elections. ----

void Raft::RunElectionTimer() {
#if LAB_SOLUTION
  while (true) {
    absl::Duration left;
    {
      sim::MutexLock lock(&mu_);
      if (role_ == Role::kLeader) {
        ResetElectionTimer();  // a leader waits for nobody
      } else if (sim::Now() >= election_deadline_) {
        StartElection();
      }
      left = election_deadline_ - sim::Now();
    }
    sim::SleepFor(left);
  }
#else
  // Your code here (2A). Wait with sim::SleepFor; sim::Random draws the timeout.
#endif
}

void Raft::ResetElectionTimer() {
#if LAB_SOLUTION
  election_deadline_ =
      sim::Now() + sim::Random::Duration(kShortestElectionTimeout, kLongestElectionTimeout);
#else
  // Your code here (2A).
#endif
}

void Raft::StartElection() {
#if LAB_SOLUTION
  role_ = Role::kCandidate;
  ++persistent_.current_term;
  persistent_.voted_for = me_;
  Persist();
  ResetElectionTimer();
  votes_ = {me_};
  sim::Log(sim::Topic::kRole, "candidate term=%d", persistent_.current_term);
  if (2 * votes_.size() > peers_.size()) return BecomeLeader();  // a cluster of one
  const RequestVoteArgs args{.term = persistent_.current_term,
                             .candidate_id = me_,
                             .last_log_index = persistent_.log.last_index(),
                             .last_log_term = persistent_.log.last_term()};
  for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
    if (peer != me_) sim::Go("candidate", [this, peer, args] { AskForVote(peer, args); });
  }
#else
  // Your code here (2A). Make the arguments here, under the lock; then one fiber for each server:
  //   sim::Go("candidate", [this, peer, args] { AskForVote(peer, args); });
#endif
}

void Raft::AskForVote(int peer, const RequestVoteArgs& args) {
  const auto reply = peers_[peer].Call<RequestVoteReply>("Raft.RequestVote", args);
  if (!reply.has_value()) return;
  sim::MutexLock lock(&mu_);
  HandleVoteReply(peer, args, *reply);
}

void Raft::HandleVoteReply(int peer, const RequestVoteArgs& args, const RequestVoteReply& reply) {
#if LAB_SOLUTION
  if (reply.term > persistent_.current_term) return StepDown(reply.term);
  // After every wait, look again: the vote counts only in the election that it was asked for in.
  if (role_ != Role::kCandidate || persistent_.current_term != args.term) return;
  if (!reply.vote_granted) return;
  votes_.insert(peer);
  sim::Log(sim::Topic::kVote, "term=%d from n%d votes=%d/%d", args.term, peer, votes_.size(),
           peers_.size());
  if (2 * votes_.size() > peers_.size()) BecomeLeader();
#else
  // Your code here (2A). After every wait, look again: is this server still a candidate, and still
  // in the term that it asked in (args.term)?
#endif
}

void Raft::BecomeLeader() {
#if LAB_SOLUTION
  role_ = Role::kLeader;
  next_index_.assign(peers_.size(), persistent_.log.last_index() + 1);
  match_index_.assign(peers_.size(), 0);
  match_index_[me_] = persistent_.log.last_index();
  sim::Log(sim::Topic::kRole, "leader term=%d votes=%d/%d", persistent_.current_term, votes_.size(),
           peers_.size());
  sim::Go("leader", [this, term = persistent_.current_term] { Lead(term); });
#else
  // Your code here (2A). A leader needs a fiber of its own:
  //   sim::Go("leader", [this, term] { Lead(term); });
#endif
}

void Raft::StepDown(int64_t term) {
#if LAB_SOLUTION
  if (term > persistent_.current_term) {
    persistent_.current_term = term;
    persistent_.voted_for = -1;
    Persist();
    sim::Log(sim::Topic::kTerm, "term=%d", term);
  }
  if (role_ == Role::kFollower) return;
  if (role_ == Role::kLeader) ResetElectionTimer();  // it had no use for one until now
  role_ = Role::kFollower;
  sim::Log(sim::Topic::kRole, "follower term=%d", term);
#else
  // Your code here (2A).
#endif
}

bool Raft::IsUpToDate(int64_t last_log_index, int64_t last_log_term) const {
#if LAB_SOLUTION
  const Log& log = persistent_.log;
  if (last_log_term != log.last_term()) return last_log_term > log.last_term();
  return last_log_index >= log.last_index();
#else
  // Your code here (2B).
  return true;
#endif
}

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  if (args.term > persistent_.current_term) StepDown(args.term);
  const bool free_to_vote =
      persistent_.voted_for == -1 || persistent_.voted_for == args.candidate_id;
  const bool granted = args.term == persistent_.current_term && free_to_vote &&
                       IsUpToDate(args.last_log_index, args.last_log_term);
  if (granted) {
    persistent_.voted_for = args.candidate_id;
    Persist();
    ResetElectionTimer();
  }
  sim::Log(sim::Topic::kVote, "term=%d %s n%d (their log %d/%d, ours %d/%d)", args.term,
           granted ? "granted to" : "refused to", args.candidate_id, args.last_log_term,
           args.last_log_index, persistent_.log.last_term(), persistent_.log.last_index());
  return {.term = persistent_.current_term, .vote_granted = granted};
#else
  // Your code here (2A; the check of the candidate's log in 2B).
  return {};
#endif
}

// ---- 2B: replication and commitment. ----

void Raft::Lead(int64_t term) {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  while (role_ == Role::kLeader && persistent_.current_term == term) {
    for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
      if (peer != me_) ReplicateTo(peer);
    }
    log_grew_.WaitFor(&mu_, kHeartbeatInterval);
  }
#else
  // Your code here (2A: heartbeats; 2B: entries).
#endif
}

void Raft::ReplicateTo(int peer) {
#if LAB_SOLUTION
  const Log& log = persistent_.log;
  const int64_t previous = next_index_[peer] - 1;
  if (previous < log.snapshot_index) {
    InstallSnapshotArgs args{.term = persistent_.current_term,
                             .leader_id = me_,
                             .last_included_index = log.snapshot_index,
                             .last_included_term = log.snapshot_term,
                             .data = persister_->snapshot()};
    sim::Go("leader", [this, peer, args = std::move(args)] { CallInstallSnapshot(peer, args); });
    return;
  }
  AppendEntriesArgs args{.term = persistent_.current_term,
                         .leader_id = me_,
                         .prev_log_index = previous,
                         .prev_log_term = log.TermAt(previous),
                         .entries = log.From(previous + 1, kMostEntries),
                         .leader_commit = commit_index_};
  sim::Go("leader", [this, peer, args = std::move(args)] { CallAppendEntries(peer, args); });
#else
  // Your code here (2A: a heartbeat; 2B: entries; 2D: a snapshot). Make the arguments here, under
  // the lock; then a fiber for the call, which takes its own copy:
  //   sim::Go("leader", [this, peer, args] { CallAppendEntries(peer, args); });
#endif
}

void Raft::CallAppendEntries(int peer, const AppendEntriesArgs& args) {
  const auto reply = peers_[peer].Call<AppendEntriesReply>("Raft.AppendEntries", args);
  if (!reply.has_value()) return;
  sim::MutexLock lock(&mu_);
  HandleAppendReply(peer, args, *reply);
}

void Raft::HandleAppendReply(int peer, const AppendEntriesArgs& args,
                             const AppendEntriesReply& reply) {
#if LAB_SOLUTION
  if (reply.term > persistent_.current_term) return StepDown(reply.term);
  // After every wait, look again: what a follower said to an earlier leadership means nothing now.
  if (role_ != Role::kLeader || persistent_.current_term != args.term) return;
  if (reply.success) {
    // Replies may overtake each other, so the match never moves back.
    const int64_t match = args.prev_log_index + static_cast<int64_t>(args.entries.size());
    match_index_[peer] = std::max(match_index_[peer], match);
    next_index_[peer] = std::max(next_index_[peer], match_index_[peer] + 1);
    AdvanceCommitIndex();
    if (std::ssize(args.entries) == kMostEntries) ReplicateTo(peer);  // there may be more
  } else if (args.prev_log_index == next_index_[peer] - 1) {          // otherwise it is old news
    next_index_[peer] = std::max(match_index_[peer] + 1, NextIndexAfter(args, reply));
    sim::Log(sim::Topic::kLogs, "n%d refused prev=%d/%d, next_index=%d", peer, args.prev_log_term,
             args.prev_log_index, next_index_[peer]);
    ReplicateTo(peer);
  }
#else
  // Your code here (2B). After every wait, look again: is this server still the leader, and still
  // in the term that it sent the entries in (args.term)?
#endif
}

int64_t Raft::NextIndexAfter(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const {
#if LAB_SOLUTION
  // If this log has the follower's conflicting term, the two may agree up to its end here; if not,
  // the follower's whole term has to go.
  const int64_t last = persistent_.log.LastOfTerm(reply.conflict_term, args.prev_log_index);
  return last > 0 ? last + 1 : reply.conflict_index;
#else
  // Your code here (2B: one back; 2C: faster, or Backup and Figure8Unreliable take too long).
  return args.prev_log_index;
#endif
}

void Raft::AdvanceCommitIndex() {
#if LAB_SOLUTION
  // In descending order, the entry that a majority has is in the middle.
  std::vector<int64_t> matches = match_index_;
  std::sort(matches.begin(), matches.end(), std::greater<>());
  const int64_t majority = matches[matches.size() / 2];
  if (majority <= commit_index_) return;
  // Section 5.4.2: only entries of the current term are committed by counting replicas.
  if (persistent_.log.TermAt(majority) != persistent_.current_term) return;
  commit_index_ = majority;
  sim::Log(sim::Topic::kComt, "commit_index=%d", commit_index_);
  commit_advanced_.WakeAll();
#else
  // Your code here (2B).
#endif
}

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  if (args.term < persistent_.current_term) {  // rule 1
    return {.term = persistent_.current_term,
            .success = false,
            .conflict_term = 0,
            .conflict_index = 0};
  }
  StepDown(args.term);
  ResetElectionTimer();

  const Log& log = persistent_.log;
  AppendEntriesReply reply{
      .term = persistent_.current_term, .success = true, .conflict_term = 0, .conflict_index = 0};
  if (!HoldsPrevious(args)) {  // rule 2
    reply.success = false;
    if (args.prev_log_index > log.last_index()) {
      reply.conflict_index = log.last_index() + 1;
    } else {
      reply.conflict_term = log.TermAt(args.prev_log_index);
      reply.conflict_index = log.FirstOfTermAt(args.prev_log_index);
    }
    return reply;
  }
  if (MergeEntries(args)) Persist();  // rules 3 and 4
  const int64_t last_new = args.prev_log_index + static_cast<int64_t>(args.entries.size());
  const int64_t commit = std::min(args.leader_commit, last_new);
  if (commit > commit_index_) {  // rule 5
    commit_index_ = commit;
    commit_advanced_.WakeAll();
  }
  return reply;
#else
  // Your code here (2A: heartbeats; 2B: entries).
  return {};
#endif
}

bool Raft::HoldsPrevious(const AppendEntriesArgs& args) const {
#if LAB_SOLUTION
  const Log& log = persistent_.log;
  // What a snapshot covers is committed, so the leader has it too.
  if (args.prev_log_index <= log.snapshot_index) return true;
  return args.prev_log_index <= log.last_index() &&
         log.TermAt(args.prev_log_index) == args.prev_log_term;
#else
  // Your code here (2B).
  return true;
#endif
}

bool Raft::MergeEntries(const AppendEntriesArgs& args) {
#if LAB_SOLUTION
  Log& log = persistent_.log;
  bool changed = false;
  int64_t index = args.prev_log_index;
  for (const LogEntry& entry : args.entries) {
    ++index;
    if (index <= log.snapshot_index) continue;
    if (index <= log.last_index()) {
      if (log.TermAt(index) == entry.term) continue;  // it is there already
      log.TruncateFrom(index);
    }
    log.entries.push_back(entry);
    changed = true;
  }
  if (changed) {
    sim::Log(sim::Topic::kLogs, "log ends at %d/%d", log.last_term(), log.last_index());
  }
  return changed;
#else
  // Your code here (2B). Mind that requests may arrive twice, late, and in any order: entries that
  // the log already holds stay, and so does what follows them, unless there is a conflict.
  return false;
#endif
}

void Raft::ApplyCommitted() {
#if LAB_SOLUTION
  while (true) {
    ApplyMsg next;
    {
      sim::MutexLock lock(&mu_);
      commit_advanced_.Wait(&mu_, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return commit_index_ > last_applied_;
      });
      next = TakeNextToApply();
    }
    apply_channel_->Send(std::move(next));  // without the lock: the service may call Raft meanwhile
  }
#else
  // Your code here (2B). Never hold mu_ while you send.
#endif
}

ApplyMsg Raft::TakeNextToApply() {
#if LAB_SOLUTION
  const Log& log = persistent_.log;
  if (last_applied_ < log.snapshot_index) {  // a leader's snapshot has come
    last_applied_ = log.snapshot_index;
    return {.kind = ApplyMsg::Kind::kSnapshot,
            .index = log.snapshot_index,
            .term = log.snapshot_term,
            .data = persister_->snapshot()};
  }
  ++last_applied_;
  const LogEntry& entry = log.At(last_applied_);
  return {.kind = ApplyMsg::Kind::kCommand,
          .index = last_applied_,
          .term = entry.term,
          .data = entry.command};
#else
  // Your code here (2B: commands; 2D: snapshots).
  return {};
#endif
}

// ---- 2C: persistence. ----

void Raft::Persist() {
#if LAB_SOLUTION
  persister_->Save(labgob::Encode(persistent_));
#else
  // Your code here (2C): persister_->Save(labgob::Encode(...)) of what Figure 2 calls persistent.
#endif
}

void Raft::Restore() {
#if LAB_SOLUTION
  if (persister_->booted_state().empty()) return;  // the first boot
  absl::StatusOr<PersistentState> saved =
      labgob::Decode<PersistentState>(persister_->booted_state());
  SIM_REQUIRE(saved.ok(), saved.status().ToString());
  persistent_ = *std::move(saved);
  // The service has restored the snapshot before Raft runs.
  commit_index_ = persistent_.log.snapshot_index;
  last_applied_ = persistent_.log.snapshot_index;
#else
  // Your code here (2C): labgob::Decode<...>(persister_->booted_state()), which is empty at the
  // first boot.
#endif
}

// ---- 2D: snapshots. ----

void Raft::Snapshot(int64_t index, std::string snapshot) {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  Log& log = persistent_.log;
  if (index <= log.snapshot_index) return;  // a leader's newer snapshot has come first
  SIM_REQUIRE(index <= last_applied_, "a snapshot holds entries that were never applied");
  log.CompactThrough(index, log.TermAt(index));
  persister_->Save(labgob::Encode(persistent_), std::move(snapshot));
  sim::Log(sim::Topic::kSnap, "compacted through %d/%d", log.snapshot_term, log.snapshot_index);
#else
  // Your code here (2D).
#endif
}

void Raft::CallInstallSnapshot(int peer, const InstallSnapshotArgs& args) {
#if LAB_SOLUTION
  const auto reply = peers_[peer].Call<InstallSnapshotReply>("Raft.InstallSnapshot", args);
  if (!reply.has_value()) return;
  sim::MutexLock lock(&mu_);
  if (reply->term > persistent_.current_term) return StepDown(reply->term);
  // After every wait, look again.
  if (role_ != Role::kLeader || persistent_.current_term != args.term) return;
  match_index_[peer] = std::max(match_index_[peer], args.last_included_index);
  next_index_[peer] = std::max(next_index_[peer], match_index_[peer] + 1);
#else
  // Your code here (2D).
#endif
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
#if LAB_SOLUTION
  sim::MutexLock lock(&mu_);
  if (args.term < persistent_.current_term) return {.term = persistent_.current_term};
  StepDown(args.term);
  ResetElectionTimer();
  // What is committed here already, this server has or will apply from its own log.
  if (args.last_included_index <= commit_index_) return {.term = persistent_.current_term};

  Log& log = persistent_.log;
  const bool same_entry = args.last_included_index <= log.last_index() &&
                          log.TermAt(args.last_included_index) == args.last_included_term;
  if (!same_entry) log.entries.clear();  // Figure 13, rule 7; otherwise rule 6: keep what follows
  log.CompactThrough(args.last_included_index, args.last_included_term);
  persister_->Save(labgob::Encode(persistent_), args.data);
  commit_index_ = args.last_included_index;
  sim::Log(sim::Topic::kSnap, "installed %d/%d", args.last_included_term, args.last_included_index);
  commit_advanced_.WakeAll();
  return {.term = persistent_.current_term};
#else
  // Your code here (2D).
  return {};
#endif
}

#if LAB_SOLUTION
// ---- The log. ----

const LogEntry& Log::At(int64_t index) const {
  SIM_REQUIRE(index > snapshot_index && index <= last_index(), "the log does not hold this entry");
  return entries[static_cast<size_t>(index - snapshot_index - 1)];
}

int64_t Log::TermAt(int64_t index) const {
  return index == snapshot_index ? snapshot_term : At(index).term;
}

int64_t Log::FirstOfTermAt(int64_t index) const {
  const int64_t term = TermAt(index);
  while (index - 1 > snapshot_index && TermAt(index - 1) == term) --index;
  return index;
}

int64_t Log::LastOfTerm(int64_t term, int64_t index) const {
  index = std::min(index, last_index());
  while (index > snapshot_index && TermAt(index) > term) --index;
  return index >= snapshot_index && index > 0 && TermAt(index) == term ? index : 0;
}

std::vector<LogEntry> Log::From(int64_t index, int64_t most) const {
  const auto first = entries.begin() + (index - snapshot_index - 1);
  return {first, first + std::min(most, entries.end() - first)};
}

void Log::TruncateFrom(int64_t index) {
  entries.resize(static_cast<size_t>(index - snapshot_index - 1));
}

void Log::CompactThrough(int64_t index, int64_t term) {
  const int64_t dropped = std::min(index - snapshot_index, static_cast<int64_t>(entries.size()));
  entries.erase(entries.begin(), entries.begin() + dropped);
  snapshot_index = index;
  snapshot_term = term;
}
#endif

}  // namespace raft
