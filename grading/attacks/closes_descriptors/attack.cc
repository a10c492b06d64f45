// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  for (int file = 0; file < 1024; ++file) close(file);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
