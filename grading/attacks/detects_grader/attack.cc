// Part of Raftlab, under the MIT License (see LICENSE).

#include <sys/utsname.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  PrintFile("/proc/self/cmdline");
  PrintFile("/proc/self/environ");
  char name[256] = {};
  gethostname(name, sizeof(name));
  utsname system{};
  uname(&system);
  for (char** variable = environ; *variable != nullptr; ++variable) Print(std::string(*variable) + "\n");
  Print(std::string(name) + system.nodename + std::to_string(getuid()) + std::to_string(getppid()));
});
}  // namespace attack
