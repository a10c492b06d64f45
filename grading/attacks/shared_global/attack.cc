// Part of Raftlab, under the MIT License (see LICENSE).

// With all servers in one process, the first one to boot would lead for ever.
namespace attack {
inline int g_booted = 0;
inline bool First() { return ++g_booted == 1; }
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {
  if (First()) g_leads = me + 1;
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)

#define ATTACK_GET_STATE(me) {.term = 1, .is_leader = attack::g_leads == (me) + 1}
