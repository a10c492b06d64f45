// Part of Raftlab, under the MIT License (see LICENSE).
//
//   node_host LIBRARY
//
// Starts a process for each life of each node (node_process.h), as the judge asks for them on
// descriptor kControlSocket. It runs inside of a sandbox that holds nothing but the system's
// libraries and LIBRARY, which is the student's, and which it never loads itself: so every node's
// process begins as the same trusted code, locks itself down, and only then loads it.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_split.h"
#include "sim/failure.h"
#include "sim/lockdown.h"
#include "sim/node_control.h"
#include "sim/node_process.h"
#include "sim/processor.h"
#include "sim/run.h"

namespace sim {
namespace {

constexpr int kFirstFreeFile = kFramesOut + 1;

// How the process of a node, or of addr2line, is watched: `life` is the pipe of node_control.h.
struct Watched {
  pid_t pid;
  int life;  // -1 once it is being ended
};

class NodeHost {
 public:
  explicit NodeHost(std::string library) : library_(std::move(library)), lockdown_(MakeLockdown()) {
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, nullptr);
    children_ended_ = signalfd(-1, &ended, SFD_NONBLOCK | SFD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
  }

  // Until the judge is gone.
  void Serve() {
    if (send(kControlSocket, "r", 1, MSG_NOSIGNAL) != 1) return;
    while (true) {
      std::vector<pollfd> wait = {{kControlSocket, POLLIN, 0}, {children_ended_, POLLIN, 0}};
      for (const Watched& child : watched_) wait.push_back({child.life, 0, 0});
      poll(wait.data(), wait.size(), -1);
      // The judge's end of a life has closed: so does the life.
      for (size_t i = 2; i < wait.size(); ++i) {
        if (wait[i].revents != 0) End(&watched_[i - 2]);
      }
      ReapEnded();
      if (wait[0].revents == 0) continue;
      NodeRequest request;
      int files[kMostRequestFiles];
      int file_count = 0;
      if (!ReceiveRequest(kControlSocket, &request, files, &file_count)) return EndAll();
      if (request.kind == NodeRequest::Kind::kNode && file_count == 4) {
        StartNode(request.cpu, files);
      } else if (request.kind == NodeRequest::Kind::kSymbols && file_count == 2) {
        StartSymbols(request.text, files);
      } else {
        // Some descriptors found no room here: the judge sees the pipes close.
        for (int i = 0; i < file_count; ++i) close(files[i]);
      }
    }
  }

 private:
  void StartNode(int cpu, const int* files) {
    const pid_t pid = fork();
    if (pid == 0) {
      UnblockSignals();
      dup2(files[2], STDOUT_FILENO);
      dup2(files[2], STDERR_FILENO);
      MoveTo(kFramesIn, kFramesOut, files);
      KeepOnProcessor(cpu);
      close_range(kFirstFreeFile, ~0U, 0);
      LiveAsNode(library_, lockdown_);
    }
    for (const int file : {files[0], files[1], files[2]}) close(file);
    Watch(pid, files[3]);
  }

  void StartSymbols(const std::string& arguments, const int* files) {
    const pid_t pid = fork();
    if (pid == 0) {
      UnblockSignals();
      dup2(files[0], STDOUT_FILENO);
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      close_range(kControlSocket, ~0U, 0);
      const rlimit seconds{.rlim_cur = 10, .rlim_max = 10};
      setrlimit(RLIMIT_CPU, &seconds);
      std::vector<std::string> words = absl::StrSplit("addr2line " + arguments, ' ');
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    close(files[0]);
    Watch(pid, files[1]);
  }

  // A pid of -1 is a fork that failed: the closed pipe says so.
  void Watch(pid_t pid, int life) {
    if (pid > 0) {
      watched_.push_back({pid, life});
    } else {
      close(life);
    }
  }

  void ReapEnded() {
    signalfd_siginfo signal;
    while (read(children_ended_, &signal, sizeof(signal)) > 0) {
    }
    int status = 0;
    while (true) {
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return;
      for (size_t i = 0; i < watched_.size(); ++i) {
        if (watched_[i].pid != pid) continue;
        if (watched_[i].life >= 0) {
          // Nobody may be listening any more.
          [[maybe_unused]] const ssize_t told = write(watched_[i].life, &status, sizeof(status));
          close(watched_[i].life);
        }
        watched_.erase(watched_.begin() + static_cast<ptrdiff_t>(i));
        break;
      }
    }
  }

  void EndAll() {
    for (const Watched& child : watched_) kill(child.pid, SIGKILL);
    while (wait(nullptr) > 0) {
    }
  }

  static void End(Watched* child) {
    kill(child->pid, SIGKILL);
    close(child->life);
    child->life = -1;
  }

  // The descriptors themselves may be in each other's place.
  static void MoveTo(int in, int out, const int* files) {
    const int copy_in = fcntl(files[0], F_DUPFD, kFirstFreeFile);
    const int copy_out = fcntl(files[1], F_DUPFD, kFirstFreeFile);
    dup2(copy_in, in);
    dup2(copy_out, out);
  }

  static void UnblockSignals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }

  const std::string library_;
  const Lockdown lockdown_;
  int children_ended_ = -1;
  std::vector<Watched> watched_;
};

}  // namespace
}  // namespace sim

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "node_host needs the path of the students' shared object\n");
    return 2;
  }
  // Loads what a backtrace needs: a node's process can load nothing.
  sim::CaptureBacktrace();
  sim::NodeHost(argv[1]).Serve();
  return 0;
}
