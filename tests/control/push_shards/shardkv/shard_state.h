// Part of Raftlab, under the MIT License (see LICENSE).
//
// A group's shards, as its journal leaves them.
//
// A group takes up one configuration after the other. Under each, a shard is
//
//   kForeign    somebody else's, with nothing of it here
//   kOurs       served
//   kStored     nobody's, and ours before: shut, until somebody is to have it
//   kExpected   to be served; whoever had it last will send it
//   kOutgoing   to be sent to its owner; kept as it is until the owner's journal has it
//
// and the next configuration is taken up only when no shard is kExpected or kOutgoing. So a group
// that is at configuration n has received everything that it was to get under n-1 and before, and a
// parcel's label alone says whether it is too early, expected or old.
//
// Configurations without groups leave every shard where it is. So whoever is to have one next, if
// it is not new, will be sent it by the group that had it last, however long ago that was.

#ifndef RAFTLAB_SHARDKV_SHARD_STATE_H_
#define RAFTLAB_SHARDKV_SHARD_STATE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "shardkv/config.h"
#include "shardkv/replica.h"
#include "shardkv/shard_messages.h"

namespace shardkv {

// The body of a journal entry: one of these is set.
struct GroupEntry {
  std::optional<KeyRequest> serve = {};
  std::optional<Config> take_up = {};
  std::optional<Parcel> unpack = {};
  std::optional<Label> discard = {};  // the receipt is here
};
BOOST_DESCRIBE_STRUCT(GroupEntry, (), (serve, take_up, unpack, discard))

class Depot : public Automaton {
 public:
  Depot(Gid gid, size_t shards);

  // A GroupEntry; to a KeyResponse if something is to be served.
  std::string Perform(const std::string& body) override;
  std::string Freeze() const override;
  void Thaw(const std::string& ice) override;

  int64_t config_number() const { return stock_.config.number; }
  // The next configuration may be taken up.
  bool IsAtRest() const;
  bool Serves(const std::string& key) const;

  enum class Age { kEarly, kExpected, kOld };
  // What a parcel with this label is now. If it is old, the journal has it, and what it had may be
  // far away by now.
  Age AgeOf(const Label& label) const;

  // What is to be sent to one group.
  struct Shipment {
    Gid to = kNobody;
    std::vector<int> servers;
    std::vector<Label> labels;
  };
  std::vector<Shipment> Shipments() const;
  // The parcel to the label; nothing if it is not waiting to be sent any more.
  std::optional<Parcel> Pack(const Label& label) const;

 private:
  enum class Place : uint8_t { kForeign, kOurs, kStored, kExpected, kOutgoing };
  struct Shelf {
    Place place = Place::kForeign;
    bool is_new = true;  // no group has had the shard yet
    Contents contents;
    BOOST_DESCRIBE_CLASS(Shelf, (), (place, is_new, contents), (), ())
  };
  struct Stock {
    Config config;
    std::vector<Shelf> shelves;  // by shard
    BOOST_DESCRIBE_CLASS(Stock, (), (config, shelves), (), ())
  };

  KeyResponse Serve(const KeyRequest& request);
  void TakeUp(const Config& config);
  // Where a shard is when its owner is the group `to`, or nobody.
  Place PlaceUnder(Gid to, const Shelf& shelf) const;
  const Shelf& ShelfOf(const Label& label) const;
  bool IsOutgoing(const Label& label) const;

  const Gid gid_;
  Stock stock_;
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_STATE_H_
