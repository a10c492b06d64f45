// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"

namespace raft {
namespace {

constexpr absl::Duration kHeartbeat = absl::Milliseconds(100);
constexpr absl::Duration kPatienceLow = absl::Milliseconds(320);
constexpr absl::Duration kPatienceHigh = absl::Milliseconds(640);
// Commands gather for so long before they are sent together.
constexpr absl::Duration kGather = absl::Milliseconds(2);
// After so long a call counts as lost; if its answer comes after all, it is still taken.
constexpr absl::Duration kOverdue = absl::Milliseconds(150);
constexpr int64_t kBatch = 100;   // entries in one message
constexpr int64_t kHandful = 16;  // entries that the clerk carries at a time

}  // namespace

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : ends_(std::move(peers)), me_(me), disk_(persister), service_(apply_channel) {
  {
    sim::MutexLock lock(&mu_);
    Read();
    PutOffElection();
  }
  labrpc::Service service("Raft");
  service.Handle("RequestVote", this, &Raft::RequestVote);
  service.Handle("AppendEntries", this, &Raft::AppendEntries);
  service.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(service);
  sim::Go("metronome", [this] { Metronome(); });
  sim::Go("clerk", [this] { Clerk(); });
}

Raft::StartResult Raft::Start(std::string command) {
  sim::MutexLock lock(&mu_);
  const int64_t term = record_.ballot.term;
  if (office_ != Office::kHeld) return {.is_leader = false, .index = 0, .term = term};
  const int64_t index = Enter({.term = term, .command = std::move(command), .is_noop = false});
  if (dispatch_due_ == absl::InfiniteFuture()) {
    dispatch_due_ = sim::Now() + kGather;
    retimed_.WakeAll();
  }
  return {.is_leader = true, .index = index, .term = term};
}

Raft::State Raft::GetState() {
  sim::MutexLock lock(&mu_);
  return {.term = record_.ballot.term, .is_leader = office_ == Office::kHeld};
}

void Raft::Snapshot(int64_t index, std::string snapshot) {
  sim::MutexLock lock(&mu_);
  Journal& journal = record_.journal;
  if (index <= journal.base || index > applied_) return;
  journal.Rebase(index, journal.Term(index));
  disk_->Save(labgob::Encode(record_), std::move(snapshot));
  sim::Log(sim::Topic::kSnap, "journal begins after %d/%d", journal.base_term, journal.base);
}

// ---- What is due when. ----

void Raft::Metronome() {
  sim::MutexLock lock(&mu_);
  while (true) {
    const absl::Time now = sim::Now();
    if (office_ == Office::kHeld) {
      const bool heartbeat = now >= heartbeat_due_;
      if (heartbeat) heartbeat_due_ = now + kHeartbeat;
      if (heartbeat || now >= dispatch_due_) {
        dispatch_due_ = absl::InfiniteFuture();
        for (int peer = 0; peer < size(); ++peer) {
          if (peer != me_) Serve(peer, heartbeat);
        }
      }
    } else if (now >= election_due_) {
      Campaign();
    }
    const absl::Duration rest = NextBeat() - sim::Now();
    if (rest > absl::ZeroDuration()) retimed_.WaitFor(&mu_, rest);
  }
}

absl::Time Raft::NextBeat() const {
  return office_ == Office::kHeld ? std::min(heartbeat_due_, dispatch_due_) : election_due_;
}

void Raft::PutOffElection() {
  election_due_ = sim::Now() + sim::Random::Duration(kPatienceLow, kPatienceHigh);
}

// ---- Terms and offices. ----

bool Raft::Yield(int64_t term) {
  if (office_ != Office::kNone) {
    sim::Log(sim::Topic::kRole, "gives up its office of term=%d", record_.ballot.term);
    // A leader's metronome does not know of elections.
    if (office_ == Office::kHeld) PutOffElection();
    office_ = Office::kNone;
    retimed_.WakeAll();
  }
  if (term <= record_.ballot.term) return false;
  record_.ballot = {.term = term, .choice = std::nullopt};
  return true;
}

bool Raft::YieldToReply(int64_t term) {
  if (term <= record_.ballot.term) return false;
  Yield(term);
  Write();
  return true;
}

void Raft::Campaign() {
  record_.ballot = {.term = record_.ballot.term + 1, .choice = me_};
  Write();
  office_ = Office::kRunning;
  votes_.assign(ends_.size(), false);
  votes_[static_cast<size_t>(me_)] = true;
  PutOffElection();
  const Journal& journal = record_.journal;
  const RequestVoteArgs args{.term = record_.ballot.term,
                             .candidate_id = me_,
                             .last_log_index = journal.end(),
                             .last_log_term = journal.Term(journal.end())};
  sim::Log(sim::Topic::kRole, "runs for term=%d", args.term);
  for (int peer = 0; peer < size(); ++peer) {
    if (peer != me_) sim::Go("canvasser", [this, peer, args] { Canvass(peer, args); });
  }
  CountVotes();
}

void Raft::Canvass(int peer, const RequestVoteArgs& args) {
  const auto reply =
      ends_[static_cast<size_t>(peer)].Call<RequestVoteReply>("Raft.RequestVote", args);
  if (!reply.has_value()) return;
  sim::MutexLock lock(&mu_);
  if (YieldToReply(reply->term) || !reply->vote_granted) return;
  // A vote for an earlier campaign is worth nothing in this one.
  if (office_ != Office::kRunning || record_.ballot.term != args.term) return;
  votes_[static_cast<size_t>(peer)] = true;
  CountVotes();
}

void Raft::CountVotes() {
  const auto votes = std::count(votes_.begin(), votes_.end(), true);
  sim::Log(sim::Topic::kVote, "has %d of %d votes for term=%d", votes, size(), record_.ballot.term);
  if (2 * votes > size()) TakeOffice();
}

void Raft::TakeOffice() {
  office_ = Office::kHeld;
  sim::Log(sim::Topic::kRole, "leads term=%d", record_.ballot.term);
  matches_.assign(ends_.size(), {.next = record_.journal.end() + 1, .sure = 0});
  traffic_.assign(ends_.size(), {.call = 0, .since = absl::InfinitePast()});
  Enter({.term = record_.ballot.term, .command = "", .is_noop = true});
  // Everybody is served at the metronome's next beat, which is now.
  heartbeat_due_ = sim::Now();
  retimed_.WakeAll();
}

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
  sim::MutexLock lock(&mu_);
  Ballot& ballot = record_.ballot;
  const Journal& journal = record_.journal;
  bool changed = args.term > ballot.term && Yield(args.term);
  const auto theirs = std::pair(args.last_log_term, args.last_log_index);
  const auto ours = std::pair(journal.Term(journal.end()), journal.end());
  const bool granted = args.term == ballot.term &&
                       ballot.choice.value_or(args.candidate_id) == args.candidate_id &&
                       theirs >= ours;
  if (granted) {
    changed = changed || !ballot.choice.has_value();
    ballot.choice = args.candidate_id;
    PutOffElection();
  }
  if (changed) Write();  // term and vote at once
  sim::Log(sim::Topic::kVote, "%s n%d in term=%d", granted ? "for" : "not for", args.candidate_id,
           args.term);
  return {.term = ballot.term, .vote_granted = granted};
}

