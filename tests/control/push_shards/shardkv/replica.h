// Part of Raftlab, under the MIT License (see LICENSE).
//
// What the servers of one Raft do together: a journal of entries, each with a ticket.
//
// Whoever enters something draws a ticket, a random number of 64 bits, and waits for the entry that
// bears it. It does not matter where in the log that is, nor who led when it was committed: the
// entry with the ticket is the caller's own. So Raft's answer to Start is needed only to know
// whether waiting makes sense.
//
// Fibers: one carries out what is committed; each caller of Enter has its own. `mu` guards the
// automaton and the tickets. Nobody holds it over a Start or a Snapshot.

#ifndef RAFTLAB_SHARDKV_REPLICA_H_
#define RAFTLAB_SHARDKV_REPLICA_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "absl/base/thread_annotations.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "sim/mutex.h"

namespace shardkv {

// Does the same on all servers. Called under Journal::mu.
class Automaton {
 public:
  virtual ~Automaton() = default;
  // Carries out the body of an entry; its result.
  virtual std::string Perform(const std::string& body) = 0;
  // The whole state to bytes, and back.
  virtual std::string Freeze() const = 0;
  virtual void Thaw(const std::string& ice) = 0;
};

struct JournalEntry {
  uint64_t ticket = 0;
  std::optional<std::string> body = {};  // none: only to see it come out of the log
};
BOOST_DESCRIBE_STRUCT(JournalEntry, (), (ticket, body))

class Journal {
 public:
  // Snapshots keep Raft's state below `most_bytes`; 0: none. All pointers stay valid.
  Journal(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
          int64_t most_bytes, Automaton* automaton);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // The automaton's result for this body. Nothing: it was or will be carried out, or not.
  std::optional<std::string> Enter(std::optional<std::string> body) ABSL_LOCKS_EXCLUDED(mu);

  // This server leads, as far as it knows, and the automaton has seen all that earlier leaders had
  // committed. To get there, a leader enters an empty entry, once in its term, on the fiber of
  // whoever asks first. That may take a while.
  bool IsInOffice() ABSL_LOCKS_EXCLUDED(mu);

  sim::Mutex mu;

 private:
  struct Ticket {
    std::optional<std::string> result = {};
    sim::CondVar called = {};
  };

  // The fiber of what is committed.
  void ReadOn() ABSL_LOCKS_EXCLUDED(mu);
  void Carry(const JournalEntry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  bool IsTooLong() const;

  raft::Raft* const raft_;
  raft::Persister* const persister_;
  raft::ApplyChannel* const apply_channel_;
  const int64_t most_bytes_;
  Automaton* const automaton_;

  std::map<uint64_t, Ticket*> tickets_ ABSL_GUARDED_BY(mu);  // each on its caller's stack
  int64_t office_ ABSL_GUARDED_BY(mu) = 0;  // the last term in which it led up to date
};

}  // namespace shardkv

#endif  // RAFTLAB_SHARDKV_REPLICA_H_
