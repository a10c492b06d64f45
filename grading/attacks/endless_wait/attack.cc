// Part of Raftlab, under the MIT License (see LICENSE).

#include <poll.h>

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  pause();
  syscall(SYS_nanosleep, nullptr, nullptr);
  while (true) ppoll(nullptr, 0, nullptr, nullptr);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
