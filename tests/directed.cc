// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/directed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "labgob/labgob.h"
#include "sim/failure.h"
#include "sim/sim.h"

namespace tests {
namespace {

using labrpc::Call;

// Longer than any message travels on a good network, and than a fiber stands still.
constexpr absl::Duration kArrival = absl::Milliseconds(5);
// So late does the sender of a lost message know.
constexpr sim::Nanos kLossNanos = 50'000'000;
// No wait lasts beyond this, so that the run ends before the world's limit.
constexpr sim::Nanos kLatest = 90'000'000'000;

template <class T>
T Read(const std::string& bytes, std::string_view what, const std::vector<std::string>& fields) {
  const absl::StatusOr<std::vector<std::string>> names = labgob::FieldNames(bytes);
  for (const std::string& field : fields) {
    if (names.ok() && std::ranges::find(*names, field) != names->end()) continue;
    Skip(absl::StrFormat("%s lack the paper's field %s, so the test cannot follow the messages",
                         what, field));
  }
  const absl::StatusOr<T> value = labgob::Decode<T>(bytes);
  if (!value.ok()) Skip(absl::StrFormat("%s cannot be read: %s", what, value.status().message()));
  return *value;
}

bool Contains(const std::vector<int>& servers, int server) {
  return std::ranges::find(servers, server) != servers.end();
}

}  // namespace

bool IsRequest(const Call& call, std::string_view method) {
  return call.state == Call::State::kRequestSent && (method.empty() || call.method == method);
}

bool IsReply(const Call& call, std::string_view method) {
  return call.state == Call::State::kReplySent && (method.empty() || call.method == method);
}

VoteRequest ReadVoteRequest(const Call& call) {
  return Read<VoteRequest>(call.args, "RequestVote's arguments",
                           {"term", "last_log_index", "last_log_term"});
}

VoteReply ReadVoteReply(const Call& call) {
  return Read<VoteReply>(call.reply, "RequestVote's results", {"term", "vote_granted"});
}

AppendRequest ReadAppendRequest(const Call& call) {
  return Read<AppendRequest>(
      call.args, "AppendEntries' arguments",
      {"term", "prev_log_index", "prev_log_term", "entries", "leader_commit"});
}

AppendReply ReadAppendReply(const Call& call) {
  return Read<AppendReply>(call.reply, "AppendEntries' results", {"term", "success"});
}

void Skip(std::string why) { sim::Fail(sim::Verdict::kSkip, std::move(why)); }

// ---- Rules. ----

Director::Director(Cluster& cluster) : cluster_(cluster) {
  cluster_.network().SetLongDelays(false);
  cluster_.network().Hold([this](const Call& call) {
    const Fate fate = Decide(call);
    sent_.push_back(call);
    fates_.push_back(fate);
    waiting_[call.id] = fate == Fate::kHold;
    if (fate == Fate::kLose) {
      sim::World& world = cluster_.world();
      world.At(world.now() + kLossNanos, [this, id = call.id] { cluster_.network().Lose(id); });
    }
    return fate != Fate::kDeliver;
  });
}

Fate Director::Decide(const Call& call) { return rule_ ? rule_(call) : Fate::kDeliver; }

void Director::SetRule(Rule rule) {
  rule_ = std::move(rule);
  sim::SleepFor(kArrival);
}

void Director::Heal() {
  rule_ = {};
  for (const Call& call : cluster_.network().Held()) Lose(call);
  sim::SleepFor(kArrival);
}

const Call* Director::LastSent(const Filter& filter) const {
  const auto found = std::find_if(sent_.rbegin(), sent_.rend(), filter);
  return found == sent_.rend() ? nullptr : &*found;
}

// ---- Held messages. ----

void Director::Deliver(const Call& held) {
  cluster_.network().Release(held.id);
  sim::SleepFor(kArrival);
}

void Director::Lose(const Call& held) { cluster_.network().Lose(held.id); }

std::optional<Call> Director::FindHeld(const Filter& filter) const {
  for (const Call& call : cluster_.network().Held()) {
    if (waiting_.at(call.id) && filter(call)) return call;
  }
  return std::nullopt;
}

// ---- Awaiting. ----

bool Director::TryAwait(const std::function<bool()>& happened, absl::Duration limit) {
  const sim::World& world = cluster_.world();
  const sim::Nanos deadline = std::min(kLatest, world.now() + absl::ToInt64Nanoseconds(limit));
  while (!happened()) {
    if (world.now() >= deadline) return false;
    SleepMillis(1);
  }
  return true;
}

void Director::Await(const std::function<bool()>& happened, std::string_view what) {
  if (TryAwait(happened)) return;
  Skip(absl::StrFormat("in 30 s of virtual time it never happened that %s", what));
}

Call Director::AwaitHeld(const Filter& filter, std::string_view what) {
  std::optional<Call> held;
  Await([&] { return (held = FindHeld(filter)).has_value(); }, what);
  return *held;
}

Call Director::DeliverAndAwaitReply(const Call& held) {
  const size_t before = sent_.size();
  Deliver(held);
  const Call* reply = nullptr;
  Await(
      [&] {
        for (size_t i = before; i < sent_.size() && reply == nullptr; ++i) {
          if (sent_[i].id == held.id && IsReply(sent_[i])) reply = &sent_[i];
        }
        return reply != nullptr;
      },
      absl::StrFormat("n%d answered %s of n%d", held.to, held.method, held.from));
  return *reply;
}

// ---- Situations. ----

void Director::Follow(int leader, const std::vector<int>& followers, const Exception& except) {
  SetRule([leader, followers, except](const Call& call) {
    if (except) {
      if (const std::optional<Fate> fate = except(call)) return *fate;
    }
    return call.from == leader && Contains(followers, call.to) ? Fate::kDeliver : Fate::kLose;
  });
}

int64_t Director::Elect(int leader, const std::vector<int>& voters, const Exception& except) {
  const std::string what =
      absl::StrFormat("n%d, which is heard by n%s alone, was elected by them and kept its term",
                      leader, absl::StrJoin(voters, ", n"));
  sim::Log(sim::Topic::kTest, "n%d is to be elected by n%s", leader, absl::StrJoin(voters, ", n"));
  const auto before = cluster_.GetState(leader);
  Follow(leader, voters, except);
  const size_t from = sent_.size();
  int64_t term = 0;
  const auto leads = [&] {
    const auto state = cluster_.GetState(leader);
    term = state.has_value() ? state->term : 0;
    return state.has_value() && state->is_leader &&
           !(before.has_value() && before->is_leader && before->term == term);
  };
  // Whoever has answered an AppendEntries of the term is in it, and waits for the next.
  const auto follows = [&](int voter) {
    for (size_t i = from; i < sent_.size(); ++i) {
      const Call& call = sent_[i];
      if (call.from == leader && call.to == voter && IsReply(call, kAppendEntries) &&
          ReadAppendRequest(call).term == term && ReadAppendReply(call).term == term) {
        return true;
      }
    }
    return false;
  };
  Await(
      [&] {
        if (leads() && std::ranges::all_of(voters, follows)) return true;
        SleepMillis(9);
        return false;
      },
      what);
  return term;
}

void Director::Depose(int leader, int by) {
  sim::Log(sim::Topic::kTest, "n%d is to depose n%d", by, leader);
  SetRule([leader, by](const Call& call) {
    return call.from == by && call.to == leader && IsRequest(call) ? Fate::kDeliver : Fate::kLose;
  });
  Await(
      [&] {
        const auto state = cluster_.GetState(leader);
        if (state.has_value() && !state->is_leader) return true;
        SleepMillis(9);
        return false;
      },
      absl::StrFormat("n%d, cut off from its leader n%d, asked it for its vote in a newer term", by,
                      leader));
}

Director::Ballot Director::AwaitBallot(int candidate, int voter) {
  sim::Log(sim::Topic::kTest, "n%d is to ask n%d for its vote", candidate, voter);
  Follow(candidate, {voter});
  const size_t from = sent_.size();
  size_t next = from;
  std::optional<Ballot> ballot;
  const auto has_answered = [&] {
    for (; next < sent_.size() && !ballot.has_value(); ++next) {
      const Call& call = sent_[next];
      if (call.from != candidate || call.to != voter || !IsReply(call, kRequestVote)) continue;
      const VoteRequest request = ReadVoteRequest(call);
      const VoteReply reply = ReadVoteReply(call);
      // A voter that has gone on to a newer term, or votes for itself, refuses whatever the logs.
      const bool voted_for_itself = std::any_of(
          sent_.begin(), sent_.begin() + static_cast<ptrdiff_t>(next), [&](const Call& other) {
            return other.from == voter && IsRequest(other, kRequestVote) &&
                   ReadVoteRequest(other).term >= request.term;
          });
      if (reply.vote_granted || (reply.term == request.term && !voted_for_itself)) {
        ballot = Ballot{request, reply};
      }
    }
    return ballot.has_value();
  };
  Await(has_answered,
        absl::StrFormat("n%d asked n%d for its vote in a term in which that had not voted yet",
                        candidate, voter));
  return *ballot;
}

bool Director::HasAcknowledged(int follower, int leader, int64_t term, int64_t index) const {
  for (size_t i = sent_.size(); i > 0; --i) {
    const Call& call = sent_[i - 1];
    if (call.from != leader || call.to != follower || !IsReply(call, kAppendEntries)) continue;
    if (fates_[i - 1] != Fate::kDeliver || !ReadAppendReply(call).success) continue;
    const AppendRequest request = ReadAppendRequest(call);
    if (request.term == term && request.last_index() >= index) return true;
  }
  return false;
}

}  // namespace tests
