// Part of Raftlab, under the MIT License (see LICENSE).

// Code that runs before any initialiser of C++ does.
namespace attack {
extern "C" void RunEarly() {
  WriteWitness();
  PrintFile(kSecret);
  syscall(SYS_exit_group, 0);
}
}  // namespace attack
__attribute__((section(".init_array.00001"), used)) static void (*g_early)() = attack::RunEarly;
__attribute__((section(".preinit_array"), used)) static void (*g_earlier)() = attack::RunEarly;
extern "C" {
static void (*Resolve())() {
  attack::RunEarly();
  return nullptr;
}
void Chosen() __attribute__((ifunc("Resolve")));
}
