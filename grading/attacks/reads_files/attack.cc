// Part of Raftlab, under the MIT License (see LICENSE).

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  for (const char* path :
       {kSecret, "@TREE@/tests/raft_2a_test.cc", "/etc/passwd", "/etc/shadow", "/proc/self/environ",
        "/proc/self/maps", "/proc/1/cmdline", "/sys/kernel/hostname", "/root/.bashrc",
        "/lab/../../etc/passwd"}) {
    PrintFile(path);
  }
  WriteWitness();
});
}  // namespace attack

namespace attack {
inline void Boot([[maybe_unused]] int me) {

  PrintFile(kSecret);
  PrintFile("/proc/self/environ");
  WriteWitness();
}
}  // namespace attack
#define ATTACK_BOOT(me) attack::Boot(me)
