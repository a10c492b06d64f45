// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"

namespace raft {

namespace {
const absl::Duration kTick = absl::Milliseconds(110);
const absl::Duration kShortSilence = absl::Milliseconds(350);
const absl::Duration kLongSilence = absl::Milliseconds(750);
// Entries that wait for their acknowledgement at once; one only, for a follower that is silent.
const int64_t kAhead = 96;
const absl::Duration kSilent = absl::Milliseconds(600);
// An entry is sent again after this long without progress.
const absl::Duration kStuck = absl::Milliseconds(90);
// So many refusals take one step back each; the next go where the follower says.
const int kSmallSteps = 2;
}  // namespace

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : peers_(std::move(peers)),
      me_(me),
      n_(static_cast<int>(peers_.size())),
      persister_(persister),
      apply_channel_(apply_channel) {
  if (!persister_->booted_state().empty()) {
    auto records = labgob::Decode<std::vector<Record>>(persister_->booted_state());
    SIM_REQUIRE(records.ok() && records->size() >= 2, "these are not this Raft's records");
    term_ = records->at(0).term;
    voted_for_ = static_cast<int>(records->at(0).value);
    cut_term_ = records->at(1).term;
    cut_ = records->at(1).value;
    for (size_t i = 2; i < records->size(); ++i) {
      log_.push_back({.term = records->at(i).term, .command = std::move(records->at(i).text)});
    }
  }
  snapshot_ = persister_->snapshot();
  commit_ = cut_;
  Wait();

  labrpc::Service service("Raft");
  service.Handle("RequestVote", this, &Raft::RequestVote);
  service.Handle("AppendEntries", this, &Raft::AppendEntries);
  service.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(service);
  sim::Go("watch for silence", [this] { WatchForSilence(); });
  sim::Go("deliver", [this] { Deliver(); });
}

Raft::State Raft::GetState() {
  sim::MutexLock l(&mu_);
  return {term_, leader_};
}

Raft::StartResult Raft::Start(std::string command) {
  sim::MutexLock l(&mu_);
  if (!leader_) return {false, 0, term_};
  log_.push_back({term_, std::move(command)});
  persister_->Save(Records());
  for (int id = 0; id < n_; ++id) {
    if (id != me_ && followers_[id].found) Feed(id);
  }
  if (n_ == 1) Commit(Last());
  return {true, Last(), term_};
}

std::string Raft::Records() const {
  std::vector<Record> records;
  records.push_back({term_, voted_for_, ""});
  records.push_back({cut_term_, cut_, ""});
  for (const LogEntry& e : log_) records.push_back({e.term, 0, e.command});
  return labgob::Encode(records);
}

// elections

void Raft::WatchForSilence() {
  while (true) {
    absl::Time until;
    {
      sim::MutexLock l(&mu_);
      if (leader_) Wait();
      if (sim::Now() >= silence_ends_) RunForOffice();
      until = silence_ends_;
    }
    sim::SleepUntil(until);
  }
}

void Raft::Wait() {
  silence_ends_ = sim::Now() + sim::Random::Duration(kShortSilence, kLongSilence);
}

void Raft::RunForOffice() {
  candidate_ = true;
  term_ += 1;
  voted_for_ = me_;
  early_.clear();
  yes_ = uint64_t{1} << me_;
  persister_->Save(Records());
  Wait();
  sim::Log(sim::Topic::kRole, "runs in term %d", term_);
  if (n_ == 1) return Win();
  RequestVoteArgs args{term_, me_, Last(), TermAt(Last())};
  for (int id = 0; id < n_; ++id) {
    if (id == me_) continue;
    sim::Go("ask for vote", [this, id, args] {
      auto reply = peers_[id].Call<RequestVoteReply>("Raft.RequestVote", args);
      if (!reply) return;
      sim::MutexLock l(&mu_);
      Ballot(id, args.term, *reply);
    });
  }
}

void Raft::Ballot(int voter, int64_t term, const RequestVoteReply& reply) {
  if (reply.term > term_) return Obey(reply.term);
  if (!candidate_ || term != term_) return;
  if (reply.vote_granted) yes_ |= uint64_t{1} << voter;
  if (std::popcount(yes_) > n_ / 2) Win();
}

void Raft::Win() {
  candidate_ = false;
  leader_ = true;
  sim::Log(sim::Topic::kRole, "leads term %d", term_);
  Follower fresh;
  fresh.probe = Last() + 1;
  fresh.moved = fresh.heard = sim::Now();
  followers_.assign(n_, fresh);
  sim::Go("lead", [this, term = term_] { Lead(term); });
}

void Raft::Obey(int64_t term) {
  if (leader_) Wait();
  leader_ = candidate_ = false;
  if (term == term_) return;
  term_ = term;
  voted_for_ = -1;
  early_.clear();
  persister_->Save(Records());
}

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
  sim::MutexLock l(&mu_);
  if (args.term > term_) Obey(args.term);
  if (args.term < term_) return {term_, false};
  if (voted_for_ != -1 && voted_for_ != args.candidate_id) return {term_, false};
  const int64_t last_term = TermAt(Last());
  if (args.last_log_term < last_term) return {term_, false};
  if (args.last_log_term == last_term && args.last_log_index < Last()) return {term_, false};
  if (voted_for_ == -1) {
    voted_for_ = args.candidate_id;
    persister_->Save(Records());
  }
  Wait();
  sim::Log(sim::Topic::kVote, "n%d gets the vote of term %d", args.candidate_id, term_);
  return {term_, true};
}

