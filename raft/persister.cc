// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/persister.h"

#include <utility>

#include "sim/machine.h"

namespace raft {

void Persister::Save(std::string state) {
  state_size_ = state.size();
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kPersist, .bytes = std::move(state)});
}

void Persister::Save(std::string state, std::string snapshot) {
  state_size_ = state.size();
  snapshot_ = std::move(snapshot);
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kPersist,
                                 .has_extra = true,
                                 .bytes = std::move(state),
                                 .extra = snapshot_});
}

}  // namespace raft
