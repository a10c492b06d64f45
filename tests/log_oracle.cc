// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/log_oracle.h"

#include <iterator>

#include "absl/strings/str_format.h"
#include "sim/failure.h"

namespace tests {

using sim::Fail;
using sim::NodeId;
using sim::Verdict;

void LogOracle::Campaigned(NodeId candidate, const SeenVote& vote, Moment now) {
  if (!vote.has_log) return;
  campaigns_.try_emplace({vote.term, candidate},
                         Campaign{{vote.last_log_index, vote.last_log_term}, now});
}

// The leader's log, too, began with what it said as a candidate.
void LogOracle::Elected(NodeId leader, int64_t term, Moment now) {
  const auto campaign = campaigns_.find({term, leader});
  if (campaign == campaigns_.end()) return;
  const Position end = campaign->second.end;
  if (end.index >= 1 && end.index <= kLargestIndex && end.term >= 1) {
    CheckHolds(leader, term, logs_[term], end, now);
  }
  for (size_t i = committed_.size(); i > 0; --i) {
    if (committed_[i - 1].by_term == 0 || committed_[i - 1].by_term >= term) continue;
    if (end.index < static_cast<int64_t>(i)) {
      FailCompleteness(leader, term, static_cast<int64_t>(i),
                       absl::StrFormat("when it asked for votes at %.3f s its log ended at %d/%d",
                                       Seconds(campaign->second.at), end.term, end.index),
                       now);
    }
    return;
  }
}

void LogOracle::Sent(NodeId leader, const std::shared_ptr<const SeenAppend>& append, Moment now) {
  LeaderLog& log = logs_[append->term];
  if (log.last == append) return;  // it sends the same to the others
  int64_t index = append->prev_log_index;
  int64_t previous_term = append->prev_log_term;
  // Heartbeats whose replies the leader makes nothing of may leave prevLogTerm out.
  const bool says_nothing = append->entries.empty() && previous_term < 1;
  if (index > 0 && !says_nothing) {
    CheckHolds(leader, append->term, log, {index, previous_term}, now);
  }
  if (index < log.checked_from || index > log.checked_from + std::ssize(log.checked)) {
    log.checked_from = index;
    log.checked.clear();
  }
  for (const SeenEntry& entry : append->entries) {
    const Position position{++index, entry.term};
    const CheckedEntry check{entry.term, previous_term, entry.command};
    previous_term = entry.term;
    const auto place = static_cast<size_t>(index - log.checked_from - 1);
    if (place < log.checked.size() && log.checked[place] == check) continue;
    CheckEntry(leader, position, check.previous_term, entry, now);
    CheckHolds(leader, append->term, log, position, now);
    if (place == log.checked.size()) log.checked.push_back(check);
  }
  if (previous_term > append->term) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d, as leader of term %d, sent the entry %d/%d at %.3f s: no log holds "
                         "entries of a later term than its server's currentTerm (section 5.3)",
                         leader, append->term, previous_term, index, Seconds(now)));
  }
  log.last = append;
}

void LogOracle::Sent(NodeId leader, const SeenSnapshot& snapshot, Moment now) {
  if (!snapshot.has_index || snapshot.last_included_index < 1) return;
  CheckHolds(leader, snapshot.term, logs_[snapshot.term],
             {snapshot.last_included_index, snapshot.last_included_term}, now);
}

void LogOracle::CheckEntry(NodeId leader, Position position, int64_t previous_term,
                           const SeenEntry& entry, Moment now) {
  if (entry.term < previous_term) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d sent the entry %d/%d at %.3f s, right behind one of term %d: terms "
                         "in a log never decrease, because an entry of the leader's replaces one "
                         "that conflicts and all that follow it (Figure 2, AppendEntries, rule 3)",
                         leader, entry.term, position.index, Seconds(now), previous_term));
  }
  const auto [it, inserted] = entries_.try_emplace(position);
  Entry& first = it->second;
  if (inserted) {
    first = {previous_term, entry.command, entry.shown, leader, now};
    return;
  }
  if (first.command != entry.command) {
    Fail(Verdict::kSafety,
         absl::StrFormat("entry %d/%d is %s in n%d's log, as it sent it at %.3f s, but %s in "
                         "n%d's, as sent at %.3f s. Log Matching (section 5.3): entries with the "
                         "same index and term store the same command",
                         position.term, position.index, first.shown, first.by, Seconds(first.at),
                         entry.shown, leader, Seconds(now)));
  }
  if (first.previous_term != previous_term) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "entry %d/%d follows on %d/%d in n%d's log, as it sent it at %.3f s, but on %d/%d in "
             "n%d's, as sent at %.3f s. Log Matching (Figure 3): if two logs contain an entry with "
             "the same index and term, they are identical in all entries up through it. Is "
             "prevLogTerm compared, and is what follows a conflict deleted (Figure 2, "
             "AppendEntries, rules 2 and 3)?",
             position.term, position.index, first.previous_term, position.index - 1, first.by,
             Seconds(first.at), previous_term, position.index - 1, leader, Seconds(now)));
  }
}

