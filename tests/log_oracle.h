// Part of Raftlab, under the MIT License (see LICENSE).
//
// What logs hold, as leaders show it: Log Matching, Leader Append-Only and Leader Completeness of
// Figure 3.
//
// By Log Matching an entry's index and term tell its command and all that comes before it, in
// whatever log it is. So every entry that was ever shown is kept once, with the term of the one
// before it; following these back from an entry gives the log that ends with it.

#ifndef RAFTLAB_TESTS_LOG_ORACLE_H_
#define RAFTLAB_TESTS_LOG_ORACLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/world.h"
#include "tests/seen_messages.h"

namespace tests {

struct Position {
  int64_t index = 0;
  int64_t term = 0;
  bool operator==(const Position&) const = default;
};
struct PositionHash {
  size_t operator()(const Position& position) const {
    return static_cast<size_t>(position.index) * 0x9e3779b97f4a7c15 ^
           static_cast<size_t>(position.term) * 0xc2b2ae3d27d4eb4f;
  }
};

class LogOracle {
 public:
  // A candidate says how its log ends; it does not change while the candidate is one.
  void Campaigned(sim::NodeId candidate, const SeenVote& vote, Moment now);
  // Its first message as leader leaves.
  void Elected(sim::NodeId leader, int64_t term, Moment now);
  // An AppendEntries leaves. REQUIRES: append->HasSaneIndices().
  void Sent(sim::NodeId leader, const std::shared_ptr<const SeenAppend>& append, Moment now);
  // An InstallSnapshot leaves.
  void Sent(sim::NodeId leader, const SeenSnapshot& snapshot, Moment now);

  // `index`, the next one, was applied for the first time. It was committed by the leader of
  // `term`, or of an earlier one; 0 if that is not known.
  void Committed(sim::NodeId first_by, int64_t index, int64_t term, Moment now);

  // The term of the entry at `index` in the log that has an entry at `end`; 0 if that is not known.
  // REQUIRES: index <= end.index.
  int64_t TermAt(int64_t index, Position end) const;

 private:
  struct Entry {
    int64_t previous_term;
    uint64_t command;
    std::string shown;
    sim::NodeId by;
    Moment at;
  };
  struct CommittedEntry {
    int64_t term = 0;     // the entry's; 0: not known
    int64_t by_term = 0;  // leaders of later terms must hold it
    sim::NodeId first_by = 0;
    Moment at;
  };
  struct Campaign {
    Position end;
    Moment at;
  };
  struct CheckedEntry {
    int64_t term = 0;
    int64_t previous_term = 0;
    uint64_t command = 0;
    bool operator==(const CheckedEntry&) const = default;
  };
  // Of one leader's term: what its log was seen to hold, by index; and when.
  struct LeaderLog {
    std::map<int64_t, std::pair<int64_t, Moment>> terms;
    // What has been checked, so that what is sent again is not: the last message, and entries in a
    // row, the first of which stands behind `checked_from`.
    std::shared_ptr<const SeenAppend> last;
    int64_t checked_from = 0;
    std::vector<CheckedEntry> checked;
  };

  // Log Matching: an entry is everywhere the same, and follows on the same.
  void CheckEntry(sim::NodeId leader, Position position, int64_t previous_term,
                  const SeenEntry& entry, Moment now);
  // Leader Append-Only, and Leader Completeness for what is committed at `position`.
  void CheckHolds(sim::NodeId leader, int64_t leader_term, LeaderLog& log, Position position,
                  Moment now);
  [[noreturn]] void FailCompleteness(sim::NodeId leader, int64_t leader_term, int64_t index,
                                     const std::string& instead, Moment now) const;
  // The term of the entry at `index` in the leader's log; 0 if that is not known.
  int64_t TermInLogOf(int64_t leader_term, int64_t index);

  std::unordered_map<Position, Entry, PositionHash> entries_;  // never iterated
  std::map<int64_t, LeaderLog> logs_;                          // by leader's term
  std::map<std::pair<int64_t, sim::NodeId>, Campaign> campaigns_;
  std::vector<CommittedEntry> committed_;  // by index - 1
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_LOG_ORACLE_H_
