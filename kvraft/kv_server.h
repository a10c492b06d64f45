// Part of Raftlab, under the MIT License (see LICENSE).
//
// A replicated table of strings: every server's Raft has the same log of commands, and every server
// carries them out in the order of the log. Section 8 of the Raft paper; "Consensus: Bridging
// Theory and Practice", Ongaro, 2014 (the dissertation), chapter 6.
//
// Fibers: each request runs on a fiber of its own and waits until its command has been carried out;
// one fiber carries out what Raft has committed. They meet in `mu_`.
#if LAB_SOLUTION
//
// Reads go through the log as writes do. That costs a round of messages and an entry each, and in
// return it needs no rule of its own: what was committed before a read began stands before it in
// the log. The dissertation's section 6.4 has the cheaper ways (ReadIndex, leases) and what each
// must wait for.
#endif

#ifndef RAFTLAB_KVRAFT_KV_SERVER_H_
#define RAFTLAB_KVRAFT_KV_SERVER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "absl/base/thread_annotations.h"
#include "kvraft/kv_messages.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "sim/mutex.h"

namespace kvraft {

#if LAB_SOLUTION
// What a log entry asks for.
struct Command {
  enum class Kind : uint8_t { kGet, kPut, kAppend };
  Kind kind = Kind::kGet;
  std::string key;
  std::string value = {};  // what Put and Append write
  int64_t client_id = 0;   // of writes only: a read may be carried out twice
  int64_t sequence = 0;
};
BOOST_DESCRIBE_STRUCT(Command, (), (kind, key, value, client_id, sequence))

// The state machine: what every server has after the same entries, and all that a snapshot holds.
struct Table {
  std::map<std::string, std::string> values;
  // The last write of each client that was carried out. A clerk has one write at a time, so all
  // writes with smaller numbers are done too.
  std::map<int64_t, int64_t> last_sequence;

  // Carries the command out, unless it is a write that was carried out before. What a Get returns.
  std::string Apply(const Command& command);
};
BOOST_DESCRIBE_STRUCT(Table, (), (values, last_sequence))
#endif

class KvServer {
 public:
  // The service on this server's Raft. Goes on from the persister's snapshot, if there is one. Has
  // Raft compact its log when the state that Raft saves has grown to `max_raft_state` bytes; 0:
  // never. All pointers outlive it. It must return at once.
  KvServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
           int64_t max_raft_state);
  KvServer(const KvServer&) = delete;
  KvServer& operator=(const KvServer&) = delete;

  // --- What clerks call. ---

  GetReply Get(const GetArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  PutAppendReply PutAppend(const PutAppendArgs& args) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // The applying fiber: carries out what Raft has committed, for ever.
  void ApplyCommitted() ABSL_LOCKS_EXCLUDED(mu_);
  // One step of it.
  void Apply(const raft::ApplyMsg& msg) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
#if LAB_SOLUTION
  // Gives the command to Raft and waits until it has been carried out; what it returned. Nothing if
  // this server does not lead, if another command took its place in the log, or if it takes too
  // long: then it may or may not be carried out.
  std::optional<std::string> Execute(const Command& command) ABSL_LOCKS_EXCLUDED(mu_);
  // Tells the requests whose entries can no longer be committed, or are in the past, that they are
  // lost: those of older terms than `term`, and those up to `index`.
  void GiveUpWaiting(int64_t term, int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
#endif
  // Has Raft compact its log through `index`, if it is time (3B).
  void MaybeSnapshot(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Replaces the state by that of a snapshot (3B).
  void Restore(const std::string& snapshot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  raft::Raft* const raft_;
  raft::Persister* const persister_;
  raft::ApplyChannel* const apply_channel_;
  const int64_t max_raft_state_;

  sim::Mutex mu_;
#if LAB_SOLUTION
  Table table_ ABSL_GUARDED_BY(mu_);

  // A request that waits for the entry at an index. Raft's answer to Start names the entry exactly:
  // only that one has this index and this term (Log Matching).
  struct Waiting {
    int64_t term = 0;
    bool done = false;
    std::optional<std::string> result = {};  // none: lost
    sim::CondVar changed = {};
  };
  std::map<int64_t, Waiting*> waiting_ ABSL_GUARDED_BY(mu_);  // by index; on their fibers' stacks
#endif
};

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_KV_SERVER_H_
