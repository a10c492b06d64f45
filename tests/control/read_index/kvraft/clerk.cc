// Part of Raftlab, under the MIT License (see LICENSE).

#include "kvraft/clerk.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/channel.h"
#include "sim/sim.h"

namespace kvraft {
namespace {

// So long the servers have to say how they stand.
constexpr absl::Duration kSurveyTime = absl::Milliseconds(45);
// Between two attempts, so that a server that is wrong about itself is not asked all the time.
constexpr absl::Duration kShortestPause = absl::Milliseconds(5);
constexpr absl::Duration kLongestPause = absl::Milliseconds(25);
// In a row, of one server; only lost calls are made again.
constexpr int kAttempts = 2;

}  // namespace

Clerk::Clerk(std::vector<labrpc::ClientEnd> servers)
    : servers_(std::move(servers)), session_(sim::Random()()) {}

std::string Clerk::Get(const std::string& key) {
  return Insist<ReadReply>("KvServer.Read", ReadArgs{.key = key}).value;
}

void Clerk::Put(const std::string& key, const std::string& value) { SendWrite(false, key, value); }

void Clerk::Append(const std::string& key, const std::string& value) {
  SendWrite(true, key, value);
}

void Clerk::SendWrite(bool append, const std::string& key, const std::string& value) {
  ++writes_;
  Insist<WriteReply>(
      "KvServer.Write",
      WriteArgs{
          .append = append, .key = key, .value = value, .session = session_, .number = writes_});
}

template <class Reply, class Args>
Reply Clerk::Insist(std::string_view method, const Args& args) {
  while (true) {
    if (!leader_.has_value()) leader_ = FindLeader();
    for (int attempt = 0; leader_.has_value() && attempt < kAttempts; ++attempt) {
      std::optional<Reply> reply = servers_[*leader_].Call<Reply>(method, args);
      if (!reply.has_value()) continue;
      if (reply->outcome == Outcome::kDone) return *std::move(reply);
      break;
    }
    leader_.reset();
    sim::SleepFor(sim::Random::Duration(kShortestPause, kLongestPause));
  }
}

std::optional<size_t> Clerk::FindLeader() const {
  struct Answer {
    size_t server = 0;
    std::optional<StandingReply> standing;
  };
  // Answers that come too late go into a channel that nobody reads any more. It has room for all,
  // and lives as long as a call is on its way.
  const auto answers = std::make_shared<sim::Channel<Answer>>(servers_.size());
  for (size_t server = 0; server < servers_.size(); ++server) {
    sim::Go("survey", [answers, server, end = servers_[server]] {
      answers->Send({server, end.Call<StandingReply>("KvServer.Standing", StandingArgs{})});
    });
  }

  const absl::Time end = sim::Now() + kSurveyTime;
  std::optional<size_t> leader;
  int64_t term = -1;
  for (size_t heard = 0; heard < servers_.size(); ++heard) {
    // A majority has spoken, and one of it leads: that will do.
    if (leader.has_value() && 2 * heard > servers_.size()) break;
    const std::optional<Answer> answer =
        answers->ReceiveFor(std::max(end - sim::Now(), absl::ZeroDuration()));
    if (!answer.has_value()) break;
    const std::optional<StandingReply>& standing = answer->standing;
    if (!standing.has_value() || !standing->leads || standing->term <= term) continue;
    leader = answer->server;
    term = standing->term;
  }
  return leader;
}

}  // namespace kvraft
