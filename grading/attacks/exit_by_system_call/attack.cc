// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {
  syscall(SYS_exit_group, 0);
});
}  // namespace attack