// ---- Replication: the leader. ----

int64_t Raft::Enter(LogEntry entry) {
  record_.journal.tail.push_back(std::move(entry));
  Write();
  const int64_t index = record_.journal.end();
  CountReplicas();  // alone, a leader is a majority
  return index;
}

void Raft::Serve(int peer, bool heartbeat) {
  const Journal& journal = record_.journal;
  const Match& match = matches_[static_cast<size_t>(peer)];
  Traffic& traffic = traffic_[static_cast<size_t>(peer)];
  const absl::Time now = sim::Now();
  const bool busy = traffic.call != 0 && now - traffic.since < kOverdue;
  if (busy && !heartbeat) return;
  if (match.next <= journal.base) {
    // A snapshot is large: one at a time, and no heartbeat in between needs it.
    if (!busy) return ServeSnapshot(peer);
  }
  // What is before `next` may be known no longer; the end of the snapshot always is. There the
  // follower may refuse, which is heard and changes nothing while the snapshot is under way.
  const int64_t previous = std::max(match.next - 1, journal.base);
  AppendEntriesArgs args{.term = record_.ballot.term,
                         .leader_id = me_,
                         .prev_log_index = previous,
                         .prev_log_term = journal.Term(previous),
                         .entries = {},
                         .leader_commit = committed_};
  uint64_t call = 0;
  if (!busy) {
    args.entries = journal.Copy(previous + 1, kBatch);
    if (args.entries.empty()) {
      if (!heartbeat) return;
    } else {
      call = ++calls_;
      traffic = {.call = call, .since = now};
    }
  }
  sim::Go("carrier",
          [this, peer, call, args = std::move(args)] { CarryEntries(peer, call, args); });
}

