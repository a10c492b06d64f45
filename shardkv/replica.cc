// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/replica.h"

#include <utility>

#include "sim/sim.h"

namespace shardkv {

#if LAB_SOLUTION
namespace {

// As in lab 3: a leader that is cut off from the majority commits nothing.
constexpr absl::Duration kPatience = absl::Milliseconds(500);

}  // namespace

Replica::Replica(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
                 int64_t max_raft_state, StateMachine* machine)
    : raft_(raft),
      persister_(persister),
      apply_channel_(apply_channel),
      max_raft_state_(max_raft_state),
      machine_(machine) {
  {
    sim::MutexLock lock(&mu);
    if (!persister_->snapshot().empty()) machine_->Load(persister_->snapshot());
  }
  sim::Go("apply", [this] { ApplyCommitted(); });
}

std::optional<std::string> Replica::Execute(const std::string& command) {
  // Locked from Start on, so that the entry cannot be carried out before it is waited for.
  sim::MutexLock lock(&mu);
  const raft::Raft::StartResult started = raft_->Start(command);
  if (!started.is_leader) return std::nullopt;
  GiveUpWaiting(started.term, 0);

  Waiting waiting{.term = started.term};
  waiting_[started.index] = &waiting;
  while (!waiting.done && waiting.changed.WaitFor(&mu, kPatience)) {
  }
  if (!waiting.done) waiting_.erase(started.index);
  return std::move(waiting.result);
}

bool Replica::LeadsUpToDate() {
  const raft::Raft::State state = raft_->GetState();
  sim::MutexLock lock(&mu);
  return state.is_leader && applied_term_ == state.term;
}

void Replica::GiveUpWaiting(int64_t term, int64_t index) {
  std::erase_if(waiting_, [term, index](const auto& entry) {
    auto& [waiting_index, waiting] = entry;
    if (waiting->term >= term && waiting_index > index) return false;
    waiting->done = true;
    waiting->changed.WakeAll();
    return true;
  });
}

void Replica::ApplyCommitted() {
  while (std::optional<raft::ApplyMsg> msg = apply_channel_->Receive()) {
    sim::MutexLock lock(&mu);
    Apply(*msg);
  }
}

void Replica::Apply(const raft::ApplyMsg& msg) {
  applied_term_ = msg.term;
  if (msg.kind == raft::ApplyMsg::Kind::kSnapshot) {
    machine_->Load(msg.data);
    return GiveUpWaiting(msg.term, msg.index);
  }
  if (msg.kind == raft::ApplyMsg::Kind::kCommand) {
    std::string result = machine_->Apply(msg.data);
    const auto it = waiting_.find(msg.index);
    if (it != waiting_.end() && it->second->term == msg.term) {
      it->second->result = std::move(result);
    }
  }
  // Terms never fall along the log: what waits for an entry of an older term waits in vain.
  GiveUpWaiting(msg.term, msg.index);
  if (max_raft_state_ > 0 && static_cast<int64_t>(persister_->state_size()) >= max_raft_state_) {
    raft_->Snapshot(msg.index, machine_->Save());
  }
}
#endif

}  // namespace shardkv
