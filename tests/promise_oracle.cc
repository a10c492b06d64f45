// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/promise_oracle.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_format.h"
#include "sim/failure.h"

namespace tests {

using sim::Fail;
using sim::NodeId;
using sim::Verdict;

// ---- What reaches a server. ----

void PromiseOracle::Arrived(NodeId node, const SeenAppend& append, Moment now) {
  Server& server = Of(node);
  int64_t index = append.prev_log_index;
  for (const SeenEntry& entry : append.entries) {
    server.entries.try_emplace({++index, entry.term}, now);
  }
  server.newest_leader = std::max(server.newest_leader, append.term);

  // A leader of a later term may have the server delete what conflicts with its own log. The
  // server may also do so when only prevLogTerm shows it.
  if (!server.promise.has_value() || append.term < server.promise->term) return;
  const Promise& promise = *server.promise;
  if (append.term == promise.term && promise.kind != Promise::Kind::kCampaigned) return;
  const int64_t at = std::min(append.through(), promise.end.index);
  if (at < append.prev_log_index || at == 0) return;
  if (logs_.TermAt(at, promise.end) != append.TermOf(at)) server.promise.reset();
}

void PromiseOracle::Arrived(NodeId node, const SeenSnapshot& snapshot, Moment now) {
  if (!snapshot.has_index) return;
  Server& server = Of(node);
  server.newest_leader = std::max(server.newest_leader, snapshot.term);
  const Position last{snapshot.last_included_index, snapshot.last_included_term};
  if (server.snapshots.empty() || server.snapshots.back().first < last.index) {
    server.snapshots.emplace_back(last.index, now);
  }
  Compacted(node, last.index);

  // Figure 13, rules 6 and 7: what follows the snapshot stays if the snapshot's last entry is in
  // the log; otherwise the whole log goes.
  if (!server.promise.has_value() || snapshot.term < server.promise->term) return;
  const Position end = server.promise->end;
  const bool agree = last.index <= end.index
                         ? last.index >= 1 && logs_.TermAt(last.index, end) == last.term
                         : logs_.TermAt(end.index, last) == end.term;
  if (!agree) server.promise.reset();
}

void PromiseOracle::Compacted(NodeId node, int64_t index) {
  int64_t& compacted = Of(node).compacted;
  compacted = std::max(compacted, index);
}

// What was not acknowledged may not have been saved yet.
void PromiseOracle::Restarted(NodeId node) {
  std::optional<Promise>& promise = Of(node).promise;
  if (promise.has_value() && promise->kind != Promise::Kind::kAcknowledged) promise.reset();
}

// ---- What it says. ----

void PromiseOracle::Promised(NodeId node, const Promise& promise) {
  Server& server = Of(node);
  // The message may have left late. If a leader that can make the server delete entries has been
  // heard meanwhile, it proves nothing.
  const bool campaigned = promise.kind == Promise::Kind::kCampaigned;
  if (server.newest_leader > promise.term || (campaigned && server.newest_leader == promise.term) ||
      !reader_.sees_entries()) {
    return;
  }
  const auto reach = [](const Promise& made) {
    return std::make_tuple(made.end.term, made.end.index,
                           made.kind == Promise::Kind::kAcknowledged);
  };
  if (server.promise.has_value() && reach(*server.promise) >= reach(promise)) return;
  server.promise = promise;
}

void PromiseOracle::Sent(NodeId leader, NodeId to, const SeenAppend& append, Moment now) {
  if (append.entries.empty()) return;
  Promised(leader, {.kind = Promise::Kind::kSent,
                    .end = {append.through(), append.last_term()},
                    .term = append.term,
                    .to = to,
                    .at = now});
}

std::string PromiseOracle::Describe(const Promise& promise) {
  switch (promise.kind) {
    case Promise::Kind::kAcknowledged:
      return absl::StrFormat("acknowledged entries through %d/%d to n%d in term %d at %.3f s",
                             promise.end.term, promise.end.index, promise.to, promise.term,
                             Seconds(promise.at));
    case Promise::Kind::kSent:
      return absl::StrFormat("sent entries through %d/%d as leader of term %d to n%d at %.3f s",
                             promise.end.term, promise.end.index, promise.term, promise.to,
                             Seconds(promise.at));
    case Promise::Kind::kCampaigned:
      return absl::StrFormat("asked for votes in term %d with a log through %d/%d at %.3f s",
                             promise.term, promise.end.term, promise.end.index,
                             Seconds(promise.at));
  }
  return "";
}

// Terms order what a server does, however late its messages leave: what it acknowledged in one term
// it did before it was a candidate in a later one. Its log, which holds the promised entry, ends
// there or later, and terms in a log never decrease.
void PromiseOracle::Campaigned(NodeId candidate, const SeenVote& vote, Moment now) {
  if (!vote.has_log) return;
  const std::optional<Promise>& promise = Of(candidate).promise;
  const Position end{vote.last_log_index, vote.last_log_term};
  if (promise.has_value() && promise->term < vote.term && reader_.sees_entries()) {
    const bool holds = end.index == promise->end.index
                           ? end.term == promise->end.term
                           : end.index > promise->end.index && end.term >= promise->end.term;
    if (!holds) {
      Fail(Verdict::kSafety,
           absl::StrFormat(
               "n%d %s, and now, at %.3f s, asks for votes in term %d with a log that ends at "
               "%d/%d: it has dropped entries, and no leader has sent it others in their place. "
               "Entries are deleted only where one conflicts with the leader's (Figure 2, "
               "AppendEntries, rule 3), and they are persistent",
               candidate, Describe(*promise), Seconds(now), vote.term, end.term, end.index));
    }
  }
  if (end.index < 1 || end.index > kLargestIndex) return;
  Promised(candidate, {.kind = Promise::Kind::kCampaigned,
                       .end = end,
                       .term = vote.term,
                       .to = candidate,
                       .at = now});
}

// Within one term, the vote was given after the promise only if it was asked for after that had
// left.
void PromiseOracle::Granted(NodeId voter, NodeId candidate, const SeenVote& vote, Moment asked,
                            Moment now) {
  const std::optional<Promise>& promise = Of(voter).promise;
  if (!vote.has_log || !promise.has_value() || !reader_.sees_entries()) return;
  const bool before =
      promise->term < vote.term || (promise->term == vote.term && promise->at.event < asked.event);
  if (!before) return;
  if (std::make_pair(vote.last_log_term, vote.last_log_index) >=
      std::make_pair(promise->end.term, promise->end.index)) {
    return;
  }
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d granted n%d its vote in term %d at %.3f s, though the candidate's log ends at "
           "%d/%d and its own reaches %d/%d or further: it %s. A server votes only for candidates "
           "whose log is at least as up-to-date as its own: the later last term wins, and between "
           "equal terms the longer log (section 5.4.1)",
           voter, candidate, vote.term, Seconds(now), vote.last_log_term, vote.last_log_index,
           promise->end.term, promise->end.index, Describe(*promise)));
}

