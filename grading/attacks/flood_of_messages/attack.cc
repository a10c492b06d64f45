// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot(int me) {
  if (me != 6) return;  // once is enough: in the tests with seven servers

  for (int i = 0; i < 1'000'000; ++i) {
    sim::Machine::Current()->Emit({.kind = sim::Output::Kind::kSend,
                                   .id = static_cast<uint64_t>(i) + 1'000'000,
                                   .to = 0,
                                   .method = "Raft.RequestVote"});
  }
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
