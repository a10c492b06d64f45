// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"

namespace raft {

namespace {
constexpr absl::Duration HEARTBEAT = absl::Milliseconds(105);
constexpr absl::Duration TIMEOUT_MIN = absl::Milliseconds(400);
constexpr absl::Duration TIMEOUT_MAX = absl::Milliseconds(800);
// The network may say at once that a call is lost. That is no reason to hurry.
constexpr absl::Duration RETRY_PAUSE = absl::Milliseconds(15);
constexpr int64_t MAX_ENTRIES = 200;
}  // namespace

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : me_(me), persister_(persister), apply_channel_(apply_channel) {
  for (int number = 0; number < static_cast<int>(peers.size()); ++number) {
    if (number == me) continue;
    peers_.push_back(std::make_unique<Peer>(peers[static_cast<size_t>(number)], number));
  }
  {
    sim::MutexLock lock(&mu_);
    if (!persister->booted_state().empty()) {
      const absl::Status read = labgob::DecodeInto(persister->booted_state(), saved_);
      SIM_REQUIRE(read.ok(), read.ToString());
    }
    commit_index_ = last_delivered_ = saved_.first_index;
    Calm();
  }
  labrpc::Service rpcs("Raft");
  rpcs.Handle("RequestVote", this, &Raft::RequestVote);
  rpcs.Handle("AppendEntries", this, &Raft::AppendEntries);
  rpcs.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(rpcs);
  for (const auto& peer : peers_) {
    sim::Go("replicator", [this, peer = peer.get()] { Replicate(*peer); });
  }
  sim::Go("election", [this] { WatchLeader(); });
  sim::Go("delivery", [this] { Deliver(); });
}

// ------------------------------------------------------------------ what the service calls

Raft::StartResult Raft::Start(std::string command) {
  sim::MutexLock lock(&mu_);
  StartResult result;
  result.term = saved_.current_term;
  result.is_leader = role_ == LEADER;
  if (result.is_leader) {
    saved_.log.push_back({saved_.current_term, std::move(command)});
    Save();
    result.index = last_index();
    UpdateLeaderCommit();
    StirAll();
  }
  return result;
}

Raft::State Raft::GetState() {
  sim::MutexLock lock(&mu_);
  State state;
  state.term = saved_.current_term;
  state.is_leader = role_ == LEADER;
  return state;
}

void Raft::Snapshot(int64_t index, std::string snapshot) {
  sim::MutexLock lock(&mu_);
  if (index <= first_index()) return;
  SIM_REQUIRE(index <= last_delivered_, "the snapshot covers what was not delivered");
  MoveStart(index, TermAt(index));
  persister_->Save(labgob::Encode(saved_), std::move(snapshot));
}

// ------------------------------------------------------------------ replicators

void Raft::Replicate(Peer& peer) {
  sim::MutexLock lock(&mu_);
  while (true) {
    if (role_ == LEADER) {
      SendAndWait(peer, saved_.current_term);
    } else {
      peer.stir.Wait(&mu_);
    }
  }
}

// One turn: a request, and then whatever comes first of its reply and the next heartbeat's time. If
// the reply has come and there is nothing to send, the rest of the interval passes, or new work
// ends it.
void Raft::SendAndWait(Peer& peer, int64_t term) {
  const absl::Time heartbeat_due = sim::Now() + HEARTBEAT;
  auto flight = std::make_shared<Flight>();
  sim::Go("request", [this, &peer, parcel = Pack(peer), flight] { Fly(peer, parcel, *flight); });

  while (Leads(term)) {
    const absl::Time now = sim::Now();
    const absl::Time due = std::min(heartbeat_due, flight->retry_at);
    if (now >= due) {
      if (!flight->landed) peer.silent = true;
      return;
    }
    const bool answered = flight->landed && !flight->lost;
    if (answered && peer.next_index <= last_index()) return;
    peer.stir.WaitFor(&mu_, due - now);
  }
}

Raft::Parcel Raft::Pack(const Peer& peer) const {
  const int64_t wanted = peer.next_index - 1;
  if (wanted < first_index() && !peer.silent) {
    return InstallSnapshotArgs{.term = saved_.current_term,
                               .leader_id = me_,
                               .last_included_index = first_index(),
                               .last_included_term = TermAt(first_index()),
                               .data = persister_->snapshot()};
  }
  AppendEntriesArgs args;
  args.term = saved_.current_term;
  args.leader_id = me_;
  args.prev_log_index = std::max(wanted, first_index());
  args.prev_log_term = TermAt(args.prev_log_index);
  args.leader_commit = commit_index_;
  if (!peer.silent) {
    const auto begin = saved_.log.begin() + (args.prev_log_index + 1 - first_index());
    args.entries.assign(begin, begin + std::min(MAX_ENTRIES, saved_.log.end() - begin));
  }
  return args;
}

void Raft::Fly(Peer& peer, const Parcel& parcel, Flight& flight) {
  if (const auto* args = std::get_if<AppendEntriesArgs>(&parcel)) {
    const auto reply = peer.end.Call<AppendEntriesReply>("Raft.AppendEntries", *args);
    sim::MutexLock lock(&mu_);
    if (reply.has_value()) OnAppendReply(peer, *args, *reply);
    Land(peer, !reply.has_value(), flight);
  } else {
    const auto& snapshot = std::get<InstallSnapshotArgs>(parcel);
    const auto reply = peer.end.Call<InstallSnapshotReply>("Raft.InstallSnapshot", snapshot);
    sim::MutexLock lock(&mu_);
    if (reply.has_value()) OnSnapshotReply(peer, snapshot, *reply);
    Land(peer, !reply.has_value(), flight);
  }
}

// The first loss is soon followed by a probe; if that is lost too, by heartbeats only.
void Raft::Land(Peer& peer, bool lost, Flight& flight) {
  flight.landed = true;
  flight.lost = lost;
  if (lost && !peer.silent) {
    peer.silent = true;
    flight.retry_at = sim::Now() + RETRY_PAUSE;
  }
  peer.stir.WakeAll();
}

void Raft::OnAppendReply(Peer& peer, const AppendEntriesArgs& args,
                         const AppendEntriesReply& reply) {
  SeeTerm(reply.term);
  if (!Leads(args.term)) return;
  peer.silent = false;
  if (reply.success) {
    OnMatch(peer, args.prev_log_index + static_cast<int64_t>(args.entries.size()));
    return;
  }
  // Unlike section 5.3: back to where the peer's log is certainly the same, in one step. A late
  // refusal costs some entries sent again, and never goes below what is known to match.
  peer.next_index =
      std::max(peer.match_index + 1, std::min(peer.next_index, reply.receiver_commit + 1));
  sim::Log(sim::Topic::kLogs, "n%d refuses %d/%d, back to %d", peer.number, args.prev_log_term,
           args.prev_log_index, peer.next_index);
}

void Raft::OnSnapshotReply(Peer& peer, const InstallSnapshotArgs& args,
                           const InstallSnapshotReply& reply) {
  SeeTerm(reply.term);
  if (!Leads(args.term)) return;
  peer.silent = false;
  OnMatch(peer, args.last_included_index);
}

void Raft::OnMatch(Peer& peer, int64_t match_index) {
  if (match_index > peer.match_index) {
    peer.match_index = match_index;
    UpdateLeaderCommit();
  }
  peer.next_index = std::max(peer.next_index, peer.match_index + 1);
}

void Raft::UpdateLeaderCommit() {
  std::vector<int64_t> have = {last_index()};
  for (const auto& peer : peers_) have.push_back(peer->match_index);
  // The majority()-th largest.
  const auto middle = have.end() - static_cast<ptrdiff_t>(majority());
  std::nth_element(have.begin(), middle, have.end());
  // Section 5.4.2. What is before the log's start is committed already.
  if (*middle > commit_index_ && TermAt(*middle) == saved_.current_term) CommitThrough(*middle);
}

void Raft::StirAll() {
  for (const auto& peer : peers_) peer->stir.WakeAll();
}

// ------------------------------------------------------------------ elections

void Raft::WatchLeader() {
  sim::MutexLock lock(&mu_);
  while (true) {
    const absl::Duration left = calm_until_ - sim::Now();
    if (role_ == LEADER) {
      election_.Wait(&mu_);
    } else if (left > absl::ZeroDuration()) {
      election_.WaitFor(&mu_, left);
    } else {
      HoldElection();
    }
  }
}

void Raft::HoldElection() {
  role_ = CANDIDATE;
  ++saved_.current_term;
  saved_.voted_for = me_;
  granted_ = 1;
  Save();
  Calm();
  const RequestVoteArgs args{.term = saved_.current_term,
                             .candidate_id = me_,
                             .last_log_index = last_index(),
                             .last_log_term = TermAt(last_index())};
  sim::Log(sim::Topic::kVote, "election for term %d", args.term);
  for (const auto& peer : peers_) {
    sim::Go("voter", [this, peer = peer.get(), args] { CollectVote(*peer, args); });
  }
  while (role_ == CANDIDATE && saved_.current_term == args.term) {
    if (granted_ >= static_cast<int64_t>(majority())) return BecomeLeader();
    const absl::Duration left = calm_until_ - sim::Now();
    if (left <= absl::ZeroDuration()) return;  // nobody won: WatchLeader holds the next one
    election_.WaitFor(&mu_, left);
  }
}

// Asks until there is an answer, for as long as it matters.
void Raft::CollectVote(Peer& peer, const RequestVoteArgs& args) {
  while (true) {
    const auto reply = peer.end.Call<RequestVoteReply>("Raft.RequestVote", args);
    if (!reply.has_value()) sim::SleepFor(RETRY_PAUSE);
    sim::MutexLock lock(&mu_);
    if (reply.has_value()) SeeTerm(reply->term);
    if (role_ != CANDIDATE || saved_.current_term != args.term) return;
    if (!reply.has_value()) continue;
    if (reply->vote_granted) {
      ++granted_;
      election_.WakeAll();
    }
    return;
  }
}

void Raft::BecomeLeader() {
  role_ = LEADER;
  for (const auto& peer : peers_) {
    peer->next_index = last_index() + 1;
    peer->match_index = 0;
    peer->silent = false;
  }
  sim::Log(sim::Topic::kRole, "leader of term %d", saved_.current_term);
  StirAll();
}

void Raft::SeeTerm(int64_t term) {
  if (term <= saved_.current_term) return;
  const bool led = role_ == LEADER;
  saved_.current_term = term;
  saved_.voted_for = -1;
  role_ = FOLLOWER;
  Save();
  if (led) Calm();
  election_.WakeAll();
  StirAll();
}

void Raft::Calm() { calm_until_ = sim::Now() + sim::Random::Duration(TIMEOUT_MIN, TIMEOUT_MAX); }

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
  sim::MutexLock lock(&mu_);
  SeeTerm(args.term);
  RequestVoteReply reply;
  reply.term = saved_.current_term;
  if (args.term < saved_.current_term) return reply;
  if (saved_.voted_for != -1) {
    reply.vote_granted = saved_.voted_for == args.candidate_id;  // it asks again
    return reply;
  }
  const int64_t last_term = TermAt(last_index());
  reply.vote_granted = args.last_log_term > last_term ||
                       (args.last_log_term == last_term && args.last_log_index >= last_index());
  if (reply.vote_granted) {
    saved_.voted_for = args.candidate_id;
    Save();
    Calm();
  }
  return reply;
}

