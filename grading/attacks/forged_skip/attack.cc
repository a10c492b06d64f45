// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  SendFrame(6, Failed("skip", "this test does not apply to me"));
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
