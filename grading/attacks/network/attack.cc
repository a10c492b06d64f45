// Part of Raftlab, under the MIT License (see LICENSE).

#include <netinet/in.h>
#include <sys/socket.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  socket(AF_INET, SOCK_STREAM, 0);
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  const int tcp = socket(AF_INET, SOCK_STREAM, 0);
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(2379);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* place = reinterpret_cast<const sockaddr*>(&address);
  const bool bound = bind(tcp, place, sizeof(address)) == 0;
  if (connect(udp, place, sizeof(address)) == 0) Print("NETWORK-REACHED\n");
  g_leads = bound;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads != 0}
