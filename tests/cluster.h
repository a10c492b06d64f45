// Part of Raftlab, under the MIT License (see LICENSE).
//
// A Raft cluster as a test sees it: servers that are connected, cut off, crashed and restarted,
// commands that are given to them, and what they apply. All of it reaches the servers across the
// border of sim/border.h; a test never touches a server's memory.
//
// Names: Await... waits in virtual time and fails the run at a deadline; Check... fails it at once;
// all of them say in the failure what was wanted and what was got. Every function that asks a
// server may let some virtual time pass.

#ifndef RAFTLAB_TESTS_CLUSTER_H_
#define RAFTLAB_TESTS_CLUSTER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "labrpc/network.h"
#include "raft/server.h"
#include "sim/failure.h"
#include "sim/sim.h"
#include "sim/world.h"
#include "tests/apply_oracle.h"
#include "tests/machines.h"
#include "tests/message_oracles.h"

namespace tests {

// How long an election may take, as the tests see it (MIT's RaftElectionTimeout).
inline constexpr absl::Duration kElectionTimeout = absl::Seconds(1);

class Cluster {
 public:
  struct Options {
    // Of one among several: its machines are n3 to n5, say, but what is said of it calls them n0 to
    // n2.
    std::string name = {};
    int servers = 3;
    bool reliable = true;
    bool snapshots = false;    // the service snapshots at every tenth index
    int never_snapshots = -1;  // but that of this server does not
    absl::Duration slowest_save = absl::ZeroDuration();  // how long a server's disk may take
    // A service of a later lab runs on the servers' Rafts: its commands and snapshots are its own.
    // It boots from this configuration.
    std::optional<std::string> service_config = {};
    // Told of each boot ("boot"), and of all that a server reports: "apply", and the service's own.
    std::function<void(int server, const std::string& event, const std::string& bytes)>
        service_event = {};
    int clients = 0;  // machines of its own more, for them
  };

  // On machines of its own, or on those from `first_node` on. Boots all servers, all connected.
  // Calls to unreachable servers take up to 7 s to fail.
  Cluster(sim::World& world, const Options& options);
  Cluster(Machines& machines, int first_node, const Options& options);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  // Checks what holds for a whole run (RPC budget) and fills in its figures.
  ~Cluster();

  int size() const { return options_.servers; }
  // The machine that a server is on.
  sim::NodeId NodeOf(int server) const { return first_node_ + server; }
  sim::World& world() { return world_; }
  labrpc::Network& network() { return network_; }
  // The test's own chance.
  sim::Choices& chance() { return chance_; }
  // The server that stands `steps` behind `server` in the circle: (leader + 1) % n.
  int After(int server, int steps = 1) const { return (server + steps) % size(); }
  // A command that no other call of this has given or will give, of `digits` digits at least.
  std::string NewCommand();
  // Calls of InstallSnapshot so far.
  int64_t installs() const { return installs_; }

  // --- Faults. ---

  // Cuts a server off from all others, or connects it with all that are connected.
  void Disconnect(int server);
  void Connect(int server);
  bool connected(int server) const { return connected_[Index(server)]; }
  bool up(int server) const { return world_.up(NodeOf(server)); }
  // A power cut; the server is disconnected too.
  void Crash(int server);
  // Boots a server from its disk, after a crash if it is up. It stays disconnected: call Connect.
  void Restart(int server);
  void RestartAndConnect(int server);

  // One direction between two servers is cut, whatever else connects them, or no longer.
  void CutOneWay(int from, int to);
  void MendOneWay(int from, int to);
  // The server stands still, and goes on from there: a long pause of its process. A server that is
  // paused before it has run takes what arrives meanwhile as soon as it runs.
  void Pause(int server);
  void Resume(int server);
  bool paused(int server) const { return paused_[Index(server)]; }
  // The server crashes right after it has sent its k-th message (a request or a reply) from now on,
  // or right after its k-th save: nothing that it does later leaves it. One server at a time; a new
  // plan replaces the old.
  enum class CrashPoint { kMessage, kSave };
  void CrashAfter(int server, CrashPoint point, int k);
  void CancelCrash() { planned_crash_ = {}; }
  // The servers of this side can reach each other, and so can all others; nobody reaches the other
  // side, until HealAll or the next partition. Who is disconnected stays so.
  void Partition(const std::vector<int>& side);
  // As when the test began, but for the time that has passed: all servers boot with empty disks,
  // all connected. The oracles begin anew.
  void StartOver();

  // --- Asking. Nothing comes back from a server that is down. ---

  // Gives a command to one server. Fails the run if Start does not return at once.
  std::optional<raft::StartReply> Start(int server, const std::string& command);
  std::optional<raft::GetStateReply> GetState(int server);
  // How many servers have applied something at `index`, and what. The oracles see to it that it is
  // the same everywhere.
  int CountApplied(int64_t index, std::string* command = nullptr) const;
  int64_t last_committed() const { return applies_.last_committed(); }
  // The largest of the servers' persisted Raft states, in bytes.
  int64_t LogSize();
  int64_t TotalReceivedRpcs() const;

