// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/election_oracle.h"

#include "absl/strings/str_format.h"
#include "sim/check.h"
#include "sim/failure.h"

namespace tests {

using sim::Fail;
using sim::NodeId;
using sim::Verdict;

void ElectionOracle::Campaigned(NodeId candidate, int64_t term, Moment now) {
  CheckVotesOnce(term, candidate, candidate, now);
}

void ElectionOracle::Asked(NodeId voter, NodeId candidate, int64_t term, Moment now) {
  asked_at_.try_emplace({voter, term, candidate}, now);
}

// Persistent state: votedFor is saved before a vote leaves. The server can have decided for this
// candidate only after it was asked for the first time.
Moment ElectionOracle::Granted(NodeId voter, NodeId candidate, int64_t term, Moment now) {
  CheckVotesOnce(term, voter, candidate, now);
  const auto asked = asked_at_.find({voter, term, candidate});
  SIM_CHECK(asked != asked_at_.end(), "a vote leaves that nobody has asked for");
  if (!saves_.NothingSince(voter, asked->second.event)) return asked->second;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d granted n%d its vote in term %d at %.3f s, and has saved nothing since it was "
           "asked at %.3f s: if it crashed now it could vote again in that term. votedFor and "
           "currentTerm are persistent state, saved before the reply leaves (Figure 2; section "
           "5.1)",
           voter, candidate, term, Seconds(now), Seconds(asked->second)));
}

void ElectionOracle::CheckVotesOnce(int64_t term, NodeId voter, NodeId candidate, Moment now) {
  const int life = world_.incarnation(first_node_ + voter);
  const auto [it, inserted] = ballots_.try_emplace({voter, term}, Ballot{candidate, life, now});
  const Ballot& first = it->second;
  if (inserted || first.candidate == candidate) return;
  const bool restarted = first.life != life;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d voted twice in term %d: for n%d at %.3f s, and %snow, at %.3f s, for n%d. Each "
           "server votes for at most one candidate in a given term (section 5.2)%s",
           voter, term, first.candidate, Seconds(first.at), restarted ? "after a restart " : "",
           Seconds(now), candidate,
           restarted ? "; votedFor is persistent state, saved before the reply leaves (Figure 2)"
                     : ", and votedFor is set back only with a new term"));
}

bool ElectionOracle::Led(NodeId leader, int64_t term, Moment now) {
  const auto [it, inserted] = leaders_.try_emplace(term, leader, now);
  const auto& [first, since] = it->second;
  if (first != leader) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "two leaders in term %d: n%d since %.3f s, and now, at %.3f s, n%d. Election Safety "
             "(Figure 3): at most one leader can be elected in a given term. Does a server vote "
             "twice in a term, or does a candidate count votes of another term?",
             term, first, Seconds(since), Seconds(now), leader));
  }
  if (inserted) CheckElected(term, leader, "acts as if it leads", now);
  return inserted;
}

// Votes count when they leave, so before anybody can count them.
void ElectionOracle::CheckElected(int64_t term, NodeId node, const char* what, Moment now) const {
  if (!reader_.sees_votes()) return;
  int votes = 1;  // its own
  std::string others;
  for (NodeId voter = 0; voter < servers_; ++voter) {
    const auto ballot = ballots_.find({voter, term});
    if (voter == node || ballot == ballots_.end()) continue;
    if (ballot->second.candidate == node) {
      ++votes;
    } else {
      others += absl::StrFormat(", and n%d voted for n%d at %.3f s", voter,
                                ballot->second.candidate, Seconds(ballot->second.at));
    }
  }
  if (2 * votes > servers_) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d %s term %d, but only %d of the %d servers, itself included, had given it "
           "a vote in that term by %.3f s%s; a candidate becomes leader with the votes "
           "of a majority (section 5.2). Are votes of another term counted?",
           node, what, term, votes, servers_, Seconds(now), others));
}

std::optional<NodeId> ElectionOracle::LeaderOf(int64_t term) const {
  const auto known = leaders_.find(term);
  if (known == leaders_.end()) return std::nullopt;
  return known->second.first;
}

bool ElectionOracle::IsCandidateOf(int64_t term, NodeId node) const {
  const auto ballot = ballots_.find({node, term});
  return ballot != ballots_.end() && ballot->second.candidate == node &&
         ballot->second.life == world_.incarnation(first_node_ + node);
}

}  // namespace tests
