// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/replica.h"

#include <utility>

#include "sim/sim.h"

namespace shardkv {
namespace {

constexpr absl::Duration kPatience = absl::Milliseconds(400);
constexpr absl::Duration kNap = absl::Milliseconds(50);

}  // namespace

Caller Caller::New() { return {.name = sim::Random()(), .serial = 0}; }

CommandLog::CommandLog(raft::Raft* raft, raft::Persister* persister,
                       raft::ApplyChannel* apply_channel, int64_t limit, Machine* machine)
    : raft_(raft),
      persister_(persister),
      apply_channel_(apply_channel),
      limit_(limit),
      machine_(machine) {
  if (!persister_->snapshot().empty()) {
    sim::MutexLock lock(&mu);
    machine_->FromBytes(persister_->snapshot());
  }
  sim::Go("commands", [this] { RunCommitted(); });
}

std::optional<std::string> CommandLog::Run(const Caller& caller, const std::string& command) {
  std::shared_ptr<Meeting> meeting;
  {
    sim::MutexLock lock(&mu);
    std::shared_ptr<Meeting>& place = meetings_[caller];
    if (place == nullptr) place = std::make_shared<Meeting>();
    meeting = place;
  }
  const raft::Raft::StartResult started =
      raft_->Start(labgob::Encode(Entry{.caller = caller, .command = command}));

  const absl::Time end = sim::Now() + kPatience;
  sim::MutexLock lock(&mu);
  while (started.is_leader && !meeting->result.has_value() && sim::Now() < end) {
    if (!meeting->over.WaitFor(&mu, kNap) && Leads() != started.term) break;
  }
  // The last one turns off the light: two references are the map's and this one.
  const auto place = meetings_.find(caller);
  if (place != meetings_.end() && place->second == meeting && meeting.use_count() == 2) {
    meetings_.erase(place);
  }
  return meeting->result;
}

int64_t CommandLog::Leads() const {
  const raft::Raft::State state = raft_->GetState();
  return state.is_leader ? state.term : 0;
}

void CommandLog::RunCommitted() {
  while (const std::optional<raft::ApplyMsg> msg = apply_channel_->Receive()) {
    sim::MutexLock lock(&mu);
    RunOne(*msg);
  }
}

void CommandLog::RunOne(const raft::ApplyMsg& msg) {
  switch (msg.kind) {
    case raft::ApplyMsg::Kind::kSnapshot:
      return machine_->FromBytes(msg.data);
    case raft::ApplyMsg::Kind::kNoop:
      break;
    case raft::ApplyMsg::Kind::kCommand: {
      const absl::StatusOr<Entry> entry = labgob::Decode<Entry>(msg.data);
      SIM_REQUIRE(entry.ok(), "a committed command cannot be read");
      std::string result = machine_->Run(entry->command);
      // Whoever comes later for the same command meets anew.
      if (auto meeting = meetings_.extract(entry->caller); !meeting.empty()) {
        meeting.mapped()->result = std::move(result);
        meeting.mapped()->over.WakeAll();
      }
    }
  }
  if (limit_ > 0 && 2 * static_cast<int64_t>(persister_->state_size()) >= limit_) {
    raft_->Snapshot(msg.index, machine_->ToBytes());
  }
}

}  // namespace shardkv
