// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  SendFrame(6, Failed("framework-fault", "the judge is broken: this run must not count"));
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
