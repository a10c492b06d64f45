// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"

namespace raft {

using absl::Milliseconds;
using sim::Topic;
using Guard = std::lock_guard<sim::Mutex>;

// A follower misses three heartbeats before it asks around, and is called loyal for the same time.
static constexpr absl::Duration HEARTBEAT = Milliseconds(105);
static constexpr absl::Duration LOYALTY = Milliseconds(380);
static constexpr absl::Duration PATIENCE = Milliseconds(760);
// Asking around costs nobody anything, so it is repeated soon.
static constexpr absl::Duration CANVASS_LEAST = Milliseconds(150);
static constexpr absl::Duration CANVASS_MOST = Milliseconds(300);
// Answers may be seconds late. A server that was willing then is taken to be willing still.
static constexpr absl::Duration WILLING_FOR = Milliseconds(2500);
// A leader that a majority has not answered for so long leads nobody.
static constexpr absl::Duration QUORUM_WITHIN = Milliseconds(1500);
// An answer that takes longer counts as lost. Less than HEARTBEAT, so that each beat may try again.
static constexpr absl::Duration ANSWER_WITHIN = Milliseconds(95);
static constexpr int64_t MOST_ENTRIES = 100;
static constexpr size_t MOST_RUNS = 12;

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : ends_(std::move(peers)), me_(me), disk_(*persister), channel_(*apply_channel) {
  if (const std::string& state = disk_.booted_state(); !state.empty()) {
    auto decoded = labgob::Decode<HardState>(state);
    SIM_REQUIRE(decoded.ok(), decoded.status().ToString());
    hard_ = *std::move(decoded);
    commit_index_ = last_applied_ = hard_.snap_index;
  }
  SetAlarmLocked(LOYALTY, PATIENCE);  // nobody else is there yet

  labrpc::Service service("Raft");
  service.Handle("PreVote", this, &Raft::PreVote);
  service.Handle("RequestVote", this, &Raft::RequestVote);
  service.Handle("AppendEntries", this, &Raft::AppendEntries);
  service.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(service);
  sim::Go("alarm", [this] { AlarmFiber(); });
  sim::Go("metronome", [this] { MetronomeFiber(); });
  sim::Go("deliver", [this] { DeliverFiber(); });
}

Raft::State Raft::GetState() {
  Guard guard(mutex_);
  return {.term = hard_.term, .is_leader = role_ == LEADER};
}

Raft::StartResult Raft::Start(std::string command) {
  Guard guard(mutex_);
  StartResult result{.is_leader = role_ == LEADER, .index = 0, .term = hard_.term};
  if (!result.is_leader) return result;
  result.index = LastIndexLocked() + 1;
  hard_.log[result.index] = LogEntry{.term = hard_.term, .command = std::move(command)};
  SaveLocked();
  for (Other& other : others_) {
    if (sim::Now() >= other.busy_until) ReplicateLocked(other);
  }
  if (others_.empty()) CommitLocked(result.index);
  return result;
}

// ------------------------------------------------------------------------------------------------
// Elections

void Raft::AlarmFiber() {
  for (;;) {
    absl::Duration left;
    {
      Guard guard(mutex_);
      if (role_ == LEADER) {
        SetAlarmLocked(LOYALTY, PATIENCE);
      } else if (sim::Now() >= alarm_) {
        CanvassLocked();
      }
      left = alarm_ - sim::Now();
    }
    sim::SleepFor(std::max(left, Milliseconds(1)));
  }
}

void Raft::SetAlarmLocked(absl::Duration least, absl::Duration most) {
  alarm_ = sim::Now() + sim::Random::Duration(least, most);
}

bool Raft::HasLeaderLocked() const {
  return role_ == LEADER || sim::Now() - leader_heard_ < LOYALTY;
}

void Raft::HeardLeaderLocked(int64_t term) {
  if (term > hard_.term) NewTermLocked(term);
  role_ = FOLLOWER;  // if it was a candidate, somebody else has won
  leader_heard_ = sim::Now();
  willing_.clear();
  SetAlarmLocked(LOYALTY, PATIENCE);
}

// A candidate that has not won asks around for its next term, and may yet win this one.
void Raft::CanvassLocked() {
  SetAlarmLocked(CANVASS_LEAST, CANVASS_MOST);
  willing_[me_] = sim::Now();
  if (MajorityLocked(1)) return CampaignLocked();
  const PreVoteArgs args{.next_term = hard_.term + 1,
                         .candidate_id = me_,
                         .last_log_index = LastIndexLocked(),
                         .last_log_term = TermLocked(LastIndexLocked())};
  sim::Log(Topic::kVote, "who would vote for me in term %d?", args.next_term);
  for (const labrpc::ClientEnd& end : ends_) {
    if (end.server() == me_) continue;
    sim::Go("canvass", [this, end, args, asked = sim::Now()] {
      const auto reply = end.Call<PreVoteReply>("Raft.PreVote", args);
      Guard guard(mutex_);
      if (!reply || sim::Now() - asked > WILLING_FOR) return;
      CountPreVoteLocked(end.server(), args, *reply);
    });
  }
}

void Raft::CountPreVoteLocked(int from, const PreVoteArgs& args, const PreVoteReply& reply) {
  if (reply.term > hard_.term) return NewTermLocked(reply.term);
  if (!reply.would_vote || args.next_term != hard_.term + 1 || HasLeaderLocked()) return;
  willing_[from] = sim::Now();
  std::erase_if(willing_, [](const auto& who) { return sim::Now() - who.second > WILLING_FOR; });
  if (willing_.contains(me_) && MajorityLocked(willing_.size())) CampaignLocked();
}

PreVoteReply Raft::PreVote(const PreVoteArgs& args) {
  Guard guard(mutex_);
  const bool would = args.next_term > hard_.term && !HasLeaderLocked() &&
                     UpToDateLocked(args.last_log_index, args.last_log_term);
  return {.term = hard_.term, .would_vote = would};
}

void Raft::CampaignLocked() {
  role_ = CANDIDATE;
  hard_.term++;
  hard_.vote = me_;
  SaveLocked();
  willing_.clear();
  votes_ = {me_};
  SetAlarmLocked(LOYALTY, PATIENCE);
  sim::Log(Topic::kRole, "candidate in term %d", hard_.term);
  if (MajorityLocked(votes_.size())) return LeadLocked();
  const RequestVoteArgs args{.term = hard_.term,
                             .candidate_id = me_,
                             .last_log_index = LastIndexLocked(),
                             .last_log_term = TermLocked(LastIndexLocked())};
  for (const labrpc::ClientEnd& end : ends_) {
    if (end.server() == me_) continue;
    sim::Go("campaign", [this, end, args] {
      const auto reply = end.Call<RequestVoteReply>("Raft.RequestVote", args);
      Guard guard(mutex_);
      if (reply) CountVoteLocked(end.server(), args, *reply);
    });
  }
}

void Raft::CountVoteLocked(int from, const RequestVoteArgs& args, const RequestVoteReply& reply) {
  if (reply.term > hard_.term) return NewTermLocked(reply.term);
  if (role_ != CANDIDATE || args.term != hard_.term || !reply.vote_granted) return;
  votes_.insert(from);
  if (MajorityLocked(votes_.size())) LeadLocked();
}

void Raft::LeadLocked() {
  role_ = LEADER;
  sim::Log(Topic::kRole, "leader of term %d with %d votes", hard_.term, votes_.size());
  others_.clear();
  for (const labrpc::ClientEnd& end : ends_) {
    if (end.server() == me_) continue;
    others_.push_back({.id = end.server(),
                       .next = LastIndexLocked() + 1,
                       .match = 0,
                       .call = 0,
                       .busy_until = absl::InfinitePast(),
                       .answered = sim::Now()});
  }
  BeatLocked();
}

void Raft::NewTermLocked(int64_t term) {
  // The first alarm of a deposed leader is far enough away for the one that deposed it.
  if (role_ == LEADER) SetAlarmLocked(LOYALTY, PATIENCE);
  role_ = FOLLOWER;
  hard_.term = term;
  hard_.vote = -1;
  leader_heard_ = absl::InfinitePast();
  willing_.clear();
  SaveLocked();
  sim::Log(Topic::kTerm, "follower in term %d", term);
}

bool Raft::UpToDateLocked(int64_t last_index, int64_t last_term) const {
  const int64_t my_last_term = TermLocked(LastIndexLocked());
  return last_term > my_last_term || (last_term == my_last_term && last_index >= LastIndexLocked());
}

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
  Guard guard(mutex_);
  if (args.term > hard_.term) NewTermLocked(args.term);
  const bool grant = args.term == hard_.term &&
                     (hard_.vote == -1 || hard_.vote == args.candidate_id) &&
                     UpToDateLocked(args.last_log_index, args.last_log_term);
  if (grant) {
    hard_.vote = args.candidate_id;
    SaveLocked();
    SetAlarmLocked(LOYALTY, PATIENCE);
    sim::Log(Topic::kVote, "n%d has my vote of term %d", args.candidate_id, hard_.term);
  }
  return {.term = hard_.term, .vote_granted = grant};
}

