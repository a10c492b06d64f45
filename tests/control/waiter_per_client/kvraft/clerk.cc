// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/clerk.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "sim/sim.h"

namespace kvraft {
namespace {

constexpr int kTriesEach = 2;
// After a round of all servers; twice as long after each further one.
constexpr absl::Duration kFirstPause = absl::Milliseconds(4);
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);

}  // namespace

Clerk::Clerk(std::vector<labrpc::ClientEnd> servers)
    : servers_(std::move(servers)),
      name_(sim::Random::Int(std::numeric_limits<int64_t>::min(),
                             std::numeric_limits<int64_t>::max())) {}

std::string Clerk::Get(const std::string& key) {
  return Settle({.action = Action::kRead, .key = key});
}

void Clerk::Put(const std::string& key, const std::string& value) {
  Settle({.action = Action::kReplace, .key = key, .text = value});
}

void Clerk::Append(const std::string& key, const std::string& value) {
  Settle({.action = Action::kExtend, .key = key, .text = value});
}

std::string Clerk::Settle(Request request) {
  request.client = name_;
  request.number = settled_ + 1;
  absl::Duration pause = kFirstPause;
  for (size_t server = favourite_;;) {
    for (int tries = 0; tries < kTriesEach; ++tries) {
      std::optional<Answer> answer = servers_[server].Call<Answer>("KvServer.Perform", request);
      if (!answer.has_value() || !answer->settled) continue;
      favourite_ = server;
      settled_ = request.number;
      return std::move(answer->text);
    }
    server = (server + 1) % servers_.size();
    if (server != favourite_) continue;
    sim::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace kvraft
