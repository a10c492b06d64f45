// Part of Raftlab, under the MIT License (see LICENSE).

#include <sys/time.h>

namespace attack {
[[maybe_unused]] const AtLoad g_attack([] {

  // Nobody is to hear of refused calls, endless loops and crashes.
  for (const int number : {SIGSYS, SIGPROF, SIGALRM, SIGVTALRM, SIGXCPU, SIGSEGV, SIGABRT}) {
    std::signal(number, SIG_IGN);
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(number, &action, nullptr);
  }
  const itimerval never{};
  setitimer(ITIMER_PROF, &never, nullptr);
  setitimer(ITIMER_REAL, &never, nullptr);
  WriteWitness();
  PrintFile(kSecret);
});
}  // namespace attack
