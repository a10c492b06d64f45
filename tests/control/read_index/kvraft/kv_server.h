// Part of Raftlab, under the MIT License (see LICENSE).
//
// A replicated table of strings whose reads are no entries of the log.
//
// The dissertation ("Consensus: Bridging Theory and Practice", Ongaro, 2014, section 6.4) answers a
// read in four steps: the leader waits until an entry of its own term is committed, remembers its
// commit index, makes sure by a round of heartbeats that it still leads, and looks up the key as
// soon as it has applied up to that index. Raft's interface here tells neither the commit index nor
// when a heartbeat has come back. But one entry of the leader's own shows all of it at once. So:
//
//   A read that arrives is gathered. The next entry that this server gives to Raft, whatever it is
//   for, carries all reads that were gathered before: its Proof. When the entry (index i, term t,
//   both from Start) comes out of the apply channel at i with term t, the proof holds, and the
//   reads look up their keys in the table. If reads wait and no entry is in flight, an entry
//   without content is started for them: a marker. While one is in flight, later reads wait for the
//   next: one marker serves a whole batch.
//
// Why that is linearizable. Give every write the place of its (first) entry in the log, and every
// read the place up to which the table was applied when it looked up its key. Along the log, reads
// see exactly the writes before them. It remains to show that the order of places keeps the order
// of real time: if A has returned before B begins, B's place is not before A's, and behind it if B
// is a write.
//   - When A returned, all entries up to A's place p had been committed: a write returns after it
//     was applied, and a read sees what was applied.
//   - B's entry, or its proof's, was given to Start by a leader after B began, so after that. When
//     it is committed it lies in the same log, and cannot have taken a place up to p: those were
//     decided before it existed (Leader Completeness and State Machine Safety, Figure 3). So it
//     lies behind p.
//   - A write that is found done was applied at its first entry, which is behind p by the same
//     argument: it was first sent after B began.
//   - A read looks after its proof was applied, so its place is at the proof's entry or later.
// This is why a read must not use an entry that was in flight when it arrived: that one may have
// been committed long ago, and another leader may have done writes since then. And why index and
// term must both be the same: another leader's entry at that index may be older than the read.
//
// Fibers: one applies what is committed; each request has its own. All state is under `mu_`.

#ifndef RAFTLAB_KVRAFT_KV_SERVER_H_
#define RAFTLAB_KVRAFT_KV_SERVER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "absl/base/thread_annotations.h"
#include "kvraft/kv_messages.h"
#include "raft/apply.h"
#include "raft/persister.h"
#include "raft/raft.h"
#include "sim/mutex.h"

namespace kvraft {

// An entry of the log: a clerk's write, or a marker.
struct Entry {
  std::vector<WriteArgs> writes;  // one, or none in a marker
};
BOOST_DESCRIBE_STRUCT(Entry, (), (writes))

// How far a clerk has come.
struct Session {
  uint64_t id = 0;
  int64_t writes = 0;  // done: the numbers 1 to this
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, writes))

// A snapshot.
struct Image {
  std::map<std::string, std::string> values;
  std::vector<Session> sessions;
};
BOOST_DESCRIBE_STRUCT(Image, (), (values, sessions))

class KvServer {
 public:
  // See the skeleton: all pointers stay valid, 0 bytes means no snapshots.
  KvServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
           int64_t max_raft_state);
  KvServer(const KvServer&) = delete;
  KvServer& operator=(const KvServer&) = delete;

  // --- The RPCs. ---

  ReadReply Read(const ReadArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  WriteReply Write(const WriteArgs& args) ABSL_LOCKS_EXCLUDED(mu_);
  StandingReply Standing(const StandingArgs& args);

 private:
  // An entry that shows, once it is applied, that its requests are served from a state that is new
  // enough. All of it is guarded by mu_.
  struct Proof {
    enum class Fate { kOpen, kHolds, kFails };
    int64_t index = 0;  // 0: not started yet, reads are being gathered
    int64_t term = 0;
    Fate fate = Fate::kOpen;
    int waiting = 0;  // requests
    sim::CondVar decided = {};
  };
  using ProofPtr = std::shared_ptr<Proof>;

  // --- Requests. ---

  // Gives the entry to Raft, as proof of everything that was gathered and of the caller's own
  // request; null if this server does not lead.
  ProofPtr Propose(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Starts a marker if reads are gathered and no entry of the current term is on its way, behind
  // which they would come to their turn.
  void MarkIfIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits for the proof's fate: true if it holds. Gives up when Raft has lost the leadership that
  // the proof counts on, or when it takes too long.
  bool Await(const ProofPtr& proof) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool MayStillHold(const Proof& proof) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void Decide(Proof& proof, Proof::Fate fate);
  bool IsDone(const WriteArgs& write) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- The log. ---

  // The body of the applying fiber.
  void FollowLog() ABSL_LOCKS_EXCLUDED(mu_);
  void Carry(const raft::ApplyMsg& msg) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Do(const WriteArgs& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Decides the proofs whose fate follows from what came out of the log at `msg`.
  void DecideProofs(const raft::ApplyMsg& msg) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CompactIfLarge(int64_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LoadImage(const std::string& bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  raft::Raft* const raft_;
  raft::Persister* const persister_;
  raft::ApplyChannel* const apply_channel_;
  const int64_t max_raft_state_;

  sim::Mutex mu_;
  // The replicated state.
  std::map<std::string, std::string> values_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, int64_t> sessions_ ABSL_GUARDED_BY(mu_);  // id to writes done

  // Started and not decided, by index; their terms never fall from one to the next. Only those for
  // which somebody waits.
  std::map<int64_t, ProofPtr> in_flight_ ABSL_GUARDED_BY(mu_);
  // What gathered reads wait for; null if there are none.
  ProofPtr gathering_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_KV_SERVER_H_
