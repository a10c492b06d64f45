// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/persister.h"

#include "sim/machine.h"

namespace raft {

void Persister::Save(std::string state) {
  state_ = std::move(state);
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kPersist, .bytes = state_});
}

void Persister::Save(std::string state, std::string snapshot) {
  state_ = std::move(state);
  snapshot_ = std::move(snapshot);
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kPersist,
                                 .has_extra = true,
                                 .bytes = state_,
                                 .extra = snapshot_});
}

}  // namespace raft
