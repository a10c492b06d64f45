// Part of Raftlab, under the MIT License (see LICENSE).
//
// What a node's process may ask of the operating system: memory, and its frames. Everything else is
// refused by a seccomp filter that cannot be taken off again, and noted, so that the report can say
// what was tried. Only the node host's programs use this.

#ifndef RAFTLAB_SIM_LOCKDOWN_H_
#define RAFTLAB_SIM_LOCKDOWN_H_

#include <linux/filter.h>
#include <string>
#include <vector>

namespace sim {

// The filters, made once by the node host, since that takes longer than a fork.
struct Lockdown {
  // While the student's program is loaded: files may be read, none written.
  std::vector<sock_filter> loading;
  // From then on.
  std::vector<sock_filter> running;
};
Lockdown MakeLockdown();

// Limits on time, memory, files; no new privileges; a handler that turns a refused call into EPERM
// and a note. REQUIRES: a node's process, before any code of the student's.
void LimitProcess();
// Puts one of the filters above in force, for good.
void PutInForce(const std::vector<sock_filter>& filter);

// A sentence for each system call that was refused since the last time, each once in a process.
std::vector<std::string> TakeRefusals();

}  // namespace sim

#endif  // RAFTLAB_SIM_LOCKDOWN_H_