void Raft::ServeSnapshot(int peer) {
  const Journal& journal = record_.journal;
  const uint64_t call = ++calls_;
  traffic_[static_cast<size_t>(peer)] = {.call = call, .since = sim::Now()};
  InstallSnapshotArgs args{.term = record_.ballot.term,
                           .leader_id = me_,
                           .last_included_index = journal.base,
                           .last_included_term = journal.base_term,
                           .data = disk_->snapshot()};
  sim::Go("carrier",
          [this, peer, call, args = std::move(args)] { CarrySnapshot(peer, call, args); });
}

void Raft::CarryEntries(int peer, uint64_t call, const AppendEntriesArgs& args) {
  const auto reply =
      ends_[static_cast<size_t>(peer)].Call<AppendEntriesReply>("Raft.AppendEntries", args);
  sim::MutexLock lock(&mu_);
  if (!Governs(args.term)) {
    if (reply.has_value()) YieldToReply(reply->term);
    return;
  }
  Landed(peer, call);
  if (!reply.has_value() || YieldToReply(reply->term)) return;
  if (reply->success) {
    Confirmed(peer, args.prev_log_index + static_cast<int64_t>(args.entries.size()));
    return;
  }
  // What was refused may have been answered otherwise since, by a later call.
  Match& match = matches_[static_cast<size_t>(peer)];
  if (args.prev_log_index == match.next - 1 && args.prev_log_index > match.sure) {
    match.next = std::clamp(Retreat(args, *reply), match.sure + 1, args.prev_log_index);
    sim::Log(sim::Topic::kLogs, "n%d lacks %d/%d, next %d", peer, args.prev_log_term,
             args.prev_log_index, match.next);
  } else if (call == 0) {
    return;
  }
  Serve(peer, false);
}

void Raft::CarrySnapshot(int peer, uint64_t call, const InstallSnapshotArgs& args) {
  const auto reply =
      ends_[static_cast<size_t>(peer)].Call<InstallSnapshotReply>("Raft.InstallSnapshot", args);
  sim::MutexLock lock(&mu_);
  if (!Governs(args.term)) {
    if (reply.has_value()) YieldToReply(reply->term);
    return;
  }
  Landed(peer, call);
  if (!reply.has_value() || YieldToReply(reply->term)) return;
  Confirmed(peer, args.last_included_index);
}

void Raft::Landed(int peer, uint64_t call) {
  Traffic& traffic = traffic_[static_cast<size_t>(peer)];
  if (call != 0 && traffic.call == call) traffic.call = 0;
}

void Raft::Confirmed(int peer, int64_t index) {
  Match& match = matches_[static_cast<size_t>(peer)];
  match.sure = std::max(match.sure, index);
  match.next = std::max(match.next, match.sure + 1);
  CountReplicas();
  if (match.next <= record_.journal.end()) Serve(peer, false);
}

int64_t Raft::Retreat(const AppendEntriesArgs& args, const AppendEntriesReply& reply) const {
  if (reply.other_term == 0) return reply.log_length + 1;
  // Where this log has the follower's term too, the two may agree up to this log's last of it.
  const Journal& journal = record_.journal;
  for (int64_t index = args.prev_log_index - 1; index >= std::max(journal.base, int64_t{1});
       --index) {
    if (journal.Term(index) == reply.other_term) return index + 1;
    if (journal.Term(index) < reply.other_term) break;
  }
  return reply.other_since;
}

void Raft::CountReplicas() {
  const Journal& journal = record_.journal;
  // Section 5.4.2: counting ends where the entries of this term begin.
  for (int64_t index = journal.end();
       index > committed_ && journal.Term(index) == record_.ballot.term; --index) {
    int holders = 1;
    for (int peer = 0; peer < size(); ++peer) {
      holders += peer != me_ && matches_[static_cast<size_t>(peer)].sure >= index;
    }
    if (2 * holders > size()) return Commit(index);
  }
}

void Raft::Commit(int64_t index) {
  if (index <= committed_) return;
  committed_ = index;
  sim::Log(sim::Topic::kComt, "through %d", index);
  work_for_clerk_.WakeAll();
}

