// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  for (volatile bool done = false; !done;) {
  }
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
