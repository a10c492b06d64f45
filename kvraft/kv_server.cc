// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/kv_server.h"

#include <optional>
#include <utility>

#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "sim/check.h"
#include "sim/sim.h"

namespace kvraft {

#if LAB_SOLUTION
namespace {

// A leader that is cut off from the majority commits nothing, and does not know that it is deposed.
// After this time a clerk may do better elsewhere.
constexpr absl::Duration kPatience = absl::Milliseconds(500);

}  // namespace

std::string Table::Apply(const Command& command) {
  if (command.kind == Command::Kind::kGet) {
    const auto it = values.find(command.key);
    return it != values.end() ? it->second : "";
  }
  int64_t& last = last_sequence[command.client_id];
  if (command.sequence <= last) return "";  // a clerk that had no answer has asked again
  last = command.sequence;
  std::string& value = values[command.key];
  if (command.kind == Command::Kind::kPut) value.clear();
  value += command.value;
  return "";
}
#endif

KvServer::KvServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
                   int64_t max_raft_state)
    : raft_(raft),
      persister_(persister),
      apply_channel_(apply_channel),
      max_raft_state_(max_raft_state) {
#if LAB_SOLUTION
  {
    sim::MutexLock lock(&mu_);
    if (!persister_->snapshot().empty()) Restore(persister_->snapshot());
  }
#else
  // Your code here (3B): go on from the snapshot, if there is one.
#endif
  labrpc::Service service("KvServer");
  service.Handle("Get", this, &KvServer::Get);
  service.Handle("PutAppend", this, &KvServer::PutAppend);
  labrpc::Serve(service);
  sim::Go("apply", [this] { ApplyCommitted(); });
}

// ---- What clerks call. ----

GetReply KvServer::Get(const GetArgs& args) {
#if LAB_SOLUTION
  std::optional<std::string> value = Execute({.kind = Command::Kind::kGet, .key = args.key});
  if (!value.has_value()) return {.error = Error::kWrongLeader};
  return {.error = Error::kOk, .value = *std::move(value)};
#else
  // Your code here (3A). Give the command to Raft, wait until it has been carried out, answer.
  return {};
#endif
}

PutAppendReply KvServer::PutAppend(const PutAppendArgs& args) {
#if LAB_SOLUTION
  const bool is_put = args.kind == WriteKind::kPut;
  const bool done = Execute({.kind = is_put ? Command::Kind::kPut : Command::Kind::kAppend,
                             .key = args.key,
                             .value = args.value,
                             .client_id = args.client_id,
                             .sequence = args.sequence})
                        .has_value();
  return {.error = done ? Error::kOk : Error::kWrongLeader};
#else
  // Your code here (3A).
  return {};
#endif
}

#if LAB_SOLUTION
std::optional<std::string> KvServer::Execute(const Command& command) {
  // The lock is held from Start on, so that the entry cannot be carried out before it is waited
  // for. Raft never waits for the service while it holds its own lock.
  sim::MutexLock lock(&mu_);
  const raft::Raft::StartResult started = raft_->Start(labgob::Encode(command));
  if (!started.is_leader) return std::nullopt;
  // This server lost its leadership since the other request began: its entry is no longer there.
  GiveUpWaiting(started.term, 0);

  Waiting waiting{.term = started.term};
  waiting_[started.index] = &waiting;
  while (!waiting.done && waiting.changed.WaitFor(&mu_, kPatience)) {
  }
  if (!waiting.done) waiting_.erase(started.index);
  return std::move(waiting.result);
}

void KvServer::GiveUpWaiting(int64_t term, int64_t index) {
  std::erase_if(waiting_, [term, index](const auto& entry) {
    auto& [waiting_index, waiting] = entry;
    if (waiting->term >= term && waiting_index > index) return false;
    waiting->done = true;
    waiting->changed.WakeAll();
    return true;
  });
}
#endif

// ---- What Raft has committed. ----

void KvServer::ApplyCommitted() {
  while (std::optional<raft::ApplyMsg> msg = apply_channel_->Receive()) {
    sim::MutexLock lock(&mu_);
    Apply(*msg);
  }
}

void KvServer::Apply(const raft::ApplyMsg& msg) {
#if LAB_SOLUTION
  if (msg.kind == raft::ApplyMsg::Kind::kSnapshot) {
    Restore(msg.data);
    return GiveUpWaiting(msg.term, msg.index);
  }
  if (msg.kind == raft::ApplyMsg::Kind::kCommand) {
    const absl::StatusOr<Command> command = labgob::Decode<Command>(msg.data);
    SIM_REQUIRE(command.ok(), "an entry of the log is no command");
    std::string result = table_.Apply(*command);
    const auto it = waiting_.find(msg.index);
    if (it != waiting_.end() && it->second->term == msg.term) {
      it->second->result = std::move(result);
    }
  }
  // Terms never fall along the log: what waits for an entry of an older term waits in vain.
  GiveUpWaiting(msg.term, msg.index);
  MaybeSnapshot(msg.index);
#else
  // Your code here (3A: commands; 3B: snapshots).
#endif
}

void KvServer::MaybeSnapshot(int64_t index) {
#if LAB_SOLUTION
  if (max_raft_state_ == 0 || static_cast<int64_t>(persister_->state_size()) < max_raft_state_) {
    return;
  }
  raft_->Snapshot(index, labgob::Encode(table_));
#else
  // Your code here (3B).
#endif
}

void KvServer::Restore(const std::string& snapshot) {
#if LAB_SOLUTION
  absl::StatusOr<Table> table = labgob::Decode<Table>(snapshot);
  SIM_REQUIRE(table.ok(), "the snapshot is none of this service's");
  table_ = *std::move(table);
#else
  // Your code here (3B).
#endif
}

}  // namespace kvraft
