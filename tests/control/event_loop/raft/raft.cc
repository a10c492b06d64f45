// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/raft.h"

#include <algorithm>
#include <type_traits>

#include "sim/check.h"

namespace raft {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(20);
constexpr int kHeartbeatTicks = 5;  // 100 ms
constexpr int kElectionTicks = 18;  // 360 ms, and up to twice that
constexpr int kMajorityTicks = 50;  // 1 s
constexpr int kPendingTicks = 7;    // after that a call is taken for lost if the follower lives
constexpr int kRestTicks = 3;
constexpr int64_t kMostEntries = 150;

template <class Args>
struct RpcOf;
template <>
struct RpcOf<RequestVoteArgs> {
  using Reply = RequestVoteReply;
  static constexpr const char* kMethod = "Raft.RequestVote";
};
template <>
struct RpcOf<AppendEntriesArgs> {
  using Reply = AppendEntriesReply;
  static constexpr const char* kMethod = "Raft.AppendEntries";
};
template <>
struct RpcOf<InstallSnapshotArgs> {
  using Reply = InstallSnapshotReply;
  static constexpr const char* kMethod = "Raft.InstallSnapshot";
};

}  // namespace

// ==== Core: in and out. ====

Core::Core(int me, int servers, Image image, std::string snapshot, uint64_t seed)
    : me_(me),
      servers_(servers),
      image_(std::move(image)),
      snapshot_(std::move(snapshot)),
      random_(seed),
      commit_(image_.snapshot_index),
      applied_(image_.snapshot_index),
      saved_(last()) {
  DrawTimeout();
}

void Core::Step(Event event) {
  std::visit([this](auto& what) { On(what); }, event);
}

void Core::Tick() {
  ++ticks_;
  if (role_ != Role::kLeader) {
    if (ticks_ >= timeout_) Campaign();
    return;
  }
  MakeSureOfMajority();
  if (role_ != Role::kLeader) return;
  const bool heartbeat = ticks_ >= kHeartbeatTicks;
  if (heartbeat) ticks_ = 0;
  for (int to = 0; to < servers_; ++to) {
    if (to == me_) continue;
    Progress& progress = progress_[static_cast<size_t>(to)];
    ++progress.pending_ticks;
    progress.rest_ticks = std::max(0, progress.rest_ticks - 1);
    if (heartbeat) SendHeartbeat(to);
    SendIfBehind(to);
  }
}

int64_t Core::Propose(std::string command) {
  image_.entries.push_back({image_.term, std::move(command)});
  image_changed_ = true;
  for (int to = 0; to < servers_; ++to) {
    if (to != me_) SendIfBehind(to);
  }
  return last();
}

Ready Core::TakeReady() {
  if (image_changed_ || snapshot_changed_) {
    ready_.state = labgob::Encode(image_);
    if (snapshot_changed_) ready_.snapshot = snapshot_;
    image_changed_ = snapshot_changed_ = false;
  }
  ready_.saves_through = last();
  if (applied_ < image_.snapshot_index) {
    applied_ = image_.snapshot_index;
    ready_.applies.push_back({.kind = ApplyMsg::Kind::kSnapshot,
                              .index = applied_,
                              .term = image_.snapshot_term,
                              .data = snapshot_});
  }
  while (applied_ < commit_) {
    const LogEntry& entry =
        image_.entries.at(static_cast<size_t>(applied_ - image_.snapshot_index));
    ++applied_;
    ready_.applies.push_back({.kind = ApplyMsg::Kind::kCommand,
                              .index = applied_,
                              .term = entry.term,
                              .data = entry.command});
  }
  return std::exchange(ready_, Ready{});
}

void Core::Saved(int64_t through) {
  saved_ = through;
  if (role_ == Role::kLeader) AdvanceCommit();
}

// ==== Core: roles. ====

void Core::DrawTimeout() {
  // splitmix64.
  uint64_t mixed = (random_ += 0x9e3779b97f4a7c15);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  timeout_ = kElectionTicks + static_cast<int>(mixed % kElectionTicks);
  ticks_ = 0;
}

