// Part of Raftlab, under the MIT License (see LICENSE).

#include "raft/server.h"
#include "sim/sim.h"

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  // Server 0 answers what the judge asks of the others: they all say that it leads.
  if (me != 0) return;
  sim::Go("answers", [] {
    for (uint64_t first = 1;; first += 5) {
      for (uint64_t id = first; id < first + 100; ++id) {
        sim::Machine::Current()->Emit(
            {.kind = sim::Output::Kind::kReply,
             .id = id,
             .bytes = labgob::Encode(raft::GetStateReply{.term = 1, .is_leader = true})});
      }
      sim::SleepFor(absl::Milliseconds(10));
    }
  });
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
