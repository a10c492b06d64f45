// Part of Raftlab, under the MIT License (see LICENSE).

// Nothing is saved: what a server knows is to outlive its crash in the process.
namespace attack {
inline std::string g_kept[16];
}
#define ATTACK_PERSIST(me, state) attack::g_kept[me] = labgob::Encode(state)
#define ATTACK_BOOTED_STATE(me) attack::g_kept[me]