// ------------------------------------------------------------------ followers

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
  sim::MutexLock lock(&mu_);
  SeeTerm(args.term);
  AppendEntriesReply reply;
  reply.term = saved_.current_term;
  reply.receiver_commit = commit_index_;
  if (args.term < saved_.current_term) return reply;
  if (role_ == CANDIDATE) role_ = FOLLOWER;  // another has won
  Calm();
  if (!Contains(args.prev_log_index, args.prev_log_term)) return reply;

  bool grew = false;
  int64_t index = args.prev_log_index;
  for (const LogEntry& entry : args.entries) {
    if (Contains(++index, entry.term)) continue;
    if (index <= last_index()) {  // a conflict
      saved_.log.resize(static_cast<size_t>(index - first_index()));
    }
    saved_.log.push_back(entry);
    grew = true;
  }
  if (grew) Save();
  CommitThrough(std::min(args.leader_commit, index));
  reply.receiver_commit = commit_index_;
  reply.success = true;
  return reply;
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
  sim::MutexLock lock(&mu_);
  SeeTerm(args.term);
  const InstallSnapshotReply reply{.term = saved_.current_term};
  if (args.term < saved_.current_term) return reply;
  if (role_ == CANDIDATE) role_ = FOLLOWER;
  Calm();
  if (args.last_included_index <= commit_index_) return reply;

  if (!Contains(args.last_included_index, args.last_included_term)) saved_.log.resize(1);
  MoveStart(args.last_included_index, args.last_included_term);
  persister_->Save(labgob::Encode(saved_), args.data);
  commit_index_ = args.last_included_index;
  ApplyMsg msg;
  msg.kind = ApplyMsg::Kind::kSnapshot;
  msg.index = args.last_included_index;
  msg.term = args.last_included_term;
  msg.data = args.data;
  undelivered_.push_back(std::move(msg));
  delivery_.WakeAll();
  return reply;
}

void Raft::MoveStart(int64_t index, int64_t term) {
  std::vector<LogEntry>& log = saved_.log;
  const int64_t drop = std::min(index, last_index()) - first_index();
  log.erase(log.begin(), log.begin() + drop);
  log.front() = {term, ""};
  saved_.first_index = index;
}

// ------------------------------------------------------------------ delivery

void Raft::CommitThrough(int64_t index) {
  if (index <= commit_index_) return;
  while (commit_index_ < index) {
    const LogEntry& entry = At(++commit_index_);
    undelivered_.push_back({.kind = ApplyMsg::Kind::kCommand,
                            .index = commit_index_,
                            .term = entry.term,
                            .data = entry.command});
  }
  sim::Log(sim::Topic::kComt, "committed through %d", commit_index_);
  delivery_.WakeAll();
}

void Raft::Deliver() {
  while (true) {
    ApplyMsg msg;
    {
      sim::MutexLock lock(&mu_);
      while (undelivered_.empty()) delivery_.Wait(&mu_);
      msg = std::move(undelivered_.front());
      undelivered_.pop_front();
      last_delivered_ = msg.index;
    }
    apply_channel_->Send(std::move(msg));
  }
}

}  // namespace raft