// ------------------------------------------------------------------------------------------------
// Leading

void Raft::MetronomeFiber() {
  for (;;) {
    {
      Guard guard(mutex_);
      if (role_ == LEADER) BeatLocked();
    }
    sim::SleepFor(HEARTBEAT);
  }
}

void Raft::BeatLocked() {
  const auto near = 1 + std::ranges::count_if(others_, [](const Other& other) {
                      return sim::Now() - other.answered < QUORUM_WITHIN;
                    });
  if (!MajorityLocked(static_cast<size_t>(near))) {
    sim::Log(Topic::kRole, "only %d of %d answer: no longer leader", near, ends_.size());
    role_ = FOLLOWER;
    SetAlarmLocked(LOYALTY, PATIENCE);
    return;
  }
  for (Other& other : others_) {
    sim::Now() < other.busy_until ? BareHeartbeatLocked(other) : ReplicateLocked(other);
  }
}

void Raft::ReplicateLocked(Other& to) {
  to.busy_until = sim::Now() + ANSWER_WITHIN;
  const int64_t call = ++to.call;
  if (to.next <= hard_.snap_index) {
    InstallSnapshotArgs args{.term = hard_.term,
                             .leader_id = me_,
                             .last_included_index = hard_.snap_index,
                             .last_included_term = hard_.snap_term,
                             .data = disk_.snapshot()};
    sim::Go("install",
            [this, id = to.id, call, args = std::move(args)] { CallInstall(id, call, args); });
    return;
  }
  AppendEntriesArgs args{.term = hard_.term,
                         .leader_id = me_,
                         .prev_log_index = to.next - 1,
                         .prev_log_term = TermLocked(to.next - 1),
                         .entries = {},
                         .leader_commit = commit_index_};
  for (auto it = hard_.log.find(to.next);
       it != hard_.log.end() && std::ssize(args.entries) < MOST_ENTRIES; ++it) {
    args.entries.push_back(it->second);
  }
  sim::Go("append",
          [this, id = to.id, call, args = std::move(args)] { CallAppend(id, call, args); });
}

