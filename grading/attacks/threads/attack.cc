// Part of Raftlab, under the MIT License (see LICENSE).

#include <thread>

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  std::thread([] {
    while (true) WriteWitness();
  }).detach();
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
