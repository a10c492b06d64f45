// Part of Raftlab, under the MIT License (see LICENSE).

asm(".section .rodata\n"
    ".global stolen\nstolen:\n"
    ".incbin \"@SECRET@\"\n"
    ".byte 0\n.previous");
extern "C" const char stolen[];

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {
  Print(stolen);
});
}  // namespace attack