void LogOracle::CheckHolds(NodeId leader, int64_t leader_term, LeaderLog& log, Position position,
                           Moment now) {
  const auto next = log.terms.empty() || log.terms.rbegin()->first < position.index
                        ? log.terms.end()
                        : log.terms.lower_bound(position.index);
  if (next == log.terms.end() || next->first != position.index) {
    log.terms.emplace_hint(next, position.index, std::make_pair(position.term, now));
  } else if (next->second.first != position.term) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d, as leader of term %d, has an entry of term %d at index %d at %.3f "
                         "s, where at %.3f s it had one of term %d. Leader Append-Only (Figure "
                         "3): a leader never overwrites or deletes entries in its log",
                         leader, leader_term, position.term, position.index, Seconds(now),
                         Seconds(next->second.second), next->second.first));
  }
  if (position.index > static_cast<int64_t>(committed_.size())) return;
  const CommittedEntry& committed = committed_[static_cast<size_t>(position.index - 1)];
  if (committed.term == 0 || committed.by_term >= leader_term) return;
  if (committed.term == position.term) return;
  FailCompleteness(leader, leader_term, position.index,
                   absl::StrFormat("its log has an entry of term %d there", position.term), now);
}

void LogOracle::FailCompleteness(NodeId leader, int64_t leader_term, int64_t index,
                                 const std::string& instead, Moment now) const {
  const CommittedEntry& committed = committed_[static_cast<size_t>(index - 1)];
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d leads term %d at %.3f s without the committed entry at index %d%s, which was "
           "committed by the leader of term %d at the latest and which n%d applied at %.3f s: %s. "
           "Leader Completeness (Figure 3): an entry committed in a given term is in the logs of "
           "the leaders of all later terms. Does a server vote only for candidates whose log is at "
           "least as up-to-date as its own (section 5.4.1), and keep what it acknowledged?",
           leader, leader_term, Seconds(now), index,
           committed.term > 0 ? absl::StrFormat(" (term %d)", committed.term) : "",
           committed.by_term, committed.first_by, Seconds(committed.at), instead));
}

void LogOracle::Committed(NodeId first_by, int64_t index, int64_t term, Moment now) {
  if (index != static_cast<int64_t>(committed_.size()) + 1) return;
  committed_.push_back({.term = term > 0 ? TermInLogOf(term, index) : 0,
                        .by_term = term,
                        .first_by = first_by,
                        .at = now});
}

int64_t LogOracle::TermAt(int64_t index, Position end) const {
  while (end.index > index) {
    const auto entry = entries_.find(end);
    if (entry == entries_.end()) return 0;
    end = {end.index - 1, entry->second.previous_term};
  }
  return end.term;
}

int64_t LogOracle::TermInLogOf(int64_t leader_term, int64_t index) {
  const auto log = logs_.find(leader_term);
  if (log == logs_.end()) return 0;
  auto& terms = log->second.terms;
  auto known = terms.lower_bound(index);
  if (known == terms.end()) return 0;
  // What is found on the way is kept, so that the next index is found at once.
  while (known->first > index) {
    const auto entry = entries_.find({known->first, known->second.first});
    if (entry == entries_.end()) return 0;
    known = terms.emplace_hint(known, known->first - 1,
                               std::make_pair(entry->second.previous_term, entry->second.at));
  }
  return known->second.first;
}

}  // namespace tests