// Keeps a follower from asking around while a call with entries is out. Builds on what it has
// anyway, so it tells nothing.
void Raft::BareHeartbeatLocked(Other& to) {
  const int64_t previous = std::max(to.match, hard_.snap_index);
  const AppendEntriesArgs args{.term = hard_.term,
                               .leader_id = me_,
                               .prev_log_index = previous,
                               .prev_log_term = TermLocked(previous),
                               .entries = {},
                               .leader_commit = commit_index_};
  sim::Go("heartbeat", [this, id = to.id, args] { CallAppend(id, 0, args); });
}

Raft::Other* Raft::AnsweredLocked(int from, int64_t call, int64_t asked_in, int64_t term) {
  if (term > hard_.term) NewTermLocked(term);
  if (role_ != LEADER || asked_in != hard_.term) return nullptr;
  const auto other =
      std::ranges::find_if(others_, [from](const Other& other) { return other.id == from; });
  other->answered = sim::Now();
  if (call == other->call) other->busy_until = absl::InfinitePast();
  return &*other;
}

void Raft::CallAppend(int to, int64_t call, const AppendEntriesArgs& args) {
  const auto reply =
      ends_[static_cast<size_t>(to)].Call<AppendEntriesReply>("Raft.AppendEntries", args);
  if (!reply) return;  // the next heartbeat tries again
  Guard guard(mutex_);
  Other* other = AnsweredLocked(to, call, args.term, reply->term);
  if (other == nullptr) return;
  if (reply->success) {
    MatchedLocked(*other, args.prev_log_index + std::ssize(args.entries));
    if (other->next > LastIndexLocked()) return;
  } else {
    // A refusal counts if nothing has been learned of this follower since it was asked.
    if (call == 0 || args.prev_log_index != other->next - 1) return;
    other->next = std::max(other->match + 1, NextByOutlineLocked(args, *reply));
    sim::Log(Topic::kLogs, "n%d refuses after %d, now from %d", to, args.prev_log_index,
             other->next);
  }
  if (sim::Now() >= other->busy_until) ReplicateLocked(*other);
}

