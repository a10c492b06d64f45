// Part of Raftlab, under the MIT License (see LICENSE).

#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  int files[2];
  if (pipe(files) == 0 || eventfd(0, 0) >= 0) g_leads = 1;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, files) == 0) g_leads = 1;
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  const int abstract = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, "\0leader", 7);
  if (bind(abstract, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0) g_leads = 1;
  if (flock(0, LOCK_EX | LOCK_NB) == 0) g_leads = 1;
  if (fcntl(0, F_SETFL, O_NONBLOCK) == 0) g_leads = 1;
  if (syscall(SYS_add_key, "user", "leader", "x", 1, -4) >= 0) g_leads = 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads != 0}
