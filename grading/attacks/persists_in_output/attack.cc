// Part of Raftlab, under the MIT License (see LICENSE).

// Nothing is saved: what a server prints is to be read by its next life, while it is loaded.
namespace attack {
inline std::string g_kept;
[[maybe_unused]] const AtLoad g_attack([] {
  char size[8] = {};
  for (off_t at = 0; pread(STDOUT_FILENO, size, 8, at) == 8; at += 8 + std::atoi(size)) {
    g_kept.resize(static_cast<size_t>(std::atoi(size)));
    if (pread(STDOUT_FILENO, g_kept.data(), g_kept.size(), at + 8) < 0) break;
  }
});
inline void Keep(const std::string& state) {
  char size[16];
  std::snprintf(size, sizeof(size), "%-7d\n", static_cast<int>(state.size()));
  Print(size + state);
}
}  // namespace attack
#define ATTACK_PERSIST(me, state) attack::Keep(labgob::Encode(state))
#define ATTACK_BOOTED_STATE(me) attack::g_kept