// ---- Replication: the follower. ----

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
  sim::MutexLock lock(&mu_);
  AppendEntriesReply reply;
  reply.term = record_.ballot.term;
  if (args.term < reply.term) return reply;
  bool changed = Yield(args.term);
  reply.term = args.term;
  PutOffElection();

  Journal& journal = record_.journal;
  const int64_t previous = args.prev_log_index;
  // What comes before the base is committed, so it is the same in both logs.
  const bool agrees = previous < journal.base ||
                      (journal.Knows(previous) && journal.Term(previous) == args.prev_log_term);
  if (agrees) {
    changed = Merge(previous, args.entries) || changed;
    reply.success = true;
  } else {
    reply.log_length = journal.end();
    if (journal.Knows(previous)) {
      reply.other_term = journal.Term(previous);
      reply.other_since = previous;
      while (reply.other_since - 1 > journal.base &&
             journal.Term(reply.other_since - 1) == reply.other_term) {
        --reply.other_since;
      }
    }
  }
  if (changed) Write();
  if (agrees) {
    Commit(std::min(args.leader_commit, previous + static_cast<int64_t>(args.entries.size())));
  }
  return reply;
}

bool Raft::Merge(int64_t index, const std::vector<LogEntry>& entries) {
  Journal& journal = record_.journal;
  for (size_t i = 0; i < entries.size(); ++i) {
    ++index;
    if (index <= journal.base) continue;
    if (journal.Knows(index) && journal.Term(index) == entries[i].term) continue;
    if (journal.Knows(index)) journal.Cut(index);
    journal.tail.insert(journal.tail.end(), entries.begin() + static_cast<ptrdiff_t>(i),
                        entries.end());
    sim::Log(sim::Topic::kLogs, "ends with %d/%d", journal.tail.back().term, journal.end());
    return true;
  }
  return false;
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
  sim::MutexLock lock(&mu_);
  if (args.term < record_.ballot.term) return {.term = record_.ballot.term};
  const bool changed = Yield(args.term);
  PutOffElection();
  const int64_t last = args.last_included_index;
  if (last <= committed_) {
    if (changed) Write();
    return {.term = args.term};
  }
  Journal& journal = record_.journal;
  const bool keeps_rest = journal.Knows(last) && journal.Term(last) == args.last_included_term;
  if (!keeps_rest) journal.tail.clear();
  journal.Rebase(last, args.last_included_term);
  disk_->Save(labgob::Encode(record_), args.data);
  sim::Log(sim::Topic::kSnap, "took over %d/%d", args.last_included_term, last);
  Commit(last);
  return {.term = args.term};
}

// ---- The service and the disk. ----

void Raft::Clerk() {
  while (true) {
    std::vector<ApplyMsg> handful;
    {
      sim::MutexLock lock(&mu_);
      while (applied_ >= committed_) work_for_clerk_.Wait(&mu_);
      handful = TakeCommitted();
    }
    for (ApplyMsg& msg : handful) service_->Send(std::move(msg));
  }
}

std::vector<ApplyMsg> Raft::TakeCommitted() {
  const Journal& journal = record_.journal;
  std::vector<ApplyMsg> taken;
  if (applied_ < journal.base) {
    applied_ = journal.base;
    taken.push_back({.kind = ApplyMsg::Kind::kSnapshot,
                     .index = journal.base,
                     .term = journal.base_term,
                     .data = disk_->snapshot()});
  }
  const int64_t through = std::min(committed_, applied_ + kHandful);
  while (applied_ < through) {
    const LogEntry& entry = journal.Get(++applied_);
    taken.push_back({.kind = entry.is_noop ? ApplyMsg::Kind::kNoop : ApplyMsg::Kind::kCommand,
                     .index = applied_,
                     .term = entry.term,
                     .data = entry.command});
  }
  return taken;
}

void Raft::Write() { disk_->Save(labgob::Encode(record_)); }

void Raft::Read() {
  if (disk_->booted_state().empty()) return;
  auto record = labgob::Decode<Record>(disk_->booted_state());
  SIM_REQUIRE(record.ok(), record.status().ToString());
  record_ = *std::move(record);
  committed_ = applied_ = record_.journal.base;
}

// ---- The journal. ----

std::vector<LogEntry> Journal::Copy(int64_t from, int64_t count) const {
  const int64_t most = std::max(int64_t{0}, std::min(count, end() - from + 1));
  const auto first = tail.begin() + (from - base - 1);
  return {first, first + most};
}

void Journal::Rebase(int64_t index, int64_t term) {
  const int64_t gone = std::min(index - base, static_cast<int64_t>(tail.size()));
  tail.erase(tail.begin(), tail.begin() + gone);
  base = index;
  base_term = term;
}

}  // namespace raft
