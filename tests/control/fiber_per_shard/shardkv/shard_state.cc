// Part of Raftlab, under the MIT License (see LICENSE).

#include "shardkv/shard_state.h"

#include <utility>

#include "labgob/labgob.h"
#include "sim/check.h"

namespace shardkv {

Cells::Cells(Gid gid, size_t shards) : gid_(gid), cells_(shards) {}

std::string Cells::Run(const std::string& bytes) {
  absl::StatusOr<CellCommand> command = labgob::Decode<CellCommand>(bytes);
  SIM_REQUIRE(command.ok(), "a command of the group cannot be read");
  if (command->operation.has_value()) return labgob::Encode(Do(*command->operation));
  if (command->step.has_value()) Take(*command->step);
  if (command->arrival.has_value()) {
    if (Cell* cell = Find(command->arrival->handover, Stage::kComing)) {
      cell->belongings = std::move(command->arrival->belongings);
      cell->label.stage = Stage::kHere;
      cell->label.partners.clear();
    }
  }
  if (command->departure.has_value()) {
    if (Cell* cell = Find(*command->departure, Stage::kGoing)) {
      cell->belongings = {};
      cell->label.stage = Stage::kAway;
      cell->label.partners.clear();
    }
  }
  return labgob::Encode(DoReply());
}

DoReply Cells::Do(const DoArgs& args) {
  Cell& cell = cells_[ShardOf(args.key, cells_.size())];
  if (cell.label.stage != Stage::kHere) return {.outcome = Outcome::kElsewhere};
  Belongings& belongings = cell.belongings;
  if (args.action == Action::kGet) {
    const auto it = belongings.values.find(args.key);
    if (it == belongings.values.end()) return {.outcome = Outcome::kDone};
    return {.outcome = Outcome::kDone, .value = it->second};
  }
  int64_t& last_write = belongings.last_write[args.caller.name];
  if (args.caller.serial <= last_write) return {.outcome = Outcome::kDone};
  last_write = args.caller.serial;
  std::string& value = belongings.values[args.key];
  if (args.action == Action::kPut) {
    value = args.value;
  } else {
    value += args.value;
  }
  return {.outcome = Outcome::kDone};
}

void Cells::Take(const Step& step) {
  Label& label = cells_.at(static_cast<size_t>(step.handover.shard)).label;
  const bool is_busy = label.stage == Stage::kComing || label.stage == Stage::kGoing;
  if (is_busy || label.number != step.after) return;
  label.number = step.handover.number;
  label.partners = step.partners;
  if (step.to == kNobody) {
    label.stage = Stage::kLocked;
    return;
  }
  label.owner = step.to;
  if (step.to != gid_) {
    label.stage = Stage::kGoing;
  } else {
    const bool is_here = step.from == gid_ || step.from == kNobody;
    label.stage = is_here ? Stage::kHere : Stage::kComing;
  }
}

Cells::Cell* Cells::Find(const Handover& handover, Stage stage) {
  Cell& cell = cells_.at(static_cast<size_t>(handover.shard));
  const bool fits = cell.label.number == handover.number && cell.label.stage == stage;
  return fits ? &cell : nullptr;
}

std::optional<Step> Cells::NextStep(int64_t shard, const std::vector<Config>& configs) const {
  const Label& cell = label(shard);
  Gid owner = cell.owner;
  std::vector<int> owners;  // its servers, as they were when it was last there
  for (size_t number = static_cast<size_t>(cell.number); number < configs.size(); ++number) {
    const Config& config = configs[number];
    if (const auto group = config.groups.find(owner); group != config.groups.end()) {
      owners = group->second;
    }
    const Gid next = config.shards[static_cast<size_t>(shard)];
    const auto takers = config.groups.find(next);
    Step step{
        .handover = {.shard = shard, .number = config.number}, .after = cell.number, .from = owner};
    if (takers == config.groups.end()) {
      if (cell.stage == Stage::kHere) return step;
      continue;
    }
    if (next == owner && cell.stage != Stage::kLocked) continue;
    if (owner == gid_ || next == gid_) {
      step.to = next;
      if (owner != gid_) step.partners = owners;
      if (next != gid_) step.partners = takers->second;
      return step;
    }
    owner = next;
    owners = takers->second;
  }
  return std::nullopt;
}

std::optional<Belongings> Cells::Given(const Handover& handover) const {
  const Cell& cell = cells_.at(static_cast<size_t>(handover.shard));
  const bool is_given = cell.label.stage == Stage::kGoing && cell.label.number == handover.number;
  if (!is_given) return std::nullopt;
  return cell.belongings;
}

bool Cells::HasTaken(const Handover& handover) const {
  const Label& cell = label(handover.shard);
  if (cell.number == handover.number) return cell.stage != Stage::kComing;
  return cell.number > handover.number;
}

std::string Cells::ToBytes() const { return labgob::Encode(cells_); }

void Cells::FromBytes(const std::string& bytes) {
  absl::StatusOr<std::vector<Cell>> cells = labgob::Decode<std::vector<Cell>>(bytes);
  SIM_REQUIRE(cells.ok(), "a snapshot of the group cannot be read");
  cells_ = *std::move(cells);
}

}  // namespace shardkv
