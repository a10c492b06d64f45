// Part of Raftlab, under the MIT License (see LICENSE).
//
// Clients of a key/value service as a test sees them: clerks on machines of their own, what they
// are asked for, and the history of all of it, which at the end of every test must be linearizable.
//
// The texts that tests write come from NewText, so that any value tells which writes made it:
// histories are decided at once then (linearizability/kv_check.h).

#ifndef RAFTLAB_TESTS_KV_CLIENTS_H_
#define RAFTLAB_TESTS_KV_CLIENTS_H_

#include <cstddef>
#include <cstdint>
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

// Each client has one operation at a time.
class KvClients {
 public:
  // What failures speak of.
  struct Words {
    const char* clerk;    // the student's file
    const char* server;   // the student's file
    const char* program;  // the given file
    const char* if_late;  // questions to whoever's operation does not return
  };
  KvClients(const KvClients&) = delete;
  KvClients& operator=(const KvClients&) = delete;

  int clients() const { return static_cast<int>(calls_before_.size()); }
  // The machine that the client's clerk runs on.
  virtual sim::NodeId NodeOf(int client) const = 0;
  // A text that no other call of this has given or will give, and that begins no other.
  // Of so many bytes at least.
  std::string NewText(size_t size = 0);
  // The client goes away, with what it was asking for, and comes back with a new clerk.
  void NewClerk(int client);

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

  // What has returned so far is linearizable.
  void CheckHistory();
  // Fails the run; the report gets a line on each server.
  [[noreturn]] void Fail(sim::Verdict verdict, std::string message);

 protected:
  KvClients(int clients, const Words& words)
      : words_(words), calls_before_(static_cast<size_t>(clients)) {}
  ~KvClients() = default;

  virtual labrpc::Network& network() = 0;
  virtual sim::World& world() = 0;
  // A line on each server, for the report of a failure.
  virtual std::vector<std::string> DescribeServers() = 0;
  // The client's machine boots a new clerk.
  virtual void BootClerk(int client) = 0;
  // An operation of a client begins, or has returned.
  virtual void Begins(int /*client*/) {}
  virtual void Returns(int /*client*/, const std::string& /*key*/) {}
  // What went wrong, for pictures.
  virtual std::vector<Cluster::Fault> AllFaults() = 0;

  // At the end of the constructor: all clerks boot.
  void BeginHistory();
  // At the beginning of the destructor: checks the history.
  void EndHistory();

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

  const Words words_;
  linearizability::KvHistory history_;
  std::vector<int64_t> calls_before_;  // of each client's node, when its clerk booted
  int64_t texts_made_ = 0;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_KV_CLIENTS_H_
