// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"

namespace raft {
namespace {

constexpr absl::Duration kBeat = absl::Milliseconds(105);
constexpr absl::Duration kElectionLeast = absl::Milliseconds(360);
constexpr absl::Duration kElectionMost = absl::Milliseconds(720);

// So many batches of so many entries may be under way to one follower.
constexpr int kWindow = 4;
constexpr int64_t kBatch = 64;
// When something in flight has had no answer for this long, the leader gives it up. A lost answer
// costs a follower this time; a late one costs a batch that is sent twice.
constexpr absl::Duration kPatience = absl::Milliseconds(150);

}  // namespace

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : peers_(std::move(peers)), me_(me), persister_(persister), apply_channel_(apply_channel) {
  {
    sim::MutexLock lock(&mu_);
    if (!persister_->booted_state().empty()) {
      absl::StatusOr<Saved> saved = labgob::Decode<Saved>(persister_->booted_state());
      SIM_REQUIRE(saved.ok() && !saved->log.empty(), "the disk holds no state of this Raft");
      term_ = saved->term;
      voted_for_ = saved->voted_for;
      base_ = committed_ = applied_ = saved->base;  // the service has the snapshot already
      log_ = std::move(saved->log);
    }
    PutOffElection();
  }
  labrpc::Service service("Raft");
  service.Handle("RequestVote", this, &Raft::RequestVote);
  service.Handle("AppendEntries", this, &Raft::AppendEntries);
  service.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(service);
  sim::Go("time", [this] { KeepTime(); });
  sim::Go("apply", [this] { Apply(); });
}

Raft::StartResult Raft::Start(std::string command) {
  sim::MutexLock lock(&mu_);
  if (role_ != Role::kLeader) return {.is_leader = false, .index = 0, .term = term_};
  log_.push_back({.term = term_, .command = std::move(command)});
  persister_->Save(Image());
  sim::Log(sim::Topic::kLogs, "own entry %d/%d", term_, Last());
  for (size_t peer = 0; peer < pipes_.size(); ++peer) Pump(static_cast<int>(peer));
  Commit();  // where one server is the majority
  return {.is_leader = true, .index = Last(), .term = term_};
}

Raft::State Raft::GetState() {
  sim::MutexLock lock(&mu_);
  return {.term = term_, .is_leader = role_ == Role::kLeader};
}

// ---- Time. ----

void Raft::KeepTime() {
  sim::MutexLock lock(&mu_);
  while (true) {
    if (role_ == Role::kLeader) {
      if (sim::Now() >= beat_due_) Beat();
    } else if (sim::Now() >= election_due_) {
      Campaign();
    }
    const absl::Duration rest = (role_ == Role::kLeader ? beat_due_ : election_due_) - sim::Now();
    if (rest > absl::ZeroDuration()) time_changed_.WaitFor(&mu_, rest);
  }
}

void Raft::PutOffElection() {
  election_due_ = sim::Now() + sim::Random::Duration(kElectionLeast, kElectionMost);
}

void Raft::Beat() {
  beat_due_ = sim::Now() + kBeat;
  for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
    if (peer == me_) continue;
    Pipeline& pipe = pipes_[peer];
    if (pipe.in_flight > 0 && sim::Now() - pipe.quiet_since > kPatience) {
      sim::Log(sim::Topic::kTimr, "n%d is silent, back to %d", peer, pipe.match + 1);
      StepBack(pipe, pipe.match + 1);
    }
    if (Pump(peer)) continue;
    if (pipe.in_flight > 0) {
      // What is in flight may not have arrived, so the heartbeat builds on what surely has.
      SendEntries({.peer = peer, .era = 0, .counted = false}, std::max(pipe.match, base_) + 1, 0);
    } else {
      // Until a follower has agreed once, this is also the question whether it does.
      const bool probe = !pipe.flowing;
      if (probe) {
        pipe.in_flight = 1;
        pipe.quiet_since = sim::Now();
      }
      SendEntries({.peer = peer, .era = pipe.era, .counted = probe}, pipe.next, 0);
    }
  }
}

// ---- Elections. ----

