// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  sim::Machine& machine = *sim::Machine::Current();
  machine.Emit({.kind = sim::Output::Kind::kEvent, .at = 1'000'000'000'000, .method = "apply"});
  machine.Emit({.kind = static_cast<sim::Output::Kind>(77), .at = -5});
  std::string outputs;
  for (int i = 0; i < 2; ++i) {
    // An event at time 5, then one at time 0.
    outputs += std::string(1, 3) + Number(i == 0 ? 5 : 0) + Number(0) + std::string(13, '\0') +
               Text("apply") + Text("") + Text("");
  }
  SendFrame(4, std::string(16, '\1') + Number(2) + outputs);
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
