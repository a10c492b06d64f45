// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  for (size_t size = size_t{1} << 26;; size += size_t{1} << 26) {
    void* memory = mmap(nullptr, size_t{1} << 26, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) break;
  }
  while (true) (new char[1 << 20])[1] = 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
