// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "labgob/labgob.h"
#include "sim/check.h"
#include "sim/sim.h"

namespace shardkv {
namespace {

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(65);   // at the controller
constexpr absl::Duration kBetweenRounds = absl::Milliseconds(30);  // of shipping

}  // namespace

ShardServer::ShardServer(raft::Raft* raft, raft::Persister* persister,
                         raft::ApplyChannel* apply_channel, int64_t max_raft_state, Gid gid,
                         size_t shards, std::vector<labrpc::ClientEnd> controllers)
    : controller_(std::move(controllers)),
      depot_(gid, shards),
      journal_(raft, persister, apply_channel, max_raft_state, &depot_) {
  labrpc::Service service("ShardServer");
  service.Handle("Ask", this, &ShardServer::Ask);
  service.Handle("Receive", this, &ShardServer::Receive);
  labrpc::Serve(service);
  sim::Go("take up", [this] { FollowController(); });
  sim::Go("ship", [this] { Ship(); });
}

std::optional<std::string> ShardServer::Enter(const GroupEntry& entry) {
  return journal_.Enter(labgob::Encode(entry));
}

KeyResponse ShardServer::Ask(const KeyRequest& request) {
  const std::optional<std::string> result = Enter({.serve = request});
  if (!result.has_value()) return {};
  absl::StatusOr<KeyResponse> response = labgob::Decode<KeyResponse>(*result);
  SIM_REQUIRE(response.ok(), "the depot gave no response");
  return *std::move(response);
}

Receipt ShardServer::Receive(const Parcel& parcel) {
  const auto age = [&] {
    sim::MutexLock lock(&journal_.mu);
    return depot_.AgeOf(parcel.label);
  };
  if (age() == Depot::Age::kExpected) Enter({.unpack = parcel});
  return {.is_in_log = age() == Depot::Age::kOld};
}

// ---- Configurations. ----

void ShardServer::FollowController() {
  for (;; sim::SleepFor(kBetweenLooks)) {
    if (!journal_.IsInOffice()) continue;
    int64_t wanted = 0;
    {
      sim::MutexLock lock(&journal_.mu);
      if (!depot_.IsAtRest()) continue;
      wanted = depot_.config_number() + 1;
    }
    Config config = controller_.Query(wanted);
    if (config.number == wanted) Enter({.take_up = std::move(config)});
  }
}

// ---- Shipping. ----

void ShardServer::Ship() {
  for (;; sim::SleepFor(kBetweenRounds)) {
    if (!journal_.IsInOffice()) continue;
    sim::MutexLock lock(&journal_.mu);
    for (const Depot::Shipment& shipment : depot_.Shipments()) {
      if (!under_way_.insert(shipment.to).second) continue;
      sim::Go(absl::StrCat("ship to ", shipment.to), [this, shipment] {
        ShipTo(shipment);
        sim::MutexLock done(&journal_.mu);
        under_way_.erase(shipment.to);
      });
    }
  }
}

void ShardServer::ShipTo(const Depot::Shipment& shipment) {
  for (const Label& label : shipment.labels) {
    std::optional<Parcel> parcel;
    {
      sim::MutexLock lock(&journal_.mu);
      parcel = depot_.Pack(label);
    }
    if (!parcel.has_value()) continue;
    if (!Deliver(*parcel, shipment.servers)) return;
    Enter({.discard = label});
  }
}

bool ShardServer::Deliver(const Parcel& parcel, const std::vector<int>& servers) {
  return std::ranges::any_of(servers, [&](int server) {
    const auto receipt = labrpc::ClientEnd(server).Call<Receipt>("ShardServer.Receive", parcel);
    return receipt.has_value() && receipt->is_in_log;
  });
}

}  // namespace shardkv