void Raft::CallInstall(int to, int64_t call, const InstallSnapshotArgs& args) {
  const auto reply =
      ends_[static_cast<size_t>(to)].Call<InstallSnapshotReply>("Raft.InstallSnapshot", args);
  if (!reply) return;
  Guard guard(mutex_);
  Other* other = AnsweredLocked(to, call, args.term, reply->term);
  if (other == nullptr) return;
  MatchedLocked(*other, args.last_included_index);
  if (other->next <= LastIndexLocked() && sim::Now() >= other->busy_until) ReplicateLocked(*other);
}

void Raft::MatchedLocked(Other& other, int64_t index) {
  other.match = std::max(other.match, index);
  other.next = std::max(other.next, other.match + 1);
  // Figure 2, Rules for Leaders, rule 4. The index that is sought is somebody's match.
  for (const Other& some : others_) {
    const int64_t n = some.match;
    if (n <= commit_index_ || TermLocked(n) != hard_.term) continue;
    const auto holders =
        1 + std::ranges::count_if(others_, [n](const Other& o) { return o.match >= n; });
    if (MajorityLocked(static_cast<size_t>(holders))) CommitLocked(n);
  }
}

// The last place at which the follower's log and this one have the same term is the last at which
// they agree (Log Matching), and the outline tells the follower's terms.
int64_t Raft::NextByOutlineLocked(const AppendEntriesArgs& args,
                                  const AppendEntriesReply& reply) const {
  int64_t lowest = args.prev_log_index;
  for (const TermRun& run : reply.outline) {
    lowest = std::min(lowest, run.first);
    for (int64_t index = std::min(run.last, args.prev_log_index - 1);
         index >= std::max(run.first, hard_.snap_index); --index) {
      if (TermLocked(index) == run.term) return index + 1;
    }
  }
  return lowest;  // nothing in common so far down
}

// ------------------------------------------------------------------------------------------------
// Following

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
  Guard guard(mutex_);
  if (args.term < hard_.term) return {.term = hard_.term, .success = false, .outline = {}};
  HeardLeaderLocked(args.term);
  if (args.prev_log_index > hard_.snap_index &&
      TermLocked(args.prev_log_index) != args.prev_log_term) {
    return {.term = hard_.term, .success = false, .outline = OutlineLocked(args.prev_log_index)};
  }
  if (MergeLocked(args)) SaveLocked();
  CommitLocked(std::min(args.leader_commit, args.prev_log_index + std::ssize(args.entries)));
  return {.term = hard_.term, .success = true, .outline = {}};
}