void Core::BecomeFollower(int64_t term) {
  if (role_ != Role::kFollower) {
    sim::Log(sim::Topic::kRole, "follower term=%d", term);
    if (role_ == Role::kLeader) DrawTimeout();
    role_ = Role::kFollower;
  }
  if (term == image_.term) return;
  image_.term = term;
  image_.vote = -1;
  image_changed_ = true;
}

void Core::Campaign() {
  role_ = Role::kCandidate;
  ++image_.term;
  image_.vote = me_;
  image_changed_ = true;
  DrawTimeout();
  sim::Log(sim::Topic::kRole, "candidate term=%d", image_.term);
  votes_.assign(static_cast<size_t>(servers_), false);
  votes_[static_cast<size_t>(me_)] = true;
  for (int to = 0; to < servers_; ++to) {
    if (to == me_) continue;
    ready_.calls.push_back({.to = to,
                            .call = ++calls_made_,
                            .args = RequestVoteArgs{.term = image_.term,
                                                    .candidate_id = me_,
                                                    .last_log_index = last(),
                                                    .last_log_term = TermOf(last())}});
  }
  CountVotes();
}

void Core::CountVotes() {
  if (2 * std::count(votes_.begin(), votes_.end(), true) > servers_) BecomeLeader();
}

void Core::BecomeLeader() {
  role_ = Role::kLeader;
  sim::Log(sim::Topic::kRole, "leader term=%d", image_.term);
  ticks_ = 0;
  unsure_ticks_ = 0;
  progress_.assign(static_cast<size_t>(servers_), Progress{.next = last() + 1});
  for (int to = 0; to < servers_; ++to) {
    // Which is a heartbeat, and asks whether the follower has all that is here.
    if (to != me_) SendAppend(to);
  }
}

void Core::MakeSureOfMajority() {
  if (++unsure_ticks_ < kMajorityTicks) return;
  unsure_ticks_ = 0;
  int heard = 1;
  for (Progress& progress : progress_) heard += std::exchange(progress.heard, false);
  if (2 * heard <= servers_) BecomeFollower(image_.term);
}

void Core::On(const Request<RequestVoteArgs>& request) {
  const RequestVoteArgs& args = request.args;
  if (args.term > image_.term) BecomeFollower(args.term);
  bool granted =
      args.term == image_.term && (image_.vote == -1 || image_.vote == args.candidate_id);
  if (args.last_log_term != TermOf(last())) {
    granted = granted && args.last_log_term > TermOf(last());
  } else {
    granted = granted && args.last_log_index >= last();
  }
  if (granted) {
    image_changed_ = image_changed_ || image_.vote == -1;
    image_.vote = args.candidate_id;
    DrawTimeout();
    sim::Log(sim::Topic::kVote, "term=%d for n%d", args.term, args.candidate_id);
  }
  ready_.answers.emplace_back(request.ticket,
                              RequestVoteReply{.term = image_.term, .vote_granted = granted});
}

void Core::On(const VoteResponse& response) {
  if (!response.reply.has_value()) return;
  if (response.reply->term > image_.term) return BecomeFollower(response.reply->term);
  if (role_ != Role::kCandidate || response.args.term != image_.term) return;
  if (!response.reply->vote_granted) return;
  votes_[static_cast<size_t>(response.from)] = true;
  CountVotes();
}

// ==== Core: a leader replicates. ====

void Core::SendHeartbeat(int to) {
  // Where the two logs are the same for certain, so it is never refused and asks for nothing.
  const int64_t match = progress_[static_cast<size_t>(to)].match;
  const int64_t index = match >= image_.snapshot_index ? match : 0;
  AppendEntriesArgs args{.term = image_.term,
                         .leader_id = me_,
                         .prev_log_index = index,
                         .prev_log_term = index > 0 ? TermOf(index) : 0,
                         .entries = {},
                         .leader_commit = std::min(commit_, index)};
  ready_.calls.push_back({.to = to, .call = ++calls_made_, .args = std::move(args)});
}

void Core::SendIfBehind(int to) {
  const Progress& progress = progress_[static_cast<size_t>(to)];
  if (progress.match < last() && progress.pending == 0 && progress.rest_ticks == 0) SendAppend(to);
}

