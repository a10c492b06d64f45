// Part of Raftlab, under the MIT License (see LICENSE).
//
// Programs that work on what a student sent, kept apart from the machine. A sandbox turns a program
// and its limits into a longer command; run_limited.h runs it.
//
// Bubblewrap shows the program only what its spec names: no network, its own processes, a private
// /tmp, no capabilities, no way to more privileges or to further user namespaces. A tool that runs
// as root starts it as user kSandboxUser, because the limit on processes does not bind root. The
// files of a spec must therefore be readable for everybody, with the folders above them.

#ifndef RAFTLAB_GRADING_SANDBOX_H_
#define RAFTLAB_GRADING_SANDBOX_H_

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grading {

// No account of the system; who runs the sandboxed programs of a tool that is root.
inline constexpr uid_t kSandboxUser = 65533;

// 0 is no limit.
struct SandboxLimits {
  absl::Duration cpu = absl::Seconds(60);   // of each process; whole seconds
  absl::Duration wall = absl::Seconds(90);  // of all together
  int64_t memory_bytes = 0;                 // address space of each process; 0 for sanitizers
  int64_t file_bytes = int64_t{64} << 20;   // of each file
  int64_t tmp_bytes = int64_t{256} << 20;   // of all files in the private /tmp
  int processes = 64;
  int open_files = 64;
  int64_t output_bytes = 64 << 10;  // what is kept; the rest is read and dropped
};

// A file or folder of this machine, and the path under which the program sees it.
struct SandboxBind {
  std::string host;
  std::string inside;
};

struct SandboxSpec {
  std::vector<SandboxBind> read_only = {};  // beside /usr and what leads there
  std::vector<SandboxBind> writable = {};   // GiveToSandbox() makes a folder writable
  std::string working_folder = "/tmp";
  std::vector<std::pair<std::string, std::string>> environment = {};  // all of it, but for PATH
  bool devices = false;  // a small /dev instead of /dev/null alone
  bool proc = false;     // a /proc that shows the sandbox
};

class Sandbox {
 public:
  enum class Kind {
    kBubblewrap,
    kNone,  // limits only, and of root another user: the program sees that user's files and network
  };

  explicit Sandbox(Kind kind) : kind_(kind) {}

  Kind kind() const { return kind_; }

  // The command that runs `program` (a path inside, or a name in /usr/bin, and its arguments).
  std::vector<std::string> Command(const SandboxSpec& spec, const SandboxLimits& limits,
                                   const std::vector<std::string>& program) const;

  // Under which path the program finds what the spec places at `inside`. Without a sandbox that is
  // the path on the host.
  std::string PathOf(const SandboxSpec& spec, const std::string& inside) const;

 private:
  Kind kind_;
};

struct FoundSandbox {
  Sandbox sandbox;
  std::string warning;  // why there is no protection, in one sentence; empty if there is
};

// Who student code runs as, and what keeps it there: one sentence.
std::string Protection(const Sandbox& sandbox);

// Bubblewrap if it works on this machine, which a first run of it shows.
FoundSandbox FindSandbox();

// Makes a new, empty folder writable for sandboxed programs.
absl::Status GiveToSandbox(const std::string& folder);

}  // namespace grading

#endif  // RAFTLAB_GRADING_SANDBOX_H_
