// Part of Raftlab, under the MIT License (see LICENSE).

#include <poll.h>

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  pause();
  syscall(SYS_nanosleep, nullptr, nullptr);
  while (true) ppoll(nullptr, 0, nullptr, nullptr);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