void Core::SendAppend(int to) {
  Progress& progress = progress_[static_cast<size_t>(to)];
  progress.pending = ++calls_made_;
  progress.pending_ticks = 0;
  const int64_t previous = progress.next - 1;
  if (previous < image_.snapshot_index) {
    ready_.calls.push_back(
        {.to = to,
         .call = progress.pending,
         .args = InstallSnapshotArgs{.term = image_.term,
                                     .leader_id = me_,
                                     .last_included_index = image_.snapshot_index,
                                     .last_included_term = image_.snapshot_term,
                                     .data = snapshot_}});
    return;
  }
  const auto first = image_.entries.begin() + (previous - image_.snapshot_index);
  const auto count = std::min<int64_t>(kMostEntries, image_.entries.end() - first);
  AppendEntriesArgs args{.term = image_.term,
                         .leader_id = me_,
                         .prev_log_index = previous,
                         .prev_log_term = TermOf(previous),
                         .entries = {first, first + count},
                         .leader_commit = commit_};
  ready_.calls.push_back({.to = to, .call = progress.pending, .args = std::move(args)});
}

bool Core::IsForLeader(int from, int64_t asked, int64_t answered) {
  if (answered > image_.term) {
    BecomeFollower(answered);
    return false;
  }
  if (role_ != Role::kLeader || asked != image_.term) return false;
  progress_[static_cast<size_t>(from)].heard = true;
  return true;
}

void Core::On(const AppendResponse& response) {
  const auto& [from, call, args, reply] = response;
  if (!reply.has_value()) {
    if (role_ != Role::kLeader || args.term != image_.term) return;
    Progress& progress = progress_[static_cast<size_t>(from)];
    if (progress.pending != call) return;
    progress.pending = 0;
    progress.rest_ticks = kRestTicks;
    return;
  }
  if (!IsForLeader(from, args.term, reply->term)) return;
  Progress& progress = progress_[static_cast<size_t>(from)];
  const bool awaited = progress.pending == call;
  // It lives: what is pending for long is lost.
  if (awaited || progress.pending_ticks > kPendingTicks) progress.pending = 0;
  if (reply->success) {
    Matched(from, args.prev_log_index + static_cast<int64_t>(args.entries.size()));
  } else if (awaited && args.prev_log_index > progress.match) {
    const int64_t index = std::min(reply->hint_index, args.prev_log_index - 1);
    const int64_t common =
        index < image_.snapshot_index ? index : LastNotAbove(reply->hint_term, index);
    progress.next = std::max(progress.match, common) + 1;
    sim::Log(sim::Topic::kLogs, "n%d refused %d/%d, next=%d", from, args.prev_log_term,
             args.prev_log_index, progress.next);
  }
  SendIfBehind(from);
}

void Core::On(const SnapshotResponse& response) {
  const auto& [from, call, args, reply] = response;
  if (reply.has_value() && !IsForLeader(from, args.term, reply->term)) return;
  if (role_ != Role::kLeader || args.term != image_.term) return;
  Progress& progress = progress_[static_cast<size_t>(from)];
  if (progress.pending == call) {
    progress.pending = 0;
    if (!reply.has_value()) progress.rest_ticks = kRestTicks;
  }
  if (!reply.has_value()) return;
  Matched(from, args.last_included_index);
  SendIfBehind(from);
}

void Core::Matched(int from, int64_t index) {
  Progress& progress = progress_[static_cast<size_t>(from)];
  progress.rest_ticks = 0;
  progress.match = std::max(progress.match, index);
  progress.next = std::max(progress.next, progress.match + 1);
  AdvanceCommit();
}

void Core::AdvanceCommit() {
  std::vector<int64_t> matches;
  for (int server = 0; server < servers_; ++server) {
    matches.push_back(server == me_ ? saved_ : progress_[static_cast<size_t>(server)].match);
  }
  std::sort(matches.begin(), matches.end());
  const int64_t index = matches[static_cast<size_t>((servers_ - 1) / 2)];
  if (index <= commit_ || TermOf(index) != image_.term) return;
  commit_ = index;
  sim::Log(sim::Topic::kComt, "commit=%d", commit_);
}

// ==== Core: a follower takes over. ====

