// Part of Raftlab, under the MIT License (see LICENSE).

#include "sim/symbolize.h"

#include <cstdio>
#include <cstring>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace sim {
namespace {

// The path from the project's folder on; empty for code that is not the project's.
std::string OwnPath(std::string path) {
  const std::string here = __FILE__;
  const std::string root = here.substr(0, here.size() - std::strlen("sim/symbolize.cc"));
  if (!absl::StartsWith(path, root)) return "";
  return path.substr(root.size());
}

}  // namespace

std::vector<std::string> Symbolize(const std::vector<Frame>& frames, bool framework) {
  std::vector<std::string> lines;
  if (frames.empty()) return lines;
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0) return lines;
  // Only the program has the project's code: libraries are linked into it.
  std::string command = absl::StrCat("addr2line -Cfi -e '", self, "'");
  for (const Frame& frame : frames) {
    if (frame.module == self || !absl::StartsWith(frame.module, "/")) {
      absl::StrAppendFormat(&command, " 0x%x", frame.offset);
    }
  }
  FILE* pipe = popen(absl::StrCat(command, " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return lines;
  std::string text;
  char buffer[4096];
  while (const size_t got = fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, got);
  pclose(pipe);
  const std::vector<std::string> answer = absl::StrSplit(text, '\n');
  for (size_t i = 0; i + 1 < answer.size(); i += 2) {
    std::vector<std::string> place = absl::StrSplit(answer[i + 1], " (discriminator");
    const std::string path = OwnPath(place[0]);
    const bool is_framework =
        absl::StartsWith(path, "sim/") && !absl::StrContains(path, "_test.cc:");
    if (path.empty() || (!framework && is_framework)) continue;
    const std::string name = answer[i].size() > 100 ? answer[i].substr(0, 100) + "..." : answer[i];
    lines.push_back(absl::StrCat(path, " ", name));
  }
  return lines;
}

}  // namespace sim
