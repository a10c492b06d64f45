// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/persister.h"

#include <utility>

#include "sim/machine.h"
#include "sim/sim.h"

namespace raft {

void Persister::Save(std::string state) {
  WaitForDisk();
  state_size_ = state.size();
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kPersist, .bytes = std::move(state)});
}

void Persister::Save(std::string state, std::string snapshot) {
  WaitForDisk();
  state_size_ = state.size();
  snapshot_ = std::move(snapshot);
  sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kPersist,
                                 .has_extra = true,
                                 .bytes = std::move(state),
                                 .extra = snapshot_});
}

void Persister::WaitForDisk() {
  if (slowest_save_ <= absl::ZeroDuration()) return;
  const uint64_t turn = begun_++;
  sim::SleepFor(sim::Random::Duration(absl::ZeroDuration(), slowest_save_));
  while (ended_ != turn) save_ended_.Wait(sim::WaitKind::kSleep, {__FILE__, __LINE__});
  ++ended_;
  save_ended_.WakeAll();
}

}  // namespace raft
