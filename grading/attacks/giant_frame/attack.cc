// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  SendFrame(4, "", 0xffffffff);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
