// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_server.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "labgob/labgob.h"
#include "sim/sim.h"

namespace shardkv {
namespace {

constexpr absl::Duration kLearnEvery = absl::Milliseconds(75);
// A keeper's pause is drawn anew each time, so that they do not all come at once.
constexpr absl::Duration kShortestPause = absl::Milliseconds(25);
constexpr absl::Duration kLongestPause = absl::Milliseconds(55);

}  // namespace

ShardServer::ShardServer(raft::Raft* raft, raft::Persister* persister,
                         raft::ApplyChannel* apply_channel, int64_t max_raft_state, Gid gid,
                         size_t shards, std::vector<labrpc::ClientEnd> controllers)
    : controller_(std::move(controllers)),
      me_(Caller::New()),
      cells_(gid, shards),
      configs_{{.number = 0, .shards = std::vector<Gid>(shards, kNobody), .groups = {}}},
      log_(raft, persister, apply_channel, max_raft_state, &cells_) {
  labrpc::Service service("ShardServer");
  service.Handle("Do", this, &ShardServer::Do);
  service.Handle("Fetch", this, &ShardServer::Fetch);
  service.Handle("HasArrived", this, &ShardServer::HasArrived);
  labrpc::Serve(service);
  sim::Go("configurations", [this] { LearnConfigs(); });
  for (int64_t shard = 0; shard < static_cast<int64_t>(shards); ++shard) {
    sim::Go(absl::StrCat("keeper ", shard), [this, shard] { Keep(shard); });
  }
}

// ---- RPCs. ----

DoReply ShardServer::Do(const DoArgs& args) {
  return log_.RunAs<DoReply>(args.caller, CellCommand{.operation = args});
}

FetchReply ShardServer::Fetch(const Handover& handover) {
  sim::MutexLock lock(&log_.mu);
  return {.belongings = cells_.Given(handover)};
}

ArrivedReply ShardServer::HasArrived(const Handover& handover) {
  sim::MutexLock lock(&log_.mu);
  return {.yes = cells_.HasTaken(handover)};
}

// ---- Configurations. ----

void ShardServer::LearnConfigs() {
  int64_t opened = 0;  // the last term in which this server's first entry has come through
  for (;; sim::SleepFor(kLearnEvery)) {
    const int64_t term = log_.Leads();
    if (term == 0) continue;
    if (term != opened) {
      if (!Propose({}) || log_.Leads() != term) continue;
      opened = term;
    }
    for (bool is_news = true; is_news;) {
      int64_t number = 0;
      {
        sim::MutexLock lock(&log_.mu);
        number = std::ssize(configs_);
      }
      Config config = controller_.Query(number);
      is_news = config.number == number;
      sim::MutexLock lock(&log_.mu);
      if (is_news) configs_.push_back(std::move(config));
    }
  }
}

// ---- Keepers. ----

void ShardServer::Keep(int64_t shard) {
  while (true) {
    sim::SleepFor(sim::Random::Duration(kShortestPause, kLongestPause));
    if (log_.Leads() == 0) continue;
    Label label;
    {
      sim::MutexLock lock(&log_.mu);
      label = cells_.label(shard);
    }
    const Handover handover{.shard = shard, .number = label.number};
    switch (label.stage) {
      case Stage::kAway:
      case Stage::kHere:
      case Stage::kLocked:
        GoOn(shard);
        break;
      case Stage::kComing:
        FetchFrom(label.partners, handover);
        break;
      case Stage::kGoing:
        DeleteIfArrived(label.partners, handover);
        break;
    }
  }
}

void ShardServer::GoOn(int64_t shard) {
  std::optional<Step> step;
  {
    sim::MutexLock lock(&log_.mu);
    step = cells_.NextStep(shard, configs_);
  }
  if (step.has_value()) Propose({.step = std::move(step)});
}

void ShardServer::FetchFrom(const std::vector<int>& partners, const Handover& handover) {
  for (const int partner : partners) {
    auto reply = labrpc::ClientEnd(partner).Call<FetchReply>("ShardServer.Fetch", handover);
    if (!reply.has_value() || !reply->belongings.has_value()) continue;
    Propose(
        {.arrival = Arrival{.handover = handover, .belongings = *std::move(reply->belongings)}});
    return;
  }
}

void ShardServer::DeleteIfArrived(const std::vector<int>& partners, const Handover& handover) {
  for (const int partner : partners) {
    const auto reply =
        labrpc::ClientEnd(partner).Call<ArrivedReply>("ShardServer.HasArrived", handover);
    if (!reply.has_value() || !reply->yes) continue;
    Propose({.departure = handover});
    return;
  }
}

bool ShardServer::Propose(const CellCommand& command) {
  Caller caller;
  {
    sim::MutexLock lock(&log_.mu);
    ++me_.serial;
    caller = me_;
  }
  return log_.Run(caller, labgob::Encode(command)).has_value();
}

}  // namespace shardkv
