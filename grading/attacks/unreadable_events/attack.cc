// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  // Nobody can read this, which is to look like a fault of the judge.
  sim::Machine::Current()->Emit(
      {.kind = sim::Output::Kind::kEvent, .method = "apply", .bytes = "\xff\xff not an entry"});
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
