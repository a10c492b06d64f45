// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/group_mail.h"

#include <algorithm>
#include <utility>

namespace tests {
namespace {

using labrpc::Call;

// Of messages that all differ, so many are remembered: the last ones.
constexpr size_t kMostRequests = 100;

}  // namespace

GroupMail::GroupMail(ShardCluster& cluster) : cluster_(cluster) {
  cluster_.network().Hold([this](const Call& call) {
    const int from = cluster_.GroupOf(call.from);
    const int to = cluster_.GroupOf(call.to);
    if (from < 0 || to < 0 || from == to) return false;
    if (call.state == Call::State::kRequestSent) Remember(call);
    return filter_ && filter_(call);
  });
}

void GroupMail::Remember(const Call& call) {
  std::erase_if(requests_, [&](const Call& other) {
    return other.to == call.to && other.method == call.method && other.args == call.args;
  });
  requests_.push_back(call);
  if (requests_.size() > kMostRequests) requests_.erase(requests_.begin());
}

std::vector<Call> GroupMail::Some(std::vector<Call> calls, uint64_t percent) {
  sim::Choices& chance = cluster_.chance();
  std::erase_if(calls, [&](const Call&) { return !chance.Chance(percent, 100, "this-one"); });
  for (size_t i = calls.size(); i > 1; --i) {
    std::swap(calls[i - 1], calls[chance.Choose(i, "message-order")]);
  }
  return calls;
}

void GroupMail::Deliver(uint64_t percent) {
  for (const Call& call : Some(held(), percent)) cluster_.network().Release(call.id);
}

void GroupMail::DeliverCopies(uint64_t percent) {
  for (const Call& call : Some(requests_, percent)) cluster_.network().Repeat(call);
}

}  // namespace tests
