// Part of Raftlab, under the MIT License (see LICENSE).

#include <sys/ptrace.h>
#include <sys/uio.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  char bytes[256];
  for (long pid = 1; pid < 50; ++pid) {
    ptrace(PTRACE_ATTACH, pid, nullptr, nullptr);
    ptrace(PTRACE_POKEDATA, pid, nullptr, nullptr);
    iovec here = {bytes, sizeof(bytes)};
    iovec there = {reinterpret_cast<void*>(0x555555554000), sizeof(bytes)};
    process_vm_readv(static_cast<pid_t>(pid), &here, 1, &there, 1, 0);
    process_vm_writev(static_cast<pid_t>(pid), &here, 1, &there, 1, 0);
    syscall(SYS_kcmp, pid, pid + 1, 0, 3, 3);
    syscall(SYS_pidfd_open, pid, 0);
  }
  PrintFile("/proc/self/mem");
  PrintFile("/proc/1/environ");
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