// the leader

void Raft::Lead(int64_t term) {
  while (true) {
    {
      sim::MutexLock l(&mu_);
      if (!leader_ || term_ != term) return;
      for (int id = 0; id < n_; ++id) {
        if (id != me_) Tick(id);
      }
    }
    sim::SleepFor(kTick);
  }
}

// Every follower hears something at every tick.
void Raft::Tick(int id) {
  Follower& f = followers_[id];
  if (!f.found) return Probe(id);
  if (f.sent > f.match && sim::Now() - f.moved >= kStuck) {
    f.sent = f.match;
    f.moved = sim::Now();
  }
  if (Feed(id)) return;
  // All that may be sent is on its way. The heartbeat stands on what has arrived.
  SendAppend(id, std::max(f.match, cut_), false);
}

void Raft::Probe(int id) {
  const int64_t prev = followers_[id].probe - 1;
  if (prev < cut_) {
    SendSnapshot(id);
  } else {
    SendAppend(id, prev, prev < Last());
  }
}

// Sends what there is room for; false if nothing.
bool Raft::Feed(int id) {
  Follower& f = followers_[id];
  const int64_t room = sim::Now() - f.heard < kSilent ? kAhead : 1;
  const int64_t before = f.sent;
  if (f.sent == f.match) f.moved = sim::Now();
  if (f.sent < cut_) {
    SendSnapshot(id);
    f.sent = cut_;
  }
  while (f.sent < Last() && f.sent < f.match + room) SendAppend(id, f.sent++, true);
  return f.sent > before;
}

void Raft::SendAppend(int id, int64_t prev, bool with_entry) {
  AppendEntriesArgs args{term_, me_, prev, TermAt(prev), {}, commit_};
  if (with_entry) args.entries.push_back(log_[prev - cut_]);
  followers_[id].out += 1;
  sim::Go("append", [this, id, args] {
    auto reply = peers_[id].Call<AppendEntriesReply>("Raft.AppendEntries", args);
    sim::MutexLock l(&mu_);
    if (reply && reply->term > term_) return Obey(reply->term);
    if (!leader_ || term_ != args.term) return;
    followers_[id].out -= 1;
    if (!reply) return;  // a tick will notice
    followers_[id].heard = sim::Now();
    Answer(id, args, *reply);
    if (!args.entries.empty()) AskIfAllCame(id);
  });
}

void Raft::SendSnapshot(int id) {
  InstallSnapshotArgs args{term_, me_, cut_, cut_term_, snapshot_};
  sim::Go("install", [this, id, args = std::move(args)] {
    auto reply = peers_[id].Call<InstallSnapshotReply>("Raft.InstallSnapshot", args);
    if (!reply) return;
    sim::MutexLock l(&mu_);
    if (reply->term > term_) return Obey(reply->term);
    if (!leader_ || term_ != args.term) return;
    Matched(id, args.last_included_index);
  });
}

void Raft::Answer(int id, const AppendEntriesArgs& args, const AppendEntriesReply& reply) {
  Follower& f = followers_[id];
  if (reply.success) {
    Matched(id, args.prev_log_index + static_cast<int64_t>(args.entries.size()));
  } else if (!f.found && args.prev_log_index == f.probe - 1) {
    StepBack(id, reply);
    Probe(id);
  } else if (f.found && f.out == 0 && args.entries.empty() && args.prev_log_index == f.sent) {
    // It was asked for all that was sent, when nothing was on its way: something was lost.
    f.sent = f.match;
    Feed(id);
  }
  // Else, once the place is found, a refusal tells only that an entry came before another.
}

void Raft::StepBack(int id, const AppendEntriesReply& reply) {
  Follower& f = followers_[id];
  f.probe -= 1;
  if (++f.refusals > kSmallSteps) {
    int64_t i = std::min(f.probe - 1, reply.try_behind);
    while (i > cut_ && TermAt(i) > reply.try_term) --i;
    f.probe = i + 1;
  }
  f.probe = std::max<int64_t>(f.probe, 1);
  sim::Log(sim::Topic::kLogs, "n%d refused, will try %d", id, f.probe);
}

void Raft::AskIfAllCame(int id) {
  const Follower& f = followers_[id];
  if (f.found && f.out == 0 && f.match < f.sent && f.sent >= cut_) SendAppend(id, f.sent, false);
}

