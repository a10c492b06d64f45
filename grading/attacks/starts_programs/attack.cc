// Part of Raftlab, under the MIT License (see LICENSE).

#include <dlfcn.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  char* arguments[] = {const_cast<char*>("/bin/sh"), const_cast<char*>("-c"),
                       const_cast<char*>("echo was here >> @WITNESS@"), nullptr};
  execv("/bin/sh", arguments);
  [[maybe_unused]] const int code = std::system("echo was here >> @WITNESS@");
  dlopen("/usr/lib/x86_64-linux-gnu/libcrypt.so.1", RTLD_NOW);
});
}  // namespace attack
