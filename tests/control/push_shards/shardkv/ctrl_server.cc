// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/ctrl_server.h"

#include <optional>
#include <utility>

#include "labgob/labgob.h"
#include "labrpc/labrpc.h"
#include "shardkv/balance.h"
#include "sim/check.h"

namespace shardkv {

// ---- Catalogue. ----

Catalogue::Catalogue(size_t shards) {
  pages_.all.push_back({.number = 0, .shards = std::vector<Gid>(shards, kNobody), .groups = {}});
}

std::string Catalogue::Perform(const std::string& body) {
  const absl::StatusOr<CtrlRequest> request = labgob::Decode<CtrlRequest>(body);
  SIM_REQUIRE(request.ok(), "the controller's log has an entry that is no request");
  const Config* shown = &pages_.all.back();
  if (request->look_up.has_value()) {
    const int64_t number = *request->look_up;
    if (number >= 0 && number < shown->number) shown = &pages_.all[static_cast<size_t>(number)];
  } else if (request->serial > pages_.serials[request->client]) {
    pages_.serials[request->client] = request->serial;
    Write(*request);
    shown = &pages_.all.back();
  }
  return labgob::Encode(CtrlResponse{.config = *shown});
}

void Catalogue::Write(const CtrlRequest& request) {
  Config next = pages_.all.back();
  ++next.number;
  if (request.join.has_value()) next.groups.insert(request.join->begin(), request.join->end());
  if (request.leave.has_value()) {
    for (const Gid gid : *request.leave) next.groups.erase(gid);
  }
  if (request.assign.has_value()) {
    next.shards.at(static_cast<size_t>(request.assign->first)) = request.assign->second;
  } else {
    Level(next);
  }
  pages_.all.push_back(std::move(next));
}

std::string Catalogue::Freeze() const { return labgob::Encode(pages_); }

void Catalogue::Thaw(const std::string& ice) {
  absl::StatusOr<Pages> pages = labgob::Decode<Pages>(ice);
  SIM_REQUIRE(pages.ok(), "the controller cannot read its snapshot");
  pages_ = *std::move(pages);
}

// ---- CtrlServer. ----

CtrlServer::CtrlServer(raft::Raft* raft, raft::Persister* persister,
                       raft::ApplyChannel* apply_channel, size_t shards)
    : catalogue_(shards), journal_(raft, persister, apply_channel, 0, &catalogue_) {
  labrpc::Service service("CtrlServer");
  service.Handle("Handle", this, &CtrlServer::Handle);
  labrpc::Serve(service);
}

CtrlResponse CtrlServer::Handle(const CtrlRequest& request) {
  const std::optional<std::string> result = journal_.Enter(labgob::Encode(request));
  if (!result.has_value()) return {};
  absl::StatusOr<CtrlResponse> response = labgob::Decode<CtrlResponse>(*result);
  SIM_REQUIRE(response.ok(), "the catalogue gave no response");
  return *std::move(response);
}

}  // namespace shardkv
