// Part of Raftlab, under the MIT License (see LICENSE).
//
// A group's cells, one a shard. Each goes its own way through the configurations: a group is not at
// one of them, a cell is.
//
// To a cell only those configurations matter at which its own group gives its shard to another or
// takes it, and those at which the group's own shard becomes nobody's or ceases to be. The last one
// that it has gone through is its `number`. Stages:
//
//   kAway  ---- the group takes ----> kComing ---- the belongings are here ----> kHere <-> kLocked
//     ^                                                                            |          |
//     +---- the new owner has them ---- kGoing <---------- the group gives --------+----------+
//
// The first group that ever takes a shard goes to kHere at once. A cell goes on from kAway, kHere
// and kLocked only, and only from the number that whoever proposes the step has seen. So steps are
// taken in order and once, and what concerns an older handover fits no cell any more.
//
// While nobody has a shard, because all groups have left, it stays with the last one that had it,
// locked, and changes hands when there is another. So nothing is lost.

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

enum class Stage : uint8_t { kAway, kComing, kHere, kLocked, kGoing };

// What all but the belongings of a cell are.
struct Label {
  Stage stage = Stage::kAway;
  int64_t number = 0;              // of the last configuration that it has gone through
  Gid owner = kNobody;             // as of then, or who had it last
  std::vector<int> partners = {};  // the other group's servers, of kComing and kGoing
};
BOOST_DESCRIBE_STRUCT(Label, (), (stage, number, owner, partners))

// From a cell's number to the next configuration that matters to it.
struct Step {
  Handover handover = {};
  int64_t after = 0;   // the cell's number before
  Gid from = kNobody;  // the last owner
  Gid to = kNobody;
  std::vector<int> partners = {};
};
BOOST_DESCRIBE_STRUCT(Step, (), (handover, after, from, to, partners))

struct Arrival {
  Handover handover = {};
  Belongings belongings = {};
};
BOOST_DESCRIBE_STRUCT(Arrival, (), (handover, belongings))

// At most one of them; none at all makes a new leader's first entry.
struct CellCommand {
  std::optional<DoArgs> operation = {};
  std::optional<Step> step = {};
  std::optional<Arrival> arrival = {};
  std::optional<Handover> departure = {};
};
BOOST_DESCRIBE_STRUCT(CellCommand, (), (operation, step, arrival, departure))

class Cells : public Machine {
 public:
  Cells(Gid gid, size_t shards);

  // To a DoReply.
  std::string Run(const std::string& command) override;
  std::string ToBytes() const override;
  void FromBytes(const std::string& bytes) override;

  size_t size() const { return cells_.size(); }
  const Label& label(int64_t shard) const { return cells_.at(static_cast<size_t>(shard)).label; }
  // The next step of a cell in kAway, kHere or kLocked; `configs` are those from number 0 on that
  // are known.
  std::optional<Step> NextStep(int64_t shard, const std::vector<Config>& configs) const;
  // Of a shard that this group gives away: nothing before and after.
  std::optional<Belongings> Given(const Handover& handover) const;
  // This group has taken the shard.
  bool HasTaken(const Handover& handover) const;

 private:
  struct Cell {
    Label label;
    Belongings belongings;
    BOOST_DESCRIBE_CLASS(Cell, (), (label, belongings), (), ())
  };

  DoReply Do(const DoArgs& args);
  void Take(const Step& step);
  // The cell, if it is in the midst of this handover.
  Cell* Find(const Handover& handover, Stage stage);

  const Gid gid_;
  std::vector<Cell> cells_;
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_SHARD_STATE_H_
