// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/directed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
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

bool Contains(const std::vector<int>& servers, int server) {
  return std::ranges::find(servers, server) != servers.end();
}

}  // namespace

// ---- Rules. ----

Director::Director(Cluster& cluster) : cluster_(cluster) {
  cluster_.network().SetLongDelays(false);
  cluster_.network().Hold([this](const Call& call) {
    const Fate fate = rule_ ? rule_(call) : Fate::kDeliver;
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

void Director::Retry(const std::function<bool()>& schedule) {
  constexpr int kTries = 5;
  for (int tries = 0; tries < kTries; ++tries) {
    if (schedule()) return;
    Heal();
  }
  Skip(absl::StrFormat("in %d tries the servers never kept their roles for long enough", kTries));
}

std::optional<Director::Taken> Director::Give(int leader) {
  const std::string command = cluster_.NewCommand();
  const auto started = cluster_.Start(leader, command);
  if (!started.has_value() || !started->is_leader) return std::nullopt;
  return Taken{.command = command, .index = started->index, .term = started->term};
}

// ---- Situations. ----

void Director::LoseAll() {
  SetRule([](const Call&) { return Fate::kLose; });
}

VoteRequest Director::AwaitVoteRequest(int candidate) {
  LoseAll();
  const size_t from = sent_.size();
  std::optional<VoteRequest> request;
  Await(
      [&] {
        for (size_t i = from; i < sent_.size(); ++i) {
          const Call& call = sent_[i];
          if (call.from != candidate || !IsRequest(call, kRequestVote)) continue;
          request = ReadVoteRequest(call);
        }
        return request.has_value();
      },
      absl::StrFormat("n%d, which hears nothing, asked for votes", candidate));
  return *request;
}

void Director::Follow(int leader, const std::vector<int>& followers, const Exception& except) {
  SetRule([leader, followers, except](const Call& call) {
    if (except) {
      if (const std::optional<Fate> fate = except(call)) return *fate;
    }
    const bool down = call.from == leader && Contains(followers, call.to);
    // Terms spread upwards, too, or a candidate that is behind might stay behind for ever.
    const bool up = call.to == leader && Contains(followers, call.from) && IsRequest(call);
    return down || up ? Fate::kDeliver : Fate::kLose;
  });
}

int64_t Director::Elect(int leader, const std::vector<int>& voters, const Exception& except) {
  const std::string what =
      absl::StrFormat("n%d, which is heard by n%s alone, was elected by them and kept its term",
                      leader, absl::StrJoin(voters, ", n"));
  sim::Log(sim::Topic::kTest, "n%d is to be elected by n%s", leader, absl::StrJoin(voters, ", n"));
  Follow(leader, voters, except);
  const size_t from = sent_.size();
  int64_t term = 0;
  const auto leads = [&] {
    const auto state = cluster_.GetState(leader);
    term = state.has_value() ? state->term : 0;
    return state.has_value() && state->is_leader;
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

std::optional<Director::Overwritten> Director::OverwriteTail() {
  cluster_.AwaitAgreement(cluster_.NewCommand(), {.expected = 3, .retry = true});
  const int follower = cluster_.AwaitOneLeader();
  const int leader = cluster_.After(follower);
  const int other = cluster_.After(follower, 2);
  LoseAll();
  std::optional<Taken> own;
  for (int i = 0; i < 8; ++i) own = Give(follower);
  if (!own.has_value()) return std::nullopt;
  Elect(leader, {other});
  const std::optional<Taken> entry = Give(leader);
  if (!entry.has_value() || entry->index >= own->index) return std::nullopt;
  Follow(leader, {other, follower});
  const auto acknowledged = [&] {
    return HasAcknowledged(follower, leader, entry->term, entry->index);
  };
  if (!TryAwait(acknowledged, absl::Seconds(5))) return std::nullopt;
  return Overwritten{leader, follower, own->index, *entry};
}

void Director::CheckOverwritten(const Overwritten& overwritten, std::string_view since) {
  const auto& [leader, follower, end, entry] = overwritten;
  const VoteRequest request = AwaitVoteRequest(follower);
  if (request.last_log_index == entry.index && request.last_log_term == entry.term) return;
  cluster_.Fail(
      sim::Verdict::kSafety,
      absl::StrFormat(
          "n%d's log ended at index %d when it acknowledged the entry %d/%d (term/index) of n%d, "
          "which conflicts with its own%s. Now it asks for votes with a log that ends at %d/%d, "
          "and "
          "must with %d/%d: delete the existing entry that conflicts and all that follow it "
          "(Figure "
          "2, AppendEntries, rule 3)",
          follower, end, entry.term, entry.index, leader, since, request.last_log_term,
          request.last_log_index, entry.term, entry.index));
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