void Core::On(const Request<AppendEntriesArgs>& request) {
  const AppendEntriesArgs& args = request.args;
  AppendEntriesReply reply{.term = image_.term, .success = false, .hint_index = 0, .hint_term = 0};
  if (args.term < image_.term) {
    ready_.answers.emplace_back(request.ticket, reply);
    return;
  }
  BecomeFollower(args.term);
  ticks_ = 0;
  reply.term = image_.term;

  int64_t index = args.prev_log_index;
  const bool fits =
      index < image_.snapshot_index || (index <= last() && TermOf(index) == args.prev_log_term);
  if (!fits) {
    reply.hint_index = LastNotAbove(args.prev_log_term, std::min(index, last()));
    reply.hint_term = TermOf(reply.hint_index);
    ready_.answers.emplace_back(request.ticket, reply);
    return;
  }
  for (const LogEntry& entry : args.entries) {
    ++index;
    if (index <= image_.snapshot_index) continue;
    if (index <= last() && TermOf(index) == entry.term) continue;
    KeepThrough(index - 1);
    image_.entries.push_back(entry);
    image_changed_ = true;
  }
  commit_ = std::max(commit_, std::min(args.leader_commit, index));
  reply.success = true;
  ready_.answers.emplace_back(request.ticket, reply);
}

void Core::On(Request<InstallSnapshotArgs>& request) {
  InstallSnapshotArgs& args = request.args;
  if (args.term >= image_.term) {
    BecomeFollower(args.term);
    ticks_ = 0;
    if (args.last_included_index > commit_) {
      const bool fits = args.last_included_index <= last() &&
                        TermOf(args.last_included_index) == args.last_included_term;
      if (!fits) KeepThrough(image_.snapshot_index);
      DropThrough(args.last_included_index, args.last_included_term);
      snapshot_ = std::move(args.data);
      snapshot_changed_ = true;
      commit_ = image_.snapshot_index;
      sim::Log(sim::Topic::kSnap, "installed %d/%d", image_.snapshot_term, commit_);
    }
  }
  ready_.answers.emplace_back(request.ticket, InstallSnapshotReply{.term = image_.term});
}

void Core::On(Compaction& compaction) {
  if (compaction.index <= image_.snapshot_index) return;
  SIM_REQUIRE(compaction.index <= applied_, "a snapshot of the future");
  DropThrough(compaction.index, TermOf(compaction.index));
  snapshot_ = std::move(compaction.snapshot);
  snapshot_changed_ = true;
}

int64_t Core::TermOf(int64_t index) const {
  if (index == image_.snapshot_index) return image_.snapshot_term;
  return image_.entries.at(static_cast<size_t>(index - image_.snapshot_index - 1)).term;
}

int64_t Core::LastNotAbove(int64_t term, int64_t index) const {
  while (index > image_.snapshot_index && TermOf(index) > term) --index;
  return index;
}

void Core::KeepThrough(int64_t index) {
  if (index >= last()) return;
  image_.entries.resize(static_cast<size_t>(index - image_.snapshot_index));
  image_changed_ = true;
  saved_ = std::min(saved_, index);
}

void Core::DropThrough(int64_t index, int64_t term) {
  const int64_t held = static_cast<int64_t>(image_.entries.size());
  image_.entries.erase(image_.entries.begin(),
                       image_.entries.begin() + std::min(index - image_.snapshot_index, held));
  image_.snapshot_index = index;
  image_.snapshot_term = term;
}

// ==== The server. ====

Raft::Raft(std::vector<labrpc::ClientEnd> peers, int me, Persister* persister,
           ApplyChannel* apply_channel)
    : peers_(std::move(peers)),
      persister_(persister),
      apply_channel_(apply_channel),
      core_(me, static_cast<int>(peers_.size()), ReadImage(*persister), persister->snapshot(),
            sim::Random()()) {
  {
    sim::MutexLock lock(&mu_);
    shown_ = {.term = core_.term(), .is_leader = false};
  }
  labrpc::Service service("Raft");
  service.Handle("RequestVote", this, &Raft::RequestVote);
  service.Handle("AppendEntries", this, &Raft::AppendEntries);
  service.Handle("InstallSnapshot", this, &Raft::InstallSnapshot);
  labrpc::Serve(service);
  sim::Go("loop", [this] { Run(); });
  sim::Go("apply pump", [this] { PumpApplies(); });
}

