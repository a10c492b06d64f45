// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/commit_oracle.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/failure.h"

namespace tests {

using sim::Fail;
using sim::NodeId;
using sim::Verdict;

// ---- Leaders. ----

void CommitOracle::Acknowledged(int64_t term, NodeId leader, NodeId follower, int64_t through,
                                Moment now) {
  Majority& majority = majorities_[term];
  majority.leader = leader;
  Acknowledgement& known = majority.followers[follower];
  if (through <= known.through) return;
  known = {through, now};
  std::vector<int64_t> throughs;
  for (const auto& [node, acknowledged] : majority.followers) {
    throughs.push_back(acknowledged.through);
  }
  std::sort(throughs.begin(), throughs.end(), std::greater<>());
  const auto half = static_cast<size_t>(servers_ / 2);
  if (throughs.size() >= half && half > 0) majority.with_leader = throughs[half - 1];
  if (throughs.size() >= half + 1) majority.without_leader = throughs[half];
  int64_t& led = Of(leader).has_led_through;
  led = std::max(led, majority.with_leader);
}

void CommitOracle::TookCommand(NodeId leader, int64_t term, int64_t index, Moment asked) {
  if (index < 1) return;
  std::optional<Unsaved>& unsaved = unsaved_[static_cast<size_t>(leader)];
  if (unsaved.has_value() && unsaved->term == term &&
      saves_.NothingSince(leader, unsaved->given.event)) {
    return;
  }
  unsaved = {term, index, asked};
}

// A leader may send entries while it still saves them, but then it does not count itself for them:
// what a majority stores has to survive crashes.
int64_t CommitOracle::MayBeCommitted(int64_t term, const Majority& majority) const {
  const std::optional<Unsaved>& unsaved = unsaved_[static_cast<size_t>(majority.leader)];
  if (!unsaved.has_value() || unsaved->term != term ||
      !saves_.NothingSince(majority.leader, unsaved->given.event)) {
    return majority.with_leader;
  }
  return std::max(majority.without_leader, std::min(majority.with_leader, unsaved->index - 1));
}

int64_t CommitOracle::CommittedBy(int64_t index) const {
  for (auto it = majorities_.rbegin(); it != majorities_.rend(); ++it) {
    if (MayBeCommitted(it->first, it->second) >= index) return it->first;
  }
  return 0;
}

void CommitOracle::CheckLeaderCommit(NodeId leader, NodeId to, const SeenAppend& append,
                                     Moment now) {
  const int64_t index = append.leader_commit;
  if (index <= known_committed_ || servers_ == 1 || !reader_.sees_commits()) return;
  if (CommittedBy(index) == 0) {
    FailCommitted(absl::StrFormat("n%d told n%d at %.3f s, as leader of term %d, that its commit "
                                  "index is %d",
                                  leader, to, Seconds(now), append.term, index),
                  index);
  }
  known_committed_ = index;
}

int64_t CommitOracle::CheckCommitted(NodeId node, int64_t index, int64_t term, Moment now) {
  if (servers_ == 1 || !reader_.sees_entries()) return 0;
  const int64_t by = CommittedBy(index);
  if (by == 0 && index > known_committed_) {
    FailCommitted(absl::StrFormat("n%d applied index %d (term %d) at %.3f s", node, index, term,
                                  Seconds(now)),
                  index);
  }
  known_committed_ = std::max(known_committed_, index);
  return by;
}

void CommitOracle::FailCommitted(const std::string& claim, int64_t index) const {
  for (auto it = majorities_.rbegin(); it != majorities_.rend(); ++it) {
    const auto& [term, majority] = *it;
    if (majority.with_leader < index) continue;
    const Unsaved& unsaved = *unsaved_[static_cast<size_t>(majority.leader)];
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "%s, but n%d, the leader of term %d, has saved nothing since Start() gave it index %d "
             "at %.3f s, and without it no majority of the %d servers stores the entry: after a "
             "crash it would be lost. The log is persistent state, saved before a leader counts "
             "itself among those that store an entry (Figure 2; section 5.3)",
             claim, majority.leader, term, unsaved.index, Seconds(unsaved.given), servers_));
  }
  std::string acknowledged = "nobody has acknowledged an entry of a leader's own term yet";
  if (!majorities_.empty()) {
    const auto& [term, majority] = *majorities_.rbegin();
    acknowledged = absl::StrFormat(
        "in term %d, to n%d, entries with one of that term were acknowledged by %s", term,
        majority.leader,
        absl::StrJoin(majority.followers, ", ", [](std::string* out, const auto& follower) {
          *out += absl::StrFormat("n%d through index %d (%.3f s)", follower.first,
                                  follower.second.through, Seconds(follower.second.at));
        }));
  }
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "%s, but no leader can have committed it: never has a majority of the %d servers "
           "acknowledged index %d to one leader together with an entry of that leader's own term; "
           "%s. A leader counts replicas only for entries of its current term, as far as each "
           "reply's own request reached; older ones are committed with them (section 5.4.2, "
           "Figure 8; Figure 2, Rules for Leaders, rule 4)",
           claim, servers_, index, acknowledged));
}

