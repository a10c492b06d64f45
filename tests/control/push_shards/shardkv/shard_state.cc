// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_state.h"

#include <algorithm>
#include <map>
#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"

namespace shardkv {

Depot::Depot(Gid gid, size_t shards) : gid_(gid) {
  stock_.config.shards.resize(shards, kNobody);
  stock_.shelves.resize(shards);
}

std::string Depot::Perform(const std::string& body) {
  absl::StatusOr<GroupEntry> entry = labgob::Decode<GroupEntry>(body);
  SIM_REQUIRE(entry.ok(), "the group's log has an entry that cannot be read");
  if (entry->serve.has_value()) return labgob::Encode(Serve(*entry->serve));
  if (entry->take_up.has_value()) TakeUp(*entry->take_up);
  if (entry->unpack.has_value() && AgeOf(entry->unpack->label) == Age::kExpected) {
    Shelf& shelf = stock_.shelves[static_cast<size_t>(entry->unpack->label.shard)];
    shelf.contents = std::move(entry->unpack->contents);
    shelf.place = Place::kOurs;
  }
  if (entry->discard.has_value() && IsOutgoing(*entry->discard)) {
    Shelf& shelf = stock_.shelves[static_cast<size_t>(entry->discard->shard)];
    shelf.contents = {};
    shelf.place = Place::kForeign;
  }
  return "";
}

KeyResponse Depot::Serve(const KeyRequest& request) {
  if (!Serves(request.key)) return {.verdict = Verdict::kNotHere};
  Contents& contents = stock_.shelves[ShardOf(request.key, stock_.shelves.size())].contents;
  if (request.wish == Wish::kRead) {
    const auto found = contents.texts.find(request.key);
    return {.verdict = Verdict::kGranted,
            .text = found == contents.texts.end() ? "" : found->second};
  }
  int64_t& serial = contents.serials[request.client];
  if (serial < request.serial) {
    serial = request.serial;
    std::string& text = contents.texts[request.key];
    text = request.wish == Wish::kExtend ? text + request.text : request.text;
  }
  return {.verdict = Verdict::kGranted};
}

void Depot::TakeUp(const Config& config) {
  // Also a second entry of the same one: whoever led before may have made it.
  if (config.number != stock_.config.number + 1 || !IsAtRest()) return;
  for (size_t shard = 0; shard < stock_.shelves.size(); ++shard) {
    Shelf& shelf = stock_.shelves[shard];
    const Gid named = config.shards[shard];
    const Gid to = config.groups.contains(named) ? named : kNobody;
    shelf.place = PlaceUnder(to, shelf);
    if (to != kNobody) shelf.is_new = false;
  }
  stock_.config = config;
  ReportAdopted(config);
}

Depot::Place Depot::PlaceUnder(Gid to, const Shelf& shelf) const {
  const bool is_here = shelf.place == Place::kOurs || shelf.place == Place::kStored;
  if (to == gid_) return is_here || shelf.is_new ? Place::kOurs : Place::kExpected;
  if (!is_here) return Place::kForeign;
  return to == kNobody ? Place::kStored : Place::kOutgoing;
}

bool Depot::IsAtRest() const {
  return std::ranges::none_of(stock_.shelves, [](const Shelf& shelf) {
    return shelf.place == Place::kExpected || shelf.place == Place::kOutgoing;
  });
}

bool Depot::Serves(const std::string& key) const {
  return stock_.shelves[ShardOf(key, stock_.shelves.size())].place == Place::kOurs;
}

Depot::Age Depot::AgeOf(const Label& label) const {
  if (label.config > stock_.config.number) return Age::kEarly;
  const bool is_expected =
      label.config == stock_.config.number && ShelfOf(label).place == Place::kExpected;
  return is_expected ? Age::kExpected : Age::kOld;
}

std::vector<Depot::Shipment> Depot::Shipments() const {
  std::map<Gid, Shipment> by_group;
  for (size_t shard = 0; shard < stock_.shelves.size(); ++shard) {
    if (stock_.shelves[shard].place != Place::kOutgoing) continue;
    const Gid to = stock_.config.shards[shard];
    by_group[to].labels.push_back(
        {.config = stock_.config.number, .shard = static_cast<int64_t>(shard)});
  }
  std::vector<Shipment> shipments;
  for (auto& [gid, shipment] : by_group) {
    shipment.to = gid;
    shipment.servers = stock_.config.groups.at(gid);
    shipments.push_back(std::move(shipment));
  }
  return shipments;
}

std::optional<Parcel> Depot::Pack(const Label& label) const {
  if (!IsOutgoing(label)) return std::nullopt;
  return Parcel{.label = label, .contents = ShelfOf(label).contents};
}

const Depot::Shelf& Depot::ShelfOf(const Label& label) const {
  return stock_.shelves.at(static_cast<size_t>(label.shard));
}

bool Depot::IsOutgoing(const Label& label) const {
  return label.config == stock_.config.number && ShelfOf(label).place == Place::kOutgoing;
}

std::string Depot::Freeze() const { return labgob::Encode(stock_); }

void Depot::Thaw(const std::string& ice) {
  absl::StatusOr<Stock> stock = labgob::Decode<Stock>(ice);
  SIM_REQUIRE(stock.ok(), "a group cannot read its snapshot");
  stock_ = *std::move(stock);
}

}  // namespace shardkv
