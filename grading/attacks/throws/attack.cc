// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  throw std::string("[  PASSED  ] out of the fiber");
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