// ---- Followers. ----

// A follower knows as committed what some leader has called so. It may take its own entries for
// them as far as it has seen that they are those of a leader of the same or a later term, whose log
// has all that was committed. The two may come in different messages, in any order, before or after
// a crash; and what has arrived may have been refused. So this is as much as anybody can know, and
// min(leaderCommit, index of last new entry) is never more.
void CommitOracle::Tell(NodeId node, int64_t term, int64_t commit, int64_t through) {
  Follower& follower = Of(node);
  const auto [it, inserted] = follower.told.try_emplace(term);
  if (inserted && it != follower.told.begin()) it->second.commit = std::prev(it)->second.commit;
  it->second.through = std::max(it->second.through, through);
  for (auto later = it; later != follower.told.end(); ++later) {
    Told& told = later->second;
    told.commit = std::max(told.commit, commit);
    follower.may_apply = std::max(follower.may_apply, std::min(told.commit, told.through));
  }
}

void CommitOracle::Arrived(NodeId node, NodeId leader, const SeenAppend& append, Moment now) {
  Tell(node, append.term, append.leader_commit, append.through());
  Follower& follower = Of(node);
  follower.leader = leader;
  follower.leader_commit = append.leader_commit;
  follower.through = append.through();
  follower.at = now;
}

void CommitOracle::Arrived(NodeId node, const SeenSnapshot& snapshot, Moment) {
  if (!snapshot.has_index) return;
  Tell(node, snapshot.term, snapshot.last_included_index, snapshot.last_included_index);
}

int64_t CommitOracle::MayHaveCommitted(NodeId node) const {
  const Follower& follower = followers_[static_cast<size_t>(node)];
  return std::max(follower.may_apply, follower.has_led_through);
}

void CommitOracle::CheckMayApply(NodeId node, int64_t index, Moment now) const {
  if (servers_ == 1 || !reader_.sees_commits() || index <= MayHaveCommitted(node)) return;
  const Follower& follower = followers_[static_cast<size_t>(node)];
  const std::string last =
      follower.at.event == 0
          ? "it has not received any AppendEntries"
          : absl::StrFormat(
                "the last AppendEntries reached it at %.3f s from n%d, with "
                "leaderCommit %d and entries through index %d",
                Seconds(follower.at), follower.leader, follower.leader_commit, follower.through);
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d applied index %d at %.3f s, but cannot know that what it has there is committed: "
           "%s. A leader commits what a majority stores together with an entry of its own term "
           "(section 5.4.2, Figure 8), and a follower's commit index is min(leaderCommit, index of "
           "last new entry): what stands behind the leader's entries in its log may not be the "
           "leader's (Figure 2, AppendEntries, rule 5)",
           node, index, Seconds(now), last));
}

}  // namespace tests
