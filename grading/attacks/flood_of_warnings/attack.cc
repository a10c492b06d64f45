// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  for (int i = 0; i < 1'000'000; ++i) {
    sim::Machine::Current()->Emit(
        {.kind = sim::Output::Kind::kWarning, .bytes = "warning number " + std::to_string(i)});
  }
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
