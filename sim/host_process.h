// Part of Raftlab, under the MIT License (see LICENSE).
//
// The node host (node_host.cc) as a judge's program has it: one process beside it, from the first
// run to the last, which starts the processes of all nodes of all runs.

#ifndef RAFTLAB_SIM_HOST_PROCESS_H_
#define RAFTLAB_SIM_HOST_PROCESS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace sim {

// Starts the node host of this process, by a command that may wrap it in a sandbox; its last two
// words are the paths, inside of it, of the node host and of the students' library. Its descriptor
// kControlSocket is the control socket. Runs that are forked later use it. It ends with this
// process. The error says in a sentence what went wrong.
absl::Status StartNodeHost(const std::vector<std::string>& command);
// Ends it and waits for its end.
void StopNodeHost();

// The judge's end of the control socket; -1 without a node host.
int NodeHostSocket();
// The command's last two words: what a backtrace from a node may name.
const std::vector<std::string>& NodeHostModules();

// What addr2line says to `arguments`, inside of the node host's sandbox: debug information is the
// student's, too. At most 1 MiB; empty without a node host, or if it takes longer than 10 s.
std::string SymbolsFromNodeHost(const std::string& arguments);

// Of real time, for waits that must end; not led astray by a world's clock.
int64_t RealMillis();
// Whether something can be read, or the other end has closed, within this time of real time.
bool WaitFor(int file, int64_t millis);

}  // namespace sim

#endif  // RAFTLAB_SIM_HOST_PROCESS_H_
