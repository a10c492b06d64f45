// Part of Raftlab, under the MIT License (see LICENSE).
//
// A key/value service as a test sees it: servers on a cluster (cluster.h), clerks on machines of
// their own, and the history of all that clients asked for, which at the end of every test must be
// linearizable.
//
// The texts that tests write come from NewText, so that any value tells which writes made it:
// histories are decided at once then (linearizability/kv_check.h).

#ifndef RAFTLAB_TESTS_KV_CLUSTER_H_
#define RAFTLAB_TESTS_KV_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "kvraft/program.h"
#include "linearizability/kv_model.h"
#include "tests/cluster.h"

namespace tests {

using kvraft::OperationKind;

class KvCluster {
 public:
  struct Options {
    int servers = 5;
    int clients = 1;
    bool reliable = true;
    int64_t max_raft_state = 0;  // bytes; 0: the service makes no snapshots
    absl::Duration slowest_save = absl::ZeroDuration();
  };

  // Boots all servers and a clerk for each client; all can reach each other.
  KvCluster(sim::World& world, const Options& options);
  KvCluster(const KvCluster&) = delete;
  KvCluster& operator=(const KvCluster&) = delete;
  // Checks the history.
  ~KvCluster();

  Cluster& servers() { return servers_; }
  labrpc::Network& network() { return servers_.network(); }
  sim::Choices& chance() { return servers_.chance(); }
  int clients() const { return options_.clients; }
  // A text that no other call of this has given or will give, and that begins no other.
  std::string NewText();

  // --- Clients, 0 to clients()-1. Each has one operation at a time. ---

  // The client goes away, with what it was asking for, and comes back with a new clerk.
  void NewClerk(int client);
  // From now on its clerk reaches these servers only.
  void ConnectClient(int client, const std::vector<int>& servers);
  void ConnectClientToAll(int client);
  // The machine that the client's clerk runs on, as the network knows it.
  int NodeOf(int client) const { return servers_.size() + client; }

  // Each waits until the operation has returned, and fails the run if that takes too long.
  std::string Get(int client, const std::string& key);
  void Put(int client, const std::string& key, const std::string& value);
  void Append(int client, const std::string& key, const std::string& value);
  // Gets the key, and fails the run if its value is another.
  void CheckValue(int client, const std::string& key, const std::string& wanted);

  // An operation that may take as long as it likes: nothing if the client goes away meanwhile.
  std::optional<std::string> Operate(int client, OperationKind kind, const std::string& key,
                                     const std::string& value = "");
  // The same beside the test.
  struct Pending {
    size_t operation = 0;  // in the history
    bool done = false;
    std::string value = {};  // what a Get returned
  };
  std::shared_ptr<const Pending> Begin(int client, OperationKind kind, const std::string& key,
                                       const std::string& value = "");
  // Fails the run if it has not returned after `limit`; it should, `because`.
  void AwaitDone(const Pending& pending, absl::Duration limit, std::string_view because);
  // Fails the run for an operation that has not returned and should have, `because`.
  [[noreturn]] void FailForOpen(std::string_view because);

  // --- Faults. ---

  // Puts each server on a side by a coin flip.
  void PartitionAtRandom();
  // The leader and as many others as make a minority, on one side; returns them. The others, a
  // majority, are `*majority`.
  std::vector<int> CutOffLeader(std::vector<int>* majority);

  // --- Claims. ---

  // No server's Raft has saved more than eight times the limit; without one, there are no
  // snapshots.
  void CheckLogSizes();
  // No server has a snapshot of more bytes than that.
  void CheckSnapshotSizes(int64_t most);
  // What has returned so far is linearizable.
  void CheckHistory();

 private:
  // Adds an operation that begins now to the history.
  size_t Call(int client, OperationKind kind, const std::string& key, const std::string& value);
  // Carries it out; nothing if the client goes away, or after `limit`.
  std::optional<std::string> Await(size_t operation, absl::Duration limit);
  // The same, and fails the run if it takes too long.
  std::string AwaitNow(size_t operation);
  // Fails the run if the operation has returned, and its clerk has not made a single call.
  void CheckClerkCalls(size_t operation);
  [[noreturn]] void FailForLateness(size_t operation, std::string_view because);
  void Record(const linearizability::KvOperation& operation);

  const Options options_;
  Cluster servers_;
  linearizability::KvHistory history_;
  std::vector<int64_t> calls_before_;  // of each client's node, when its clerk booted
  int64_t texts_made_ = 0;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_KV_CLUSTER_H_
