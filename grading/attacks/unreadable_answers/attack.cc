// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/sim.h"

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  // Answers to whatever the judge may ask.
  for (uint64_t id = 1; id < 3000; ++id) {
    sim::Machine::Current()->Emit(
        {.kind = sim::Output::Kind::kReply, .id = id, .bytes = "\xff\xff no answer"});
  }
  sim::Go("answers", [] {
    for (uint64_t id = 1; id < 3000; ++id) {
      sim::SleepFor(absl::Milliseconds(1));
      for (uint64_t ahead = 0; ahead < 50; ++ahead) {
        sim::Machine::Current()->Emit(
            {.kind = sim::Output::Kind::kReply, .id = id + ahead, .bytes = "\xff\xff no answer"});
      }
    }
  });
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
