// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  SendFrame(6, Failed("safety", "<script>alert(1)</script>" + std::string(64 << 20, 'x')));
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
