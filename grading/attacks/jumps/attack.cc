// Part of Raftlab, under the MIT License (see LICENSE).

#include <csetjmp>

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  static jmp_buf earlier;
  static int visits = 0;
  if (setjmp(earlier) > 1000) return;
  sim::Go("jumper", [] { longjmp(earlier, ++visits); });
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