void Raft::Matched(int id, int64_t index) {
  Follower& f = followers_[id];
  f.found = true;
  f.heard = sim::Now();
  if (index > f.match) {
    f.match = index;
    f.moved = sim::Now();
    CountReplicas();
  }
  f.sent = std::max(f.sent, f.match);
  Feed(id);
}

// Figure 2, Leaders, rule 4.
void Raft::CountReplicas() {
  int64_t best = commit_;
  for (int64_t i = commit_ + 1; i <= Last(); ++i) {
    if (TermAt(i) != term_) continue;
    int have = 1;
    for (int id = 0; id < n_; ++id) {
      if (id != me_ && followers_[id].match >= i) ++have;
    }
    if (have <= n_ / 2) break;
    best = i;
  }
  Commit(best);
}

// the follower

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
  sim::MutexLock l(&mu_);
  if (args.term < term_) return {term_, false, 0, 0};
  Obey(args.term);
  Wait();
  if (Fits(args)) {
    TakeAll(args);
    return {term_, true, 0, 0};
  }
  if (args.prev_log_index > Last() && !args.entries.empty() &&
      static_cast<int64_t>(early_.size()) < 2 * kAhead) {
    early_[args.prev_log_index] = args;
  }
  int64_t i = std::min(args.prev_log_index - 1, Last());
  while (i > cut_ && TermAt(i) > args.prev_log_term) --i;
  return {term_, false, i, TermAt(i)};
}

bool Raft::Fits(const AppendEntriesArgs& args) const {
  if (args.prev_log_index <= cut_) return true;
  return args.prev_log_index <= Last() && TermAt(args.prev_log_index) == args.prev_log_term;
}

bool Raft::Take(const AppendEntriesArgs& args) {
  bool changed = false;
  for (size_t k = 0; k < args.entries.size(); ++k) {
    const int64_t i = args.prev_log_index + 1 + static_cast<int64_t>(k);
    if (i <= cut_) continue;
    if (i <= Last() && TermAt(i) == args.entries[k].term) continue;
    SIM_REQUIRE(i > commit_, "the leader lacks an entry that is committed");
    while (Last() >= i) log_.pop_back();
    log_.push_back(args.entries[k]);
    changed = true;
  }
  return changed;
}

void Raft::TakeAll(const AppendEntriesArgs& args) {
  bool changed = Take(args);
  int64_t through = args.prev_log_index + static_cast<int64_t>(args.entries.size());
  int64_t commit = std::min(args.leader_commit, through);
  while (!early_.empty() && early_.begin()->first <= Last()) {
    const AppendEntriesArgs next = std::move(early_.extract(early_.begin()).mapped());
    if (!Fits(next)) continue;
    changed |= Take(next);
    through = next.prev_log_index + static_cast<int64_t>(next.entries.size());
    commit = std::max(commit, std::min(next.leader_commit, through));
  }
  if (changed) persister_->Save(Records());
  Commit(commit);
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
  sim::MutexLock l(&mu_);
  if (args.term < term_) return {term_};
  Obey(args.term);
  Wait();
  if (args.last_included_index <= commit_) return {term_};
  const bool agrees = args.last_included_index <= Last() &&
                      TermAt(args.last_included_index) == args.last_included_term;
  if (!agrees) log_.clear();
  while (!log_.empty() && cut_ < args.last_included_index) {
    log_.pop_front();
    ++cut_;
  }
  cut_ = args.last_included_index;
  cut_term_ = args.last_included_term;
  snapshot_ = args.data;
  persister_->Save(Records(), snapshot_);
  commit_ = cut_;
  outbox_.push_back({ApplyMsg::Kind::kSnapshot, cut_, cut_term_, snapshot_});
  outbox_filled_.WakeAll();
  return {term_};
}

// the service

void Raft::Commit(int64_t index) {
  if (index <= commit_) return;
  while (commit_ < index) {
    const LogEntry& e = log_[commit_ - cut_];
    ++commit_;
    outbox_.push_back({ApplyMsg::Kind::kCommand, commit_, e.term, e.command});
  }
  sim::Log(sim::Topic::kComt, "committed %d", commit_);
  outbox_filled_.WakeAll();
}

void Raft::Deliver() {
  while (true) {
    ApplyMsg msg;
    {
      sim::MutexLock l(&mu_);
      while (outbox_.empty()) outbox_filled_.Wait(&mu_);
      msg = std::move(outbox_.front());
      outbox_.pop_front();
    }
    apply_channel_->Send(std::move(msg));
  }
}

void Raft::Snapshot(int64_t index, std::string snapshot) {
  sim::MutexLock l(&mu_);
  if (index <= cut_) return;
  SIM_REQUIRE(index <= commit_, "a snapshot from the future");
  cut_term_ = TermAt(index);
  log_.erase(log_.begin(), log_.begin() + (index - cut_));
  cut_ = index;
  snapshot_ = std::move(snapshot);
  persister_->Save(Records(), snapshot_);
}

}  // namespace raft
