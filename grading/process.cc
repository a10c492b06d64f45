// Part of Raftlab, under the MIT License (see LICENSE).

#include "grading/process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace grading {
namespace {

// A child that closed its output gets this long to end by itself.
constexpr absl::Duration kLingering = absl::Seconds(2);

volatile std::sig_atomic_t interrupt_signal = 0;

void NoteInterrupt(int signal) { interrupt_signal = signal; }

std::vector<char*> Arguments(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

absl::Status ErrnoStatus(const std::string& what) {
  return absl::InternalError(absl::StrCat("cannot ", what, ": ", std::strerror(errno)));
}

[[noreturn]] void BecomeChild(absl::FunctionRef<int()> body, int socket, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before prctl
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  dup2(socket, STDIN_FILENO);
  dup2(socket, STDOUT_FILENO);
  _exit(body());
}

}  // namespace

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = NoteInterrupt;  // without SA_RESTART: poll must return
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int InterruptSignal() { return interrupt_signal; }

absl::StatusOr<Child> Child::Start(const std::vector<std::string>& command) {
  return Start([&command] {
    execv(command[0].c_str(), Arguments(command).data());
    return 127;
  });
}

absl::StatusOr<Child> Child::Start(absl::FunctionRef<int()> body) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoStatus("make a socket");
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeChild(body, ends[1], parent);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return ErrnoStatus("start a process");
  }
  setpgid(pid, pid);  // whichever of the two comes first
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Child(pid, ends[0]);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), socket_(std::exchange(other.socket_, -1)) {}

Child::~Child() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (socket_ >= 0) close(socket_);
}

void Child::Send(std::string* bytes) {
  const ssize_t sent = send(socket_, bytes->data(), bytes->size(), MSG_NOSIGNAL);
  if (sent > 0) bytes->erase(0, static_cast<size_t>(sent));
}

void Child::CloseInput() { shutdown(socket_, SHUT_WR); }

Child::Event Child::Wait(absl::Duration timeout, bool wants_to_send, std::string* output) {
  struct pollfd door = {.fd = socket_, .events = POLLIN, .revents = 0};
  if (wants_to_send) door.events |= POLLOUT;
  if (poll(&door, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) <= 0) {
    return Event::kNothing;
  }
  if ((door.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return Event::kNothing;
  char buffer[1 << 16];
  const ssize_t length = read(socket_, buffer, sizeof(buffer));
  if (length > 0) {
    output->append(buffer, static_cast<size_t>(length));
    return Event::kOutput;
  }
  const bool later = length < 0 && (errno == EAGAIN || errno == EINTR);
  return later ? Event::kNothing : Event::kEnd;
}

void Child::Terminate() {
  if (pid_ > 0) kill(pid_, SIGTERM);
  Reap();
}

std::string Child::Reap() {
  if (pid_ <= 0) return "";
  int status = 0;
  const absl::Time deadline = absl::Now() + kLingering;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (absl::Now() > deadline) kill(pid_, SIGKILL);
    absl::SleepFor(absl::Milliseconds(1));
  }
  kill(-pid_, SIGKILL);  // what the child may have left of its own
  pid_ = -1;
  return EndInWords(status);
}

std::string EndInWords(int status) {
  if (WIFSIGNALED(status)) {
    return absl::StrCat("was killed by signal ", WTERMSIG(status), " (",
                        strsignal(WTERMSIG(status)), ")");
  }
  return WEXITSTATUS(status) == 0 ? "" : absl::StrCat("ended with exit code ", WEXITSTATUS(status));
}

absl::StatusOr<std::string> OutputOf(const std::vector<std::string>& command,
                                     absl::Duration timeout) {
  absl::StatusOr<Child> child = Child::Start(command);
  if (!child.ok()) return child.status();
  child->CloseInput();
  std::string output;
  const absl::Time deadline = absl::Now() + timeout;
  while (child->Wait(absl::Milliseconds(100), false, &output) != Child::Event::kEnd) {
    if (InterruptSignal() != 0) return absl::CancelledError("was interrupted");
    if (absl::Now() < deadline) continue;
    return absl::InternalError(absl::StrCat("was not done after ", absl::FormatDuration(timeout)));
  }
  const std::string end = child->Reap();
  if (!end.empty()) return absl::InternalError(end);
  return output;
}

bool IsInPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return false;
  for (const auto folder : absl::StrSplit(path, ':', absl::SkipEmpty())) {
    if (access(absl::StrCat(folder, "/", program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

absl::StatusOr<int> RunInForeground(const std::vector<std::string>& command) {
  const pid_t pid = fork();
  if (pid < 0) return ErrnoStatus(absl::StrCat("start ", command[0]));
  if (pid == 0) {
    execvp(command[0].c_str(), Arguments(command).data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

absl::Status Exec(const std::vector<std::string>& command) {
  execvp(command[0].c_str(), Arguments(command).data());
  return ErrnoStatus(absl::StrCat("start ", command[0]));
}

}  // namespace grading
