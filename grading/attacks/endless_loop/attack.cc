// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  for (volatile bool done = false; !done;) {
  }
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