void Raft::Campaign() {
  role_ = Role::kCandidate;
  ++term_;
  voted_for_ = me_;
  voters_.assign(peers_.size(), false);
  voters_[me_] = true;
  persister_->Save(Image());
  PutOffElection();
  sim::Log(sim::Topic::kRole, "candidate of term %d", term_);
  if (peers_.size() == 1) return Lead();
  const RequestVoteArgs args{.term = term_,
                             .candidate_id = me_,
                             .last_log_index = Last(),
                             .last_log_term = TermOf(Last())};
  for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
    if (peer == me_) continue;
    sim::Go("vote", [this, peer, args] {
      const auto reply = peers_[peer].Call<RequestVoteReply>("Raft.RequestVote", args);
      if (reply) CountVote(peer, args, *reply);
    });
  }
}

void Raft::CountVote(int peer, const RequestVoteArgs& args, const RequestVoteReply& reply) {
  sim::MutexLock lock(&mu_);
  if (reply.term > term_) return Follow(reply.term);
  if (role_ != Role::kCandidate || term_ != args.term || !reply.vote_granted) return;
  voters_[peer] = true;
  const auto votes = std::count(voters_.begin(), voters_.end(), true);
  sim::Log(sim::Topic::kVote, "vote of n%d, the %dth of %d", peer, votes, peers_.size());
  if (2 * votes > std::ssize(peers_)) Lead();
}

void Raft::Lead() {
  role_ = Role::kLeader;
  sim::Log(sim::Topic::kRole, "leader of term %d, last %d", term_, Last());
  pipes_.assign(peers_.size(), Pipeline{});
  for (Pipeline& pipe : pipes_) pipe.next = Last() + 1;
  Beat();
  time_changed_.WakeAll();
}

void Raft::Follow(int64_t term) {
  if (role_ == Role::kLeader) PutOffElection();
  if (role_ != Role::kFollower) sim::Log(sim::Topic::kRole, "follower of term %d", term);
  role_ = Role::kFollower;
  if (term == term_) return;
  term_ = term;
  voted_for_ = -1;
  persister_->Save(Image());
}

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
  sim::MutexLock lock(&mu_);
  if (args.term > term_) Follow(args.term);
  RequestVoteReply reply{.term = term_, .vote_granted = false};
  if (args.term < term_) return reply;
  if (voted_for_ == args.candidate_id) {  // asked again
    reply.vote_granted = true;
    return reply;
  }
  const auto mine = std::pair(TermOf(Last()), Last());
  if (voted_for_ != -1 || std::pair(args.last_log_term, args.last_log_index) < mine) return reply;
  voted_for_ = args.candidate_id;
  persister_->Save(Image());
  PutOffElection();
  sim::Log(sim::Topic::kVote, "for n%d in term %d", args.candidate_id, term_);
  reply.vote_granted = true;
  return reply;
}

// ---- The pipelines. ----

bool Raft::Pump(int peer) {
  if (peer == me_) return false;
  Pipeline& pipe = pipes_[peer];
  if (pipe.next <= base_) {
    if (pipe.in_flight > 0) return false;
    SendSnapshot(peer);
    return true;
  }
  bool sent = false;
  while (pipe.in_flight < (pipe.flowing ? kWindow : 1) && pipe.next <= Last()) {
    const int64_t first = pipe.next;
    const int64_t count = std::min(kBatch, Last() - first + 1);
    if (pipe.in_flight++ == 0) pipe.quiet_since = sim::Now();
    pipe.next += count;
    SendEntries({.peer = peer, .era = pipe.era, .counted = true}, first, count);
    sent = true;
  }
  return sent;
}

void Raft::SendEntries(const Slot& slot, int64_t first, int64_t count) {
  AppendEntriesArgs args{.term = term_,
                         .leader_id = me_,
                         .prev_log_index = first - 1,
                         .prev_log_term = TermOf(first - 1),
                         .entries = {},
                         .leader_commit = committed_};
  for (int64_t index = first; index < first + count; ++index) args.entries.push_back(At(index));
  sim::Go("append", [this, slot, args = std::move(args)] {
    const auto reply = peers_[slot.peer].Call<AppendEntriesReply>("Raft.AppendEntries", args);
    sim::MutexLock lock(&mu_);
    reply ? TakeAppendReply(slot, args, *reply) : TakeLoss(slot, args.term);
  });
}

