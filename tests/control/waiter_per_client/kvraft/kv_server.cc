// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/kv_server.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "sim/check.h"
#include "sim/sim.h"

namespace kvraft {
namespace {

// A desk looks so often whether Raft still leads, and gives a request so long.
constexpr absl::Duration kLook = absl::Milliseconds(40);
constexpr absl::Duration kLongestErrand = absl::Milliseconds(450);
// Without work for so long, a desk is closed.
constexpr absl::Duration kIdle = absl::Seconds(3);
// A snapshot after so many entries, however small they are.
constexpr int64_t kEntriesPerSnapshot = 64;

}  // namespace

KvServer::KvServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
                   int64_t max_raft_state)
    : raft_(raft),
      persister_(persister),
      apply_channel_(apply_channel),
      max_raft_state_(max_raft_state) {
  {
    sim::MutexLock lock(&mu_);
    if (!persister_->snapshot().empty()) Unpack(persister_->snapshot());
  }
  sim::Go("ledger", [this] { KeepLedger(); });
  labrpc::Service service("KvServer");
  service.Handle("Perform", this, &KvServer::Perform);
  labrpc::Serve(service);
}

Answer KvServer::Perform(const Request& request) {
  DeskPtr desk;
  ErrandPtr errand;
  bool is_new = false;
  {
    sim::MutexLock lock(&mu_);
    const auto line = ledger_.find(request.client);
    if (line != ledger_.end() && request.number <= line->second.number) return AnswerTo(request);
    desk = DeskOf(request.client);
    errand = desk->newest;
    is_new = errand == nullptr || errand->dealt_with || errand->request.number != request.number;
    if (is_new) {
      errand = std::make_shared<Errand>();
      errand->request = request;
      desk->newest = errand;
    }
  }
  // Without the mutex, as Send may wait for room.
  if (is_new && !desk->inbox.Send(errand)) {
    // The desk has been closed meanwhile; its fiber does not know of this errand.
    sim::MutexLock lock(&mu_);
    errand->dealt_with = true;
    errand->done.WakeAll();
    return AnswerTo(request);
  }
  sim::MutexLock lock(&mu_);
  while (!errand->dealt_with) errand->done.Wait(&mu_);
  return AnswerTo(request);
}

// ---- Desks. ----

KvServer::DeskPtr KvServer::DeskOf(int64_t client) {
  DeskPtr& desk = desks_[client];
  if (desk == nullptr) {
    desk = std::make_shared<Desk>();
    sim::Go(absl::StrCat("desk ", client), [this, client, desk = desk] { RunDesk(client, desk); });
  }
  return desk;
}

void KvServer::RunDesk(int64_t client, const DeskPtr& desk) {
  while (true) {
    const std::optional<ErrandPtr> errand = desk->inbox.ReceiveFor(kIdle);
    sim::MutexLock lock(&mu_);
    if (errand.has_value()) {
      DealWith(**errand, *desk);
      (*errand)->dealt_with = true;
      (*errand)->done.WakeAll();
    } else if (desk->inbox.size() == 0) {
      // Who has found this desk and comes later is turned away; who looks now opens another.
      desk->inbox.Close();
      desks_.erase(client);
      return;
    }
  }
}

void KvServer::DealWith(const Errand& errand, Desk& desk) {
  if (IsSettled(errand.request)) return;
  const raft::Raft::StartResult started = raft_->Start(labgob::Encode(errand.request));
  if (!started.is_leader) return;
  const absl::Time end = sim::Now() + kLongestErrand;
  while (!IsSettled(errand.request) && sim::Now() < end) {
    if (desk.progress.WaitFor(&mu_, kLook)) continue;
    // Nothing has come for a while. An entry of a lost leadership may still be committed, but
    // nobody knows when: let the client ask elsewhere.
    const raft::Raft::State now = raft_->GetState();
    if (!now.is_leader || now.term != started.term) return;
  }
}

// ---- Replicated state. ----

void KvServer::KeepLedger() {
  while (const std::optional<raft::ApplyMsg> msg = apply_channel_->Receive()) {
    sim::MutexLock lock(&mu_);
    if (msg->kind == raft::ApplyMsg::Kind::kSnapshot) {
      Unpack(msg->data);
      for (const auto& [client, desk] : desks_) desk->progress.WakeAll();
      continue;
    }
    if (msg->kind == raft::ApplyMsg::Kind::kCommand) {
      const absl::StatusOr<Request> request = labgob::Decode<Request>(msg->data);
      SIM_REQUIRE(request.ok(), "what Raft has committed is no request");
      Enter(*request);
    }
    ++since_snapshot_;
    if (!IsTimeForSnapshot()) continue;
    since_snapshot_ = 0;
    raft_->Snapshot(msg->index, Pack());
  }
}

void KvServer::Enter(const Request& request) {
  Line& line = ledger_[request.client];
  if (request.number > line.number) {
    line.answer = CarryOut(request);
    line.number = request.number;
  }
  const auto desk = desks_.find(request.client);
  if (desk != desks_.end()) desk->second->progress.WakeAll();
}

std::string KvServer::CarryOut(const Request& request) {
  switch (request.action) {
    case Action::kRead: {
      const auto row = table_.find(request.key);
      return row == table_.end() ? "" : row->second;
    }
    case Action::kReplace:
      table_[request.key] = request.text;
      return "";
    case Action::kExtend:
      table_[request.key].append(request.text);
      return "";
  }
  return "";
}

bool KvServer::IsSettled(const Request& request) const {
  const auto line = ledger_.find(request.client);
  return line != ledger_.end() && line->second.number >= request.number;
}

Answer KvServer::AnswerTo(const Request& request) const {
  const auto line = ledger_.find(request.client);
  // Of an older request the answer is gone; but then its client has had it and does not listen.
  if (line == ledger_.end() || line->second.number != request.number) return {.settled = false};
  return {.settled = true, .text = line->second.answer};
}

// ---- Snapshots. ----

bool KvServer::IsTimeForSnapshot() const {
  if (max_raft_state_ == 0) return false;
  return since_snapshot_ >= kEntriesPerSnapshot ||
         2 * static_cast<int64_t>(persister_->state_size()) >= max_raft_state_;
}

std::string KvServer::Pack() const {
  Columns columns;
  for (const auto& [key, value] : table_) {
    columns.keys.push_back(key);
    columns.values.push_back(value);
  }
  for (const auto& [client, line] : ledger_) {
    columns.clients.push_back(client);
    columns.numbers.push_back(line.number);
    columns.answers.push_back(line.answer);
  }
  return labgob::Encode(columns);
}

void KvServer::Unpack(const std::string& bytes) {
  absl::StatusOr<Columns> columns = labgob::Decode<Columns>(bytes);
  SIM_REQUIRE(columns.ok() && columns->keys.size() == columns->values.size() &&
                  columns->clients.size() == columns->numbers.size() &&
                  columns->clients.size() == columns->answers.size(),
              "a snapshot is not in columns");
  table_.clear();
  ledger_.clear();
  since_snapshot_ = 0;
  for (size_t i = 0; i < columns->keys.size(); ++i) {
    table_[columns->keys[i]] = std::move(columns->values[i]);
  }
  for (size_t i = 0; i < columns->clients.size(); ++i) {
    ledger_[columns->clients[i]] = {.number = columns->numbers[i],
                                    .answer = std::move(columns->answers[i])};
  }
}

}  // namespace kvraft
