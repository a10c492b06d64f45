// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  const std::string megabyte(1 << 20, 'x');
  SendFrame(4, megabyte, 100 << 20);
  while (write(4, megabyte.data(), megabyte.size()) > 0) {
  }
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