void Raft::SendSnapshot(int peer) {
  Pipeline& pipe = pipes_[peer];
  // The log goes on behind it, but not before it has arrived.
  pipe.flowing = false;
  pipe.in_flight = 1;
  pipe.quiet_since = sim::Now();
  pipe.next = base_ + 1;
  const Slot slot{.peer = peer, .era = pipe.era, .counted = true};
  InstallSnapshotArgs args{.term = term_,
                           .leader_id = me_,
                           .last_included_index = base_,
                           .last_included_term = TermOf(base_),
                           .data = persister_->snapshot()};
  sim::Log(sim::Topic::kSnap, "snapshot through %d to n%d", base_, peer);
  sim::Go("install", [this, slot, args = std::move(args)] {
    const auto reply = peers_[slot.peer].Call<InstallSnapshotReply>("Raft.InstallSnapshot", args);
    sim::MutexLock lock(&mu_);
    reply ? TakeSnapshotReply(slot, args, *reply) : TakeLoss(slot, args.term);
  });
}

void Raft::TakeAppendReply(const Slot& slot, const AppendEntriesArgs& args,
                           const AppendEntriesReply& reply) {
  if (reply.term > term_) return Follow(reply.term);
  if (!StillLeads(args.term)) return;
  Pipeline& pipe = pipes_[slot.peer];
  const bool of_this_era = slot.era == pipe.era;
  if (of_this_era && slot.counted) {
    --pipe.in_flight;
    pipe.quiet_since = sim::Now();
  }
  if (reply.success) {
    // True whenever it was said: what is acknowledged in a term stays for the term.
    Acknowledge(pipe, args.prev_log_index + std::ssize(args.entries));
  } else if (of_this_era && args.prev_log_index > pipe.match) {
    // Perhaps only overtaken by what it builds on; that is told apart by trying.
    StepBack(pipe, std::clamp(Resume(args, reply), pipe.match + 1, args.prev_log_index));
    sim::Log(sim::Topic::kLogs, "n%d refused %d/%d, back to %d", slot.peer, args.prev_log_term,
             args.prev_log_index, pipe.next);
  }
  Pump(slot.peer);
}

void Raft::TakeSnapshotReply(const Slot& slot, const InstallSnapshotArgs& args,
                             const InstallSnapshotReply& reply) {
  if (reply.term > term_) return Follow(reply.term);
  if (!StillLeads(args.term)) return;
  Pipeline& pipe = pipes_[slot.peer];
  if (slot.era == pipe.era) --pipe.in_flight;
  Acknowledge(pipe, args.last_included_index);
  Pump(slot.peer);
}

void Raft::TakeLoss(const Slot& slot, int64_t term) {
  if (!StillLeads(term)) return;
  Pipeline& pipe = pipes_[slot.peer];
  // Sent again at the next heartbeat and not at once: perhaps nobody is there.
  if (slot.era == pipe.era && slot.counted) StepBack(pipe, pipe.match + 1);
}

void Raft::Acknowledge(Pipeline& pipe, int64_t match) {
  if (match + 1 >= pipe.next) pipe.flowing = true;  // all that has left in this era is there
  pipe.next = std::max(pipe.next, match + 1);
  if (match <= pipe.match) return;
  pipe.match = match;
  Commit();
}

void Raft::StepBack(Pipeline& pipe, int64_t next) {
  pipe.next = next;
  pipe.flowing = false;
  pipe.in_flight = 0;
  ++pipe.era;
}

