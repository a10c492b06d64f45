// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/kv_server.h"

#include <utility>

#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "sim/check.h"
#include "sim/sim.h"

namespace kvraft {
namespace {

// A request looks so often whether Raft still leads, and waits no longer than this in all: a leader
// without a majority may believe in itself for ever.
constexpr absl::Duration kGlance = absl::Milliseconds(80);
constexpr absl::Duration kPatience = absl::Milliseconds(600);

}  // namespace

KvServer::KvServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
                   int64_t max_raft_state)
    : raft_(raft),
      persister_(persister),
      apply_channel_(apply_channel),
      max_raft_state_(max_raft_state) {
  if (const std::string& snapshot = persister_->snapshot(); !snapshot.empty()) {
    sim::MutexLock lock(&mu_);
    LoadImage(snapshot);
  }
  labrpc::Service service("KvServer");
  service.Handle("Read", this, &KvServer::Read);
  service.Handle("Write", this, &KvServer::Write);
  service.Handle("Standing", this, &KvServer::Standing);
  labrpc::Serve(service);
  sim::Go("follow log", [this] { FollowLog(); });
}

// ---- Requests. ----

ReadReply KvServer::Read(const ReadArgs& args) {
  sim::MutexLock lock(&mu_);
  if (gathering_ == nullptr) gathering_ = std::make_shared<Proof>();
  const ProofPtr proof = gathering_;
  if (!Await(proof)) return {.outcome = Outcome::kUnknown};
  const auto found = values_.find(args.key);
  if (found == values_.end()) return {.outcome = Outcome::kDone};
  return {.outcome = Outcome::kDone, .value = found->second};
}

WriteReply KvServer::Write(const WriteArgs& args) {
  sim::MutexLock lock(&mu_);
  if (!IsDone(args)) {
    const ProofPtr proof = Propose({.writes = {args}});
    if (proof != nullptr) Await(proof);
  }
  // Whichever of its entries has done it.
  return {.outcome = IsDone(args) ? Outcome::kDone : Outcome::kUnknown};
}

StandingReply KvServer::Standing(const StandingArgs&) {
  const raft::Raft::State state = raft_->GetState();
  return {.term = state.term, .leads = state.is_leader};
}

KvServer::ProofPtr KvServer::Propose(const Entry& entry) {
  // With mu_ held, so that the entry cannot be applied before its proof is in the table.
  const raft::Raft::StartResult started = raft_->Start(labgob::Encode(entry));
  ProofPtr proof = std::exchange(gathering_, nullptr);
  if (!started.is_leader) {
    if (proof != nullptr) Decide(*proof, Proof::Fate::kFails);
    return nullptr;
  }
  if (proof == nullptr) proof = std::make_shared<Proof>();
  proof->index = started.index;
  proof->term = started.term;
  // Raft's log ended before this index, so what was started there or behind it is gone.
  for (auto it = in_flight_.lower_bound(started.index); it != in_flight_.end();) {
    Decide(*it->second, Proof::Fate::kFails);
    it = in_flight_.erase(it);
  }
  in_flight_[started.index] = proof;
  return proof;
}

void KvServer::MarkIfIdle() {
  if (gathering_ == nullptr) return;
  const bool idle =
      in_flight_.empty() || in_flight_.rbegin()->second->term != raft_->GetState().term;
  if (idle) Propose({});
}

bool KvServer::Await(const ProofPtr& proof) {
  const absl::Time end = sim::Now() + kPatience;
  ++proof->waiting;
  MarkIfIdle();
  while (proof->fate == Proof::Fate::kOpen && sim::Now() < end && MayStillHold(*proof)) {
    proof->decided.WaitFor(&mu_, kGlance);
    MarkIfIdle();
  }
  --proof->waiting;
  if (proof->fate == Proof::Fate::kOpen && proof->waiting == 0) {
    if (proof == gathering_) {
      gathering_ = nullptr;
    } else {
      in_flight_.erase(proof->index);
    }
  }
  return proof->fate == Proof::Fate::kHolds;
}

bool KvServer::MayStillHold(const Proof& proof) const {
  const raft::Raft::State state = raft_->GetState();
  return state.is_leader && (proof.index == 0 || proof.term == state.term);
}

void KvServer::Decide(Proof& proof, Proof::Fate fate) {
  proof.fate = fate;
  proof.decided.WakeAll();
}

bool KvServer::IsDone(const WriteArgs& write) const {
  const auto session = sessions_.find(write.session);
  return session != sessions_.end() && write.number <= session->second;
}

// ---- The log. ----

void KvServer::FollowLog() {
  while (const std::optional<raft::ApplyMsg> msg = apply_channel_->Receive()) {
    sim::MutexLock lock(&mu_);
    Carry(*msg);
    DecideProofs(*msg);
    MarkIfIdle();
    if (msg->kind != raft::ApplyMsg::Kind::kSnapshot) CompactIfLarge(msg->index);
  }
}

void KvServer::Carry(const raft::ApplyMsg& msg) {
  switch (msg.kind) {
    case raft::ApplyMsg::Kind::kNoop:
      return;
    case raft::ApplyMsg::Kind::kSnapshot:
      return LoadImage(msg.data);
    case raft::ApplyMsg::Kind::kCommand: {
      const absl::StatusOr<Entry> entry = labgob::Decode<Entry>(msg.data);
      SIM_REQUIRE(entry.ok(), "a log entry cannot be read");
      for (const WriteArgs& write : entry->writes) Do(write);
    }
  }
}

void KvServer::Do(const WriteArgs& write) {
  if (IsDone(write)) return;
  sessions_[write.session] = write.number;
  std::string& value = values_[write.key];
  value = write.append ? value + write.value : write.value;
}

void KvServer::DecideProofs(const raft::ApplyMsg& msg) {
  // A snapshot does not say which entries it has in it. Its reads could be served, but it is as
  // easy to have them ask again.
  const bool is_entry = msg.kind != raft::ApplyMsg::Kind::kSnapshot;
  for (auto it = in_flight_.begin(); it != in_flight_.end();) {
    Proof& proof = *it->second;
    // Terms never fall along the log, so what is older than this entry cannot come behind it.
    if (proof.index > msg.index && proof.term >= msg.term) break;
    const bool same = is_entry && proof.index == msg.index && proof.term == msg.term;
    Decide(proof, same ? Proof::Fate::kHolds : Proof::Fate::kFails);
    it = in_flight_.erase(it);
  }
}

void KvServer::CompactIfLarge(int64_t index) {
  if (max_raft_state_ == 0) return;
  if (4 * static_cast<int64_t>(persister_->state_size()) < 3 * max_raft_state_) return;
  Image image{.values = values_, .sessions = {}};
  for (const auto& [id, writes] : sessions_) image.sessions.push_back({.id = id, .writes = writes});
  raft_->Snapshot(index, labgob::Encode(image));
}

void KvServer::LoadImage(const std::string& bytes) {
  absl::StatusOr<Image> image = labgob::Decode<Image>(bytes);
  SIM_REQUIRE(image.ok(), "a snapshot cannot be read");
  values_ = std::move(image->values);
  sessions_.clear();
  for (const Session& session : image->sessions) sessions_[session.id] = session.writes;
}

}  // namespace kvraft
