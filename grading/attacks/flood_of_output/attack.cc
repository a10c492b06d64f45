// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  const std::string line(1 << 16, 'y');
  while (true) Print(line + "\n");
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
