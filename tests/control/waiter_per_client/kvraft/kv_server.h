// Part of Raftlab, under the MIT License (see LICENSE).
//
// A replicated table with a desk for each client.
//
// Everything goes through the log, reads too. What a client waits for is not an entry but a line of
// the ledger: the ledger is part of the replicated state, and says for each client which request
// was settled last and with which answer. A request whose number the ledger has is settled, once
// and for all, wherever its entry came from; a second entry of the same request changes nothing. So
// no answer can reach the wrong client when the leadership changes, and every server may answer
// what its ledger has.
//
// Fibers, all under `mu_`:
//   "perform" (the network's, one a call)  puts the request on its client's desk, or finds it lying
//                                          there already; waits until the desk has dealt with it
//   "desk" (one a client)                  takes requests from its channel, starts each in Raft,
//                                          and waits until the ledger has it or there is no hope
//   "ledger" (one)                         carries out what Raft has committed, wakes the desk
// A desk waits for a limited time, and a call waits only for a desk, so nobody waits for ever.

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
#include "sim/channel.h"
#include "sim/mutex.h"

namespace kvraft {

// The replicated state in columns, as a snapshot has it: keys[i] has values[i], and clients[j] had
// its request numbers[j] settled last, with the answer answers[j].
struct Columns {
  std::vector<std::string> keys;
  std::vector<std::string> values;
  std::vector<int64_t> clients;
  std::vector<int64_t> numbers;
  std::vector<std::string> answers;
};
BOOST_DESCRIBE_STRUCT(Columns, (), (keys, values, clients, numbers, answers))

class KvServer {
 public:
  // See the skeleton: the pointers outlive this, and 0 for the limit means no snapshots.
  KvServer(raft::Raft* raft, raft::Persister* persister, raft::ApplyChannel* apply_channel,
           int64_t max_raft_state);
  KvServer(const KvServer&) = delete;
  KvServer& operator=(const KvServer&) = delete;

  // The one RPC.
  Answer Perform(const Request& request) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // A client's last settled request.
  struct Line {
    int64_t number = 0;
    std::string answer;
  };
  // A request on a desk, with all calls that wait for it. Guarded by mu_, but for `request`, which
  // does not change.
  struct Errand {
    Request request;
    bool dealt_with = false;
    sim::CondVar done = {};
  };
  using ErrandPtr = std::shared_ptr<Errand>;
  struct Desk {
    static constexpr size_t kRoom = 4;  // errands; a client has one, and perhaps late copies
    sim::Channel<ErrandPtr> inbox{kRoom};
    ErrandPtr newest;       // the errand that came last; guarded by mu_
    sim::CondVar progress;  // the ledger may have this client's request
  };
  using DeskPtr = std::shared_ptr<Desk>;

  // --- Desks. ---

  // The client's desk, which is opened if there is none.
  DeskPtr DeskOf(int64_t client) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The desk's fiber.
  void RunDesk(int64_t client, const DeskPtr& desk) ABSL_LOCKS_EXCLUDED(mu_);
  // Starts the errand's request and waits until it is settled or there is no hope.
  void DealWith(const Errand& errand, Desk& desk) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- Replicated state. ---

  // The fiber of the log.
  void KeepLedger() ABSL_LOCKS_EXCLUDED(mu_);
  void Enter(const Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What the request does to the table; its answer.
  std::string CarryOut(const Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsSettled(const Request& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What to tell the client now.
  Answer AnswerTo(const Request& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // --- Snapshots. ---

  bool IsTimeForSnapshot() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string Pack() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Unpack(const std::string& bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  raft::Raft* const raft_;
  raft::Persister* const persister_;
  raft::ApplyChannel* const apply_channel_;
  const int64_t max_raft_state_;

  sim::Mutex mu_;
  std::map<std::string, std::string> table_ ABSL_GUARDED_BY(mu_);
  std::map<int64_t, Line> ledger_ ABSL_GUARDED_BY(mu_);  // by client
  int64_t since_snapshot_ ABSL_GUARDED_BY(mu_) = 0;      // entries
  std::map<int64_t, DeskPtr> desks_ ABSL_GUARDED_BY(mu_);
};

}  // namespace kvraft

#endif  // RAFTLAB_KVRAFT_KV_SERVER_H_
