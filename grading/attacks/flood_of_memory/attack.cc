// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/sim.h"

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  // Messages that are all under way at once.
  sim::Go("flood", [me] {
    for (uint64_t id = 1'000'000;; ++id) {
      sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kSend,
                                     .id = id,
                                     .to = me,
                                     .method = "Raft.Nothing",
                                     .bytes = std::string(100 << 20, 'x')});
      sim::SleepFor(absl::Nanoseconds(1));
    }
  });
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
