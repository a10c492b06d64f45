// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {
  std::exit(0);
});
}  // namespace attack