  // --- Claims. ---

  // One of the connected servers leads, and none other in the same term. Returns the leader of the
  // newest term. Looks every half second, ten times.
  int AwaitOneLeader();
  // All connected servers are in the same term, which it returns.
  int64_t CheckTerms();
  // No connected server believes that it leads.
  void CheckNoLeader();
  // Nobody has applied anything at `index`, or later; `why` completes "nobody may, because ...".
  void CheckNothingAppliedFrom(int64_t index, std::string_view why);

  struct Agreement {
    int expected = 1;    // how many servers must apply it
    bool retry = false;  // give the command again if it does not get through
  };
  // Gives a command to whoever leads and waits until `expected` servers have applied it; returns
  // its index. Fails after 10 s, or after 2 s without `retry` if the leader that took it still
  // leads.
  int64_t AwaitAgreement(const std::string& command, const Agreement& agreement);
  // Waits until `servers` servers have applied `index` and returns the command; nothing if a server
  // is seen in a term after `start_term` (no matter if that is -1). Fails after about 30 s.
  std::optional<std::string> AwaitApplied(int64_t index, int servers, int64_t start_term = -1);
  // Ends all faults but one: a majority, whose size it returns, is healed, on a good network;
  // everybody else is cut off.
  int HealMajority();
  // Ends all faults.
  void HealAll();
  // The end of a test with faults: a majority that is healed, while the rest is cut off for good,
  // must agree on a new command.
  void AwaitProgressOfMajority();

  // What went wrong when, for pictures. `end` is nothing while it lasts.
  struct Fault {
    std::string name;
    sim::Nanos begin = 0;
    std::optional<sim::Nanos> end = {};
  };
  const std::vector<Fault>& faults() const { return faults_; }

  // Fails the run; the report gets a line on each server.
  [[noreturn]] void Fail(sim::Verdict verdict, std::string message);
  // These lines, by machine.
  std::vector<std::string> DescribeServers() const;

 private:
  static size_t Index(int server) { return static_cast<size_t>(server); }
  Cluster(std::unique_ptr<Machines> own, const Options& options);
  void HandleOutput(int server, sim::Output& output);
  void HandleMessage(const labrpc::Call& call, bool arrived);
  // Of lab 2's service on this server; 0 if it makes none.
  int64_t SnapshotInterval(int server) const;
  // Checks the snapshot on the server's disk, and returns its index; 0 if there is none.
  int64_t CheckSnapshotOnDisk(int server);
  void HandleApplied(int server, const std::string& bytes);
  // The server crashes if this was the output that CrashAfter asked for.
  void CountTowardsCrash(int server, CrashPoint point);
  void Boot(int server);
  void UpdateLinks();
  void BeginFault(const std::string& name);
  void EndFault(const std::string& name);
  std::optional<std::string> AskAtOnce(int server, const std::string& method, std::string args);
  // Gives the command to the connected servers in turn until one accepts it as leader.
  std::optional<raft::StartReply> StartAnywhere(const std::string& command);
  // A connected server is in a newer term.
  bool TermHasPassed(int64_t term);
  [[noreturn]] void FailAgreement(const std::string& command, const Agreement& agreement,
                                  absl::Duration waited, int64_t times_accepted);
  // The server's side of the given framework does not write such bytes.
  [[noreturn]] void FailForBytes(int server, std::string_view what, const absl::Status& why);
  void CheckRpcBudget();

  sim::World& world_;
  const Options options_;
  const std::string context_;
  sim::Choices& chance_;
  std::unique_ptr<Machines> own_machines_;  // if nobody else gave it some
  labrpc::Network& network_;
  const int first_node_;
  MessageOracles messages_;
  ApplyOracle applies_;
  std::vector<bool> connected_;
  std::vector<bool> paused_;
  std::vector<int> pauses_;  // how many there were
  std::set<std::pair<int, int>> cut_one_way_;
  std::set<int> side_;  // of a partition
  std::string partition_;
  std::vector<Fault> faults_;
  struct PlannedCrash {
    int server = -1;  // none
    CrashPoint point = CrashPoint::kMessage;
    int left = 0;
  };
  PlannedCrash planned_crash_;
  bool message_left_ = false;  // with the output that is being dealt with
  int64_t installs_ = 0;
  std::vector<int64_t> newest_term_;  // that GetState has shown, in this life
  int64_t starts_ = 0;
  int64_t commands_made_ = 0;
  int next_to_ask_ = 0;
};

// Sleeps of the test: sim::SleepFor in milliseconds.
inline void SleepMillis(int64_t millis) { sim::SleepFor(absl::Milliseconds(millis)); }

}  // namespace tests

#endif  // RAFTLAB_TESTS_CLUSTER_H_
