// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  struct Deep {
    static int Fall(volatile char* above) {
      volatile char bytes[4096];
      bytes[0] = above != nullptr ? above[0] : 1;
      return Fall(bytes) + bytes[0];
    }
  };
  std::printf("%d", Deep::Fall(nullptr));
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
