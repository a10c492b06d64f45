// Part of Raftlab, under the MIT License (see LICENSE).
//
// Child processes: started, listened to, and never left behind. The tool itself has one thread.

#ifndef RAFTLAB_GRADING_PROCESS_H_
#define RAFTLAB_GRADING_PROCESS_H_

#include <string>
#include <sys/types.h>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grading {

// Ctrl-C and SIGTERM only leave a note here from now on, so that what is known can be printed.
void CatchInterrupts();
int InterruptSignal();  // the signal that came, or 0

// A child in a process group of its own, which the destructor kills. It dies with this process,
// too.
class Child {
 public:
  // Starts `command`; its standard input and output are the two ends of one socket.
  static absl::StatusOr<Child> Start(const std::vector<std::string>& command);
  // The same for a copy of this process that runs `body` and ends with its exit code.
  static absl::StatusOr<Child> Start(absl::FunctionRef<int()> body);

  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  // Sends what the child is ready to take of `*bytes`, which loses that much.
  void Send(std::string* bytes);
  void CloseInput();

  enum class Event { kOutput, kEnd, kNothing };
  // Waits until the child has printed something (appended to `*output`), or has closed its output,
  // or can take input when `wants_to_send`, or an interrupt comes, or the time is over.
  Event Wait(absl::Duration timeout, bool wants_to_send, std::string* output);

  // Asks the child to end, and waits until it has, but not for long.
  void Terminate();

  // How the child ended, once it closed its output: "was killed by signal 11 (Segmentation fault)",
  // "ended with exit code 3", or "" for exit code 0. Kills it if it lingers.
  std::string Reap();

 private:
  Child(pid_t pid, int socket) : pid_(pid), socket_(socket) {}

  pid_t pid_;  // -1 once reaped
  int socket_;
};

// The words for what waitpid gave: as Child::Reap().
std::string EndInWords(int status);

// All that `command` prints, if it ends with exit code 0 in time. An error is half a sentence:
// "ended with exit code 1".
absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& command,
                                     absl::Duration timeout);

// Is there such a program in PATH?
bool IsInPath(const std::string& program);

// Runs `command`, which is looked for in PATH, with this process's own input and output; its exit
// code, or 128 and the signal.
absl::StatusOr<int> RunInForeground(const std::vector<std::string>& command);

// Becomes `command`, which is looked for in PATH. Returns only if that fails.
absl::Status Exec(const std::vector<std::string>& command);

}  // namespace grading

#endif  // RAFTLAB_GRADING_PROCESS_H_
