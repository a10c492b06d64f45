// Part of Raftlab, under the MIT License (see LICENSE).

#include <sys/ipc.h>
#include <sys/shm.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  if (mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
    g_leads = 1;
  }
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  if (mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
    g_leads = 1;
  }
  if (shm_open("/leader", O_CREAT | O_EXCL | O_RDWR, 0666) >= 0) g_leads = 1;
  if (shmget(4711, 4096, IPC_CREAT | IPC_EXCL | 0666) >= 0) g_leads = 1;
  if (memfd_create("leader", 0) >= 0) g_leads = 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads != 0}
