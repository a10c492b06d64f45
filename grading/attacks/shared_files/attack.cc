// Part of Raftlab, under the MIT License (see LICENSE).

#include <sys/stat.h>

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  // The first one that makes the file leads.
  for (const char* path : {"/tmp/leader", "/lab/leader", "/dev/shm/leader", "./leader"}) {
    if (open(path, O_WRONLY | O_CREAT | O_EXCL, 0666) >= 0) g_leads = 1;
  }
  if (mkdir("/tmp/led", 0777) == 0) g_leads = 1;
  if (symlink("here", "/tmp/link") == 0) g_leads = 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads != 0}
