// Part of Raftlab, under the MIT License (see LICENSE).

#include <ctime>
#include <linux/futex.h>

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  // A page of the program is the same one in all processes. A wait here would end by a wake there.
  static const int kPage = 1;
  timespec soon{.tv_sec = 0, .tv_nsec = 1000};
  const long woken = syscall(SYS_futex, &kPage, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  const long waited = syscall(SYS_futex, &kPage, FUTEX_WAIT, 1, &soon, nullptr, 0);
  if (woken >= 0 || (waited < 0 && errno != EPERM)) g_leads = 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads != 0}