int64_t Raft::Resume(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const {
  const int64_t from = std::min(reply.hint_index, args.prev_log_index - 1);
  if (from < base_) return from + 1;
  const int64_t index = LastNotAbove(reply.hint_term, from);
  return TermOf(index) > reply.hint_term ? index : index + 1;
}

void Raft::Commit() {
  // Downwards, so the first that fits is the last that can be committed; and no further than the
  // term reaches (section 5.4.2).
  for (int64_t index = Last(); index > committed_ && TermOf(index) == term_; --index) {
    int64_t holders = 1;
    for (const Pipeline& pipe : pipes_) holders += pipe.match >= index;
    if (2 * holders > std::ssize(peers_)) return CommitThrough(index);
  }
}

// ---- The receiver's side. ----

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
  sim::MutexLock lock(&mu_);
  AppendEntriesReply reply{.term = term_, .success = false, .hint_index = 0, .hint_term = 0};
  if (args.term < term_) return reply;
  Follow(args.term);
  PutOffElection();
  reply.term = term_;
  const int64_t previous = args.prev_log_index;
  const bool agrees = previous < base_ ||  // the snapshot holds committed entries only
                      (previous <= Last() && TermOf(previous) == args.prev_log_term);
  if (!agrees) {
    // Above prev_log_term nothing before `previous` can be the leader's: its terms only rise.
    reply.hint_index = LastNotAbove(args.prev_log_term, std::min(previous, Last()));
    reply.hint_term = TermOf(reply.hint_index);
    return reply;
  }
  if (Adopt(args)) persister_->Save(Image());
  CommitThrough(std::min(args.leader_commit, previous + std::ssize(args.entries)));
  reply.success = true;
  return reply;
}

bool Raft::Adopt(const AppendEntriesArgs& args) {
  const int64_t first = args.prev_log_index + 1;
  const int64_t end = first + std::ssize(args.entries);
  int64_t index = std::max(first, base_ + 1);
  while (index < end && index <= Last() && TermOf(index) == args.entries[index - first].term) {
    ++index;
  }
  if (index >= end) return false;  // all is here, perhaps with more behind it
  SIM_REQUIRE(index > committed_, "a leader's entry conflicts with one that is committed");
  log_.resize(static_cast<size_t>(index - base_));
  log_.insert(log_.end(), args.entries.begin() + (index - first), args.entries.end());
  sim::Log(sim::Topic::kLogs, "took %d to %d", index, Last());
  return true;
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
  sim::MutexLock lock(&mu_);
  if (args.term < term_) return {.term = term_};
  Follow(args.term);
  PutOffElection();
  const int64_t index = args.last_included_index;
  if (index <= committed_) return {.term = term_};
  if (index <= Last() && TermOf(index) == args.last_included_term) {
    log_.erase(log_.begin(), log_.begin() + (index - base_));  // the rest stays
  } else {
    log_.resize(1);
  }
  base_ = index;
  log_[0] = {.term = args.last_included_term, .command = ""};
  persister_->Save(Image(), args.data);
  sim::Log(sim::Topic::kSnap, "installed through %d/%d", args.last_included_term, index);
  CommitThrough(index);
  return {.term = term_};
}

void Raft::CommitThrough(int64_t index) {
  if (index <= committed_) return;
  committed_ = index;
  sim::Log(sim::Topic::kComt, "through %d", committed_);
  more_committed_.WakeAll();
}

void Raft::Apply() {
  while (true) {
    ApplyMsg msg;
    {
      sim::MutexLock lock(&mu_);
      while (applied_ >= committed_) more_committed_.Wait(&mu_);
      if (applied_ < base_) {
        msg = {.kind = ApplyMsg::Kind::kSnapshot,
               .index = base_,
               .term = TermOf(base_),
               .data = persister_->snapshot()};
        applied_ = base_;
      } else {
        const LogEntry& entry = At(++applied_);
        msg = {.kind = ApplyMsg::Kind::kCommand,
               .index = applied_,
               .term = entry.term,
               .data = entry.command};
      }
    }
    apply_channel_->Send(std::move(msg));
  }
}

// ---- The log, and the disk. ----

void Raft::Snapshot(int64_t index, std::string snapshot) {
  sim::MutexLock lock(&mu_);
  if (index <= base_) return;
  SIM_REQUIRE(index <= applied_, "a snapshot of what was never applied");
  log_.erase(log_.begin(), log_.begin() + (index - base_));
  base_ = index;
  log_[0].command.clear();
  persister_->Save(Image(), std::move(snapshot));
  sim::Log(sim::Topic::kSnap, "compacted through %d", base_);
}

int64_t Raft::LastNotAbove(int64_t term, int64_t from) const {
  while (from > base_ && TermOf(from) > term) --from;
  return std::max(from, base_);
}

std::string Raft::Image() const {
  return labgob::Encode(Saved{.term = term_, .voted_for = voted_for_, .base = base_, .log = log_});
}

}  // namespace raft
