// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {
  std::quick_exit(0);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
