// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/replica.h"

#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"
#include "sim/sim.h"

namespace shardkv {
namespace {

// How often a caller that waits looks at Raft, and after how many looks it has had enough.
constexpr absl::Duration kGlance = absl::Milliseconds(60);
constexpr int kGlances = 10;

}  // namespace

Journal::Journal(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
                 int64_t most_bytes, Automaton* automaton)
    : raft_(raft),
      persister_(persister),
      apply_channel_(apply_channel),
      most_bytes_(most_bytes),
      automaton_(automaton) {
  if (const std::string& ice = persister_->snapshot(); !ice.empty()) {
    sim::MutexLock lock(&mu);
    automaton_->Thaw(ice);
  }
  sim::Go("journal", [this] { ReadOn(); });
}

std::optional<std::string> Journal::Enter(std::optional<std::string> body) {
  const JournalEntry entry{.ticket = sim::Random()(), .body = std::move(body)};
  Ticket ticket;
  {
    sim::MutexLock lock(&mu);
    tickets_[entry.ticket] = &ticket;
  }
  const raft::Raft::StartResult started = raft_->Start(labgob::Encode(entry));

  sim::MutexLock lock(&mu);
  for (int glance = 0; started.is_leader && !ticket.result.has_value() && glance < kGlances;) {
    if (ticket.called.WaitFor(&mu, kGlance)) continue;
    ++glance;
    const raft::Raft::State now = raft_->GetState();
    if (!now.is_leader || now.term != started.term) break;
  }
  tickets_.erase(entry.ticket);
  return std::move(ticket.result);
}

bool Journal::IsInOffice() {
  const raft::Raft::State state = raft_->GetState();
  if (!state.is_leader) return false;
  {
    sim::MutexLock lock(&mu);
    if (office_ == state.term) return true;
  }
  if (!Enter(std::nullopt).has_value()) return false;
  // Unless it was elected again meanwhile, this was an entry of that term.
  const raft::Raft::State after = raft_->GetState();
  if (!after.is_leader || after.term != state.term) return false;
  sim::MutexLock lock(&mu);
  office_ = state.term;
  return true;
}

void Journal::ReadOn() {
  while (const std::optional<raft::ApplyMsg> msg = apply_channel_->Receive()) {
    std::string ice;
    {
      sim::MutexLock lock(&mu);
      if (msg->kind == raft::ApplyMsg::Kind::kSnapshot) {
        automaton_->Thaw(msg->data);
        continue;
      }
      if (msg->kind == raft::ApplyMsg::Kind::kCommand) {
        const absl::StatusOr<JournalEntry> entry = labgob::Decode<JournalEntry>(msg->data);
        SIM_REQUIRE(entry.ok(), "Raft has committed what nobody has entered");
        Carry(*entry);
      }
      if (!IsTooLong()) continue;
      ice = automaton_->Freeze();
    }
    // Only this fiber changes the automaton, so nothing has changed since.
    raft_->Snapshot(msg->index, std::move(ice));
  }
}

void Journal::Carry(const JournalEntry& entry) {
  std::string result;
  if (entry.body.has_value()) result = automaton_->Perform(*entry.body);
  const auto waiting = tickets_.find(entry.ticket);
  if (waiting == tickets_.end()) return;
  waiting->second->result = std::move(result);
  waiting->second->called.WakeAll();
}

bool Journal::IsTooLong() const {
  return most_bytes_ > 0 && 10 * static_cast<int64_t>(persister_->state_size()) > 7 * most_bytes_;
}

}  // namespace shardkv
