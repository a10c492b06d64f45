// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/owner_oracle.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_format.h"

namespace tests {

using labrpc::Call;
using shardkv::Config;
using shardkv::Gid;

void OwnerOracle::Sees(int client, Gid gid, const Call& call, bool arrived) {
  if (call.duplicate) return;
  Asking& asking = asking_[client];
  if (call.state == Call::State::kRequestSent && !arrived) {
    asking.since.try_emplace(gid, call.sent_at);
    asking.last_call = call.id;
  }
  if (call.state == Call::State::kReplySent && arrived) {
    asking.answer = gid;
    if (call.id != asking.last_call) asking.at_once = true;
  }
}

void OwnerOracle::Returns(int client, const std::string& key, sim::Nanos at) {
  const Asking& asking = asking_[client];
  const auto since = asking.since.find(asking.answer);
  if (asking.at_once || since == asking.since.end()) return;
  answers_.push_back({.client = client,
                      .key = key,
                      .gid = asking.answer,
                      .asked_at = since->second,
                      .returned_at = at});
}

std::optional<std::string> OwnerOracle::FindWrongOwner(const std::vector<Config>& configs) const {
  const size_t shards = configs.front().shards.size();
  std::vector<std::vector<Answer>> by_shard(shards);
  for (const Answer& answer : answers_) {
    by_shard[shardkv::ShardOf(answer.key, shards)].push_back(answer);
  }
  for (size_t shard = 0; shard < shards; ++shard) {
    std::ranges::stable_sort(by_shard[shard], {}, &Answer::asked_at);
    if (auto wrong = FindWrongOwnerOf(shard, by_shard[shard], configs)) return wrong;
  }
  return std::nullopt;
}

// Each answer was given under some configuration, and never under one before that of an answer that
// had been given when it was asked for. The earliest that this leaves will do: whoever owns the
// shard there is free to have it again later.
std::optional<std::string> OwnerOracle::FindWrongOwnerOf(size_t shard,
                                                         const std::vector<Answer>& answers,
                                                         const std::vector<Config>& configs) const {
  std::vector<size_t> number(answers.size());  // by answer: the earliest configuration
  std::vector<size_t> by_return(answers.size());
  std::iota(by_return.begin(), by_return.end(), size_t{0});
  std::ranges::stable_sort(by_return, {}, [&](size_t i) { return answers[i].returned_at; });
  auto returned = by_return.begin();
  size_t witness = answers.size();  // the answer that had been given, of the latest configuration
  for (size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    for (; answers[*returned].returned_at < answer.asked_at; ++returned) {
      if (witness == answers.size() || number[*returned] > number[witness]) witness = *returned;
    }
    const bool has_witness = witness < answers.size();
    const auto may_be = [&](size_t candidate) {
      return candidate < configs.size() &&
             (candidate == 0 ||
              (candidate <= changes_.size() && changes_[candidate - 1] <= answer.returned_at));
    };
    size_t& at = number[i];
    at = has_witness ? number[witness] : 0;
    while (may_be(at) && configs[at].shards[shard] != answer.gid) ++at;
    if (may_be(at)) continue;
    const std::string what = absl::StrFormat(
        "group %d answered client %d, which asked for key \"%s\" at %.6f s and had it at %.6f s",
        answer.gid, answer.client, answer.key, static_cast<double>(answer.asked_at) / 1e9,
        static_cast<double>(answer.returned_at) / 1e9);
    if (!has_witness) {
      return absl::StrFormat("%s; no configuration until then gives it the key's shard, %d", what,
                             shard);
    }
    return absl::StrFormat(
        "%s; but group %d, which has the key's shard, %d, from configuration %d on, had answered "
        "client %d already at %.6f s, and no configuration between the two gives it to group %d: "
        "at any time one group at most serves a shard",
        what, answers[witness].gid, shard, number[witness], answers[witness].client,
        static_cast<double>(answers[witness].returned_at) / 1e9, answer.gid);
  }
  return std::nullopt;
}

}  // namespace tests