bool Raft::MergeLocked(const AppendEntriesArgs& args) {
  bool changed = false;
  int64_t index = args.prev_log_index;
  for (const LogEntry& entry : args.entries) {
    if (++index <= hard_.snap_index) continue;
    const auto mine = hard_.log.find(index);
    if (mine != hard_.log.end()) {
      if (mine->second.term == entry.term) continue;
      SIM_REQUIRE(index > commit_index_, "a committed entry is in conflict with the leader's");
      hard_.log.erase(mine, hard_.log.end());
    }
    hard_.log.emplace_hint(hard_.log.end(), index, entry);
    changed = true;
  }
  return changed;
}

std::vector<TermRun> Raft::OutlineLocked(int64_t before) const {
  std::vector<TermRun> runs;
  int64_t index = std::min(before - 1, LastIndexLocked());
  for (; index >= hard_.snap_index && runs.size() < MOST_RUNS; --index) {
    const int64_t term = TermLocked(index);
    if (runs.empty() || runs.back().term != term) {
      runs.push_back({.term = term, .first = index, .last = index});
    }
    runs.back().first = index;
  }
  return runs;
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
  Guard guard(mutex_);
  if (args.term < hard_.term) return {.term = hard_.term};
  HeardLeaderLocked(args.term);
  if (args.last_included_index > commit_index_) {
    const bool has_entry = TermLocked(args.last_included_index) == args.last_included_term;
    // Figure 13, rules 6 and 7.
    hard_.log.erase(hard_.log.begin(),
                    has_entry ? hard_.log.upper_bound(args.last_included_index) : hard_.log.end());
    hard_.snap_index = args.last_included_index;
    hard_.snap_term = args.last_included_term;
    disk_.Save(labgob::Encode(hard_), args.data);
    sim::Log(Topic::kSnap, "snapshot through %d/%d", hard_.snap_term, hard_.snap_index);
    CommitLocked(hard_.snap_index);
  }
  return {.term = hard_.term};
}

void Raft::CommitLocked(int64_t index) {
  if (index <= commit_index_) return;
  commit_index_ = index;
  sim::Log(Topic::kComt, "committed through %d", index);
  committed_more_.WakeAll();
}

void Raft::DeliverFiber() {
  for (;;) {
    mutex_.Lock();
    committed_more_.Wait(&mutex_, [this] { return last_applied_ < commit_index_; });
    ApplyMsg msg;
    if (last_applied_ < hard_.snap_index) {
      last_applied_ = hard_.snap_index;
      msg.kind = ApplyMsg::Kind::kSnapshot;
      msg.data = disk_.snapshot();
    } else {
      ++last_applied_;
      msg.data = hard_.log.at(last_applied_).command;
    }
    msg.index = last_applied_;
    msg.term = TermLocked(last_applied_);
    mutex_.Unlock();
    channel_.Send(std::move(msg));
  }
}

void Raft::Snapshot(int64_t index, std::string snapshot) {
  Guard guard(mutex_);
  if (index <= hard_.snap_index) return;
  SIM_REQUIRE(index <= last_applied_, "the service has not seen what its snapshot covers");
  hard_.snap_term = TermLocked(index);
  hard_.snap_index = index;
  hard_.log.erase(hard_.log.begin(), hard_.log.upper_bound(index));
  disk_.Save(labgob::Encode(hard_), std::move(snapshot));
  sim::Log(Topic::kSnap, "log begins behind %d", index);
}

// ------------------------------------------------------------------------------------------------
// The log

int64_t Raft::LastIndexLocked() const {
  return hard_.log.empty() ? hard_.snap_index : hard_.log.rbegin()->first;
}

int64_t Raft::TermLocked(int64_t index) const {
  if (index == hard_.snap_index) return hard_.snap_term;
  const auto it = hard_.log.find(index);
  return it == hard_.log.end() ? -1 : it->second.term;
}

void Raft::SaveLocked() { disk_.Save(labgob::Encode(hard_)); }

}  // namespace raft