// Every way in which an entry can come into a log: a leader sent it, a snapshot stands for it, or
// the server led its term and made it, in which case no message says when.
std::optional<Moment> PromiseOracle::CanHoldSince(NodeId node, Position position) const {
  if (elections_.LeaderOf(position.term) == node) return Moment{};
  const Server& server = servers_[static_cast<size_t>(node)];
  std::optional<Moment> since;
  if (const auto entry = server.entries.find(position); entry != server.entries.end()) {
    since = entry->second;
  }
  const auto snapshot =
      std::lower_bound(server.snapshots.begin(), server.snapshots.end(), position.index,
                       [](const auto& through, int64_t index) { return through.first < index; });
  if (snapshot != server.snapshots.end() &&
      (!since.has_value() || snapshot->second.event < since->event)) {
    since = snapshot->second;
  }
  return since;
}

// A success without entries is taken less seriously: there are Rafts whose followers answer every
// heartbeat with success, and whose leaders make nothing of that. It just does not count where
// acknowledgements are counted.
bool PromiseOracle::Acknowledged(NodeId node, NodeId leader, const SeenAppend& append, Moment now) {
  if (!reader_.sees_entries()) return true;
  const Position previous{append.prev_log_index, append.prev_log_term};
  const bool held = previous.index == 0 || CanHoldSince(node, previous).has_value();
  if (append.entries.empty()) return held;
  if (!held) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d answered AppendEntries of n%d, with prevLogIndex %d and prevLogTerm %d, with "
             "success in term %d at %.3f s, but cannot hold the entry %d/%d: none that has reached "
             "it carried it, and no snapshot covers it. A follower refuses unless its log has an "
             "entry at prevLogIndex whose term is prevLogTerm (Figure 2, AppendEntries, rule 2)",
             node, leader, previous.index, previous.term, append.term, Seconds(now), previous.term,
             previous.index));
  }
  const Position end{append.through(), append.last_term()};
  const std::optional<Moment> since = CanHoldSince(node, end);
  if (since.has_value() && since->event > 0 && saves_.NothingSince(node, since->event)) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d acknowledged entries through %d/%d to n%d in term %d at %.3f s, and has saved "
             "nothing since that entry first reached it at %.3f s: a crash now would lose what the "
             "leader counts on. The log is persistent state, saved before the reply leaves (Figure "
             "2)",
             node, end.term, end.index, leader, append.term, Seconds(now), Seconds(*since)));
  }
  Promised(node, {.kind = Promise::Kind::kAcknowledged,
                  .end = end,
                  .term = append.term,
                  .to = leader,
                  .at = now});
  return true;
}

// The request came after the promise had left, so the server held the promised entry when it looked
// at prevLogIndex. What it has committed or compacted it may refuse to talk about.
void PromiseOracle::Refused(NodeId node, NodeId leader, const SeenAppend& append, int64_t committed,
                            Moment arrived, Moment now) {
  const Server& server = Of(node);
  if (!server.promise.has_value() || !reader_.sees_entries()) return;
  const Promise& promise = *server.promise;
  const int64_t index = append.prev_log_index;
  if (append.term < promise.term || arrived.event <= promise.at.event ||
      index > promise.end.index || index < committed) {
    return;
  }
  if (index > 0 ? index <= server.compacted : server.compacted > 0) return;
  if (index > 0 && logs_.TermAt(index, promise.end) != append.prev_log_term) return;
  Fail(
      Verdict::kSafety,
      absl::StrFormat(
          "n%d %s, and now, at %.3f s, refuses prevLogIndex %d (term %d) of n%d in term %d: it "
          "has dropped entries that it had. Entries are deleted only where one conflicts with the "
          "leader's (Figure 2, AppendEntries, rule 3), and they are persistent",
          node, Describe(promise), Seconds(now), index, append.prev_log_term, leader, append.term));
}

}  // namespace tests
