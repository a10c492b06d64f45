// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  // The end of a step that puts out nothing, before its time.
  SendFrame(4, std::string(16, '\0') + Number(0));
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