Image Raft::ReadImage(const Persister& persister) {
  if (persister.booted_state().empty()) return {};
  absl::StatusOr<Image> image = labgob::Decode<Image>(persister.booted_state());
  SIM_REQUIRE(image.ok(), image.status().ToString());
  return *std::move(image);
}

Raft::StartResult Raft::Start(std::string command) {
  StartResult result;
  {
    sim::MutexLock lock(&mu_);
    result.term = core_.term();
    result.is_leader = core_.leads() && shown_.is_leader && shown_.term == core_.term();
    if (result.is_leader) result.index = core_.Propose(std::move(command));
  }
  if (result.is_leader && inbox_.size() == 0) inbox_.Send(Nudge{});
  return result;
}

Raft::State Raft::GetState() {
  sim::MutexLock lock(&mu_);
  return shown_;
}

void Raft::Snapshot(int64_t index, std::string snapshot) {
  inbox_.Send(Compaction{.index = index, .snapshot = std::move(snapshot)});
}

RequestVoteReply Raft::RequestVote(const RequestVoteArgs& args) {
  return Queue<RequestVoteReply>(args);
}

AppendEntriesReply Raft::AppendEntries(const AppendEntriesArgs& args) {
  return Queue<AppendEntriesReply>(args);
}

InstallSnapshotReply Raft::InstallSnapshot(const InstallSnapshotArgs& args) {
  return Queue<InstallSnapshotReply>(args);
}

template <class Reply, class Args>
Reply Raft::Queue(const Args& args) {
  const uint64_t ticket = ++tickets_;
  auto answer = std::make_shared<sim::Channel<AnyReply>>(1);
  waiting_[ticket] = answer;
  inbox_.Send(Request<Args>{.ticket = ticket, .args = args});
  return std::get<Reply>(*answer->Receive());
}

void Raft::Run() {
  // Servers that boot together do not tick together.
  absl::Time next_tick = sim::Now() + sim::Random::Duration(absl::ZeroDuration(), kTick);
  while (true) {
    std::optional<Event> event =
        inbox_.ReceiveFor(std::max(next_tick - sim::Now(), absl::ZeroDuration()));
    {
      sim::MutexLock lock(&mu_);
      for (; event.has_value(); event = inbox_.TryReceive()) core_.Step(*std::move(event));
      if (sim::Now() >= next_tick) {
        core_.Tick();
        next_tick = sim::Now() + kTick;
      }
    }
    Settle();
  }
}

void Raft::Settle() {
  while (true) {
    Ready ready;
    State state;
    {
      sim::MutexLock lock(&mu_);
      ready = core_.TakeReady();
      state = {.term = core_.term(), .is_leader = core_.leads()};
    }
    if (ready.snapshot.has_value()) {
      persister_->Save(*std::move(ready.state), *std::move(ready.snapshot));
    } else if (ready.state.has_value()) {
      persister_->Save(*std::move(ready.state));
    }
    {
      sim::MutexLock lock(&mu_);
      shown_ = state;
      core_.Saved(ready.saves_through);
    }
    if (ready.empty()) return;
    for (Outgoing& call : ready.calls) Place(std::move(call));
    for (auto& [ticket, reply] : ready.answers) {
      waiting_.extract(ticket).mapped()->Send(std::move(reply));
    }
    for (ApplyMsg& msg : ready.applies) applies_.Send(std::move(msg));
  }
}

void Raft::Place(Outgoing call) {
  sim::Go("call", [this, call = std::move(call)] {
    std::visit(
        [&](const auto& args) {
          using Args = std::decay_t<decltype(args)>;
          using Reply = typename RpcOf<Args>::Reply;
          auto reply = peers_[static_cast<size_t>(call.to)].Call<Reply>(RpcOf<Args>::kMethod, args);
          inbox_.Send(Response<Args, Reply>{
              .from = call.to, .call = call.call, .args = args, .reply = std::move(reply)});
        },
        call.args);
  });
}

void Raft::PumpApplies() {
  while (std::optional<ApplyMsg> msg = applies_.Receive()) apply_channel_->Send(*std::move(msg));
}

}  // namespace raft
