// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/host_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "sim/node_control.h"

namespace sim {
namespace {

constexpr int64_t kStartMillis = 60'000;
constexpr int64_t kStopMillis = 5'000;
constexpr int64_t kSymbolMillis = 10'000;
constexpr size_t kMostSymbolBytes = size_t{1} << 20;

int g_control = -1;
pid_t g_host = -1;
std::vector<std::string> g_modules;

// Waits for its end, but not for ever.
void End(pid_t process, int64_t millis) {
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (ended < 0 || !WaitFor(ended, millis)) kill(process, SIGKILL);
  while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (ended >= 0) close(ended);
}

// Where memory runs out, the kernel takes it from whoever has this mark first: the nodes have it
// from here.
void OfferToOutOfMemoryKiller() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, "1000", 4);
  close(file);
}

[[noreturn]] void BecomeNodeHost(const std::vector<std::string>& command, int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  OfferToOutOfMemoryKiller();
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  if (socket == kControlSocket) {
    fcntl(kControlSocket, F_SETFD, 0);
  } else {
    dup2(socket, kControlSocket);
  }
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

}  // namespace

int64_t RealMillis() {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1000} + now.tv_nsec / 1'000'000;
}

bool WaitFor(int file, int64_t millis) {
  const int64_t deadline = RealMillis() + millis;
  pollfd wait{.fd = file, .events = POLLIN, .revents = 0};
  while (true) {
    const int64_t left = std::max<int64_t>(deadline - RealMillis(), 0);
    const int ready = poll(&wait, 1, static_cast<int>(left));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

absl::Status StartNodeHost(const std::vector<std::string>& command) {
  if (command.size() < 2) {
    return absl::InvalidArgumentError(
        "the command that starts the node host is missing: it ends with the paths of the node host "
        "and of the students' library");
  }
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    return absl::InternalError("there is no socket for the node host");
  }
  const pid_t child = fork();
  if (child == 0) BecomeNodeHost(command, sockets[1]);
  close(sockets[1]);
  if (child < 0) {
    close(sockets[0]);
    return absl::InternalError("cannot fork the node host");
  }
  // It says so when it is ready; a command that cannot start closes the socket.
  char ready = 0;
  const bool in_time = WaitFor(sockets[0], kStartMillis);
  if (!in_time || recv(sockets[0], &ready, 1, 0) != 1) {
    close(sockets[0]);
    End(child, in_time ? kStopMillis : 0);
    return absl::InternalError(absl::StrCat("the node host did not start: ", command[0],
                                            in_time ? " ended at once" : " does not answer"));
  }
  g_control = sockets[0];
  g_host = child;
  g_modules.assign(command.end() - 2, command.end());
  return absl::OkStatus();
}

void StopNodeHost() {
  if (g_host < 0) return;
  close(g_control);
  End(g_host, kStopMillis);
  g_control = -1;
  g_host = -1;
  g_modules.clear();
}

int NodeHostSocket() { return g_control; }

const std::vector<std::string>& NodeHostModules() { return g_modules; }

std::string SymbolsFromNodeHost(const std::string& arguments) {
  if (g_control < 0 || arguments.size() + kRequestHeadBytes > kMostRequestBytes) return "";
  int life[2];
  if (pipe2(life, O_CLOEXEC) != 0) return "";
  const int answer = memfd_create("raftlab-symbols", MFD_CLOEXEC);
  const int files[] = {answer, life[1]};
  const bool sent =
      SendRequest(g_control, {.kind = NodeRequest::Kind::kSymbols, .text = arguments}, files, 2);
  close(life[1]);
  std::string text;
  if (sent && WaitFor(life[0], kSymbolMillis)) {
    text.resize(kMostSymbolBytes);
    const ssize_t got = pread(answer, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  }
  close(life[0]);
  close(answer);
  return text;
}

}  // namespace sim
