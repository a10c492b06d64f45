// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/cluster.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "labgob/labgob.h"
#include "tests/wire.h"

namespace tests {
namespace {

using sim::NodeId;
using sim::Verdict;

// MIT's snapshot interval in 2D: a snapshot after indices 9, 19, 29, ...
constexpr int64_t kSnapshotInterval = 10;
// A call of Start or GetState that takes longer than this waits for something: a lock that is held
// over a remote call, a reply, a commit. Interruptions by the scheduler are far shorter.
constexpr absl::Duration kAtOnce = absl::Milliseconds(100);
// It may wait for a mutex that is held over a save, and on a slow disk for many of them.
constexpr int kSavesAhead = 100;

double Seconds(sim::Nanos at) { return static_cast<double>(at) / 1e9; }

std::string Shown(const std::string& command) {
  if (command.size() <= 40) return "\"" + command + "\"";
  return absl::StrFormat("\"%s...\" (%d bytes)", command.substr(0, 20), command.size());
}

// Words before what is said of a cluster.
std::string ContextOf(const Cluster::Options& options, sim::NodeId first_node) {
  if (options.name.empty()) return "";
  return absl::StrFormat("%s (its n0 is machine n%d): ", options.name, first_node);
}

}  // namespace

Cluster::Cluster(sim::World& world, const Options& options)
    : Cluster(std::make_unique<Machines>(world, options.servers + options.clients), options) {}

Cluster::Cluster(std::unique_ptr<Machines> own, const Options& options)
    : Cluster(*own, 0, options) {
  own_machines_ = std::move(own);
}

Cluster::Cluster(Machines& machines, int first_node, const Options& options)
    : world_(machines.world()),
      options_(options),
      context_(ContextOf(options, first_node)),
      chance_(world_.choices("test")),
      network_(machines.network()),
      first_node_(first_node),
      messages_(world_, options.servers, first_node),
      applies_(world_, options.servers, options.service_config.has_value(), first_node),
      connected_(Index(options.servers), false),
      paused_(Index(options.servers), false),
      pauses_(Index(options.servers), 0),
      newest_term_(Index(options.servers), 0) {
  world_.stats()["servers"] += options.servers;
  machines.Add(
      {.first = first_node,
       .count = options.servers,
       .output = [this](NodeId node,
                        sim::Output& output) { HandleOutput(node - first_node_, output); },
       .message = [this](const labrpc::Call& call, bool arrived) { HandleMessage(call, arrived); },
       .left = [this] { message_left_ = true; }});
  network_.SetReliable(options.reliable);
  network_.SetLongDelays(!options.service_config.has_value());  // clerks try all servers in turn
  for (int server = 0; server < size(); ++server) Boot(server);
  for (int server = 0; server < size(); ++server) Connect(server);
}

Cluster::~Cluster() {
  world_.stats()["rpcs"] = network_.rpcs();
  world_.stats()["bytes"] = network_.bytes();
  world_.stats()["commits"] = last_committed();
  CheckRpcBudget();
}

std::string Cluster::NewCommand() {
  return absl::StrCat(++commands_made_, "-", chance_.Choose(1'000'000, "command"));
}

// ---- What servers put out. ----

void Cluster::HandleOutput(int server, sim::Output& output) {
  const sim::FailureContext context(context_);
  if (output.kind == sim::Output::Kind::kEvent) {
    if (output.method == "apply") HandleApplied(server, output.bytes);
    if (options_.service_event) options_.service_event(server, output.method, output.bytes);
  }
  if (output.kind == sim::Output::Kind::kPersist) {
    messages_.Persisted(server);
    CountTowardsCrash(server, CrashPoint::kSave);
  }
  if (std::exchange(message_left_, false)) CountTowardsCrash(server, CrashPoint::kMessage);
}

void Cluster::HandleMessage(const labrpc::Call& call, bool arrived) {
  const sim::FailureContext context(context_);
  if (!arrived) message_left_ = true;
  installs_ += !arrived && IsRequest(call, kInstallSnapshot);
  if (first_node_ > 0) {
    labrpc::Call local = call;
    local.from -= first_node_;
    local.to -= first_node_;
    return arrived ? messages_.Arrived(local) : messages_.Left(local);
  }
  arrived ? messages_.Arrived(call) : messages_.Left(call);
}

int64_t Cluster::SnapshotInterval(int server) const {
  return options_.snapshots && server != options_.never_snapshots ? kSnapshotInterval : 0;
}

void Cluster::HandleApplied(int node, const std::string& bytes) {
  const auto msg = labgob::Decode<raft::ApplyMsg>(bytes);
  if (!msg.ok()) FailForBytes(node, "an applied entry", msg.status());
  applies_.Applied(node, *msg);
  messages_.Applied(node, *msg);
  if (options_.service_config.has_value()) return messages_.Offered(node, msg->index);
  const int64_t interval = SnapshotInterval(node);
  const bool snapshot_due = interval > 0 && msg->kind != raft::ApplyMsg::Kind::kSnapshot &&
                            (msg->index + 1) % interval == 0;
  if (!snapshot_due) return;
  messages_.Offered(node, msg->index);
  network_.Tell(NodeOf(node), "Judge.Snapshot",
                labgob::Encode(raft::SnapshotArgs{.index = msg->index,
                                                  .snapshot = applies_.SnapshotAt(msg->index)}));
}

// ---- Faults. ----

void Cluster::UpdateLinks() {
  for (int from = 0; from < size(); ++from) {
    for (int to = 0; to < size(); ++to) {
      if (from == to) continue;
      network_.SetLink(NodeOf(from), NodeOf(to),
                       connected(from) && connected(to) && !cut_one_way_.contains({from, to}) &&
                           side_.contains(from) == side_.contains(to));
    }
  }
}

void Cluster::BeginFault(const std::string& name) {
  faults_.push_back({.name = name, .begin = world_.now()});
}

void Cluster::EndFault(const std::string& name) {
  const auto fault = std::find_if(faults_.rbegin(), faults_.rend(),
                                  [&](const Fault& candidate) { return candidate.name == name; });
  if (fault != faults_.rend() && !fault->end.has_value()) fault->end = world_.now();
}

void Cluster::Disconnect(int server) {
  sim::Log(sim::Topic::kTest, "disconnect n%d", server);
  if (connected(server)) BeginFault(absl::StrFormat("n%d cut off", server));
  connected_[Index(server)] = false;
  UpdateLinks();
}

void Cluster::Connect(int server) {
  sim::Log(sim::Topic::kTest, "connect n%d", server);
  connected_[Index(server)] = true;
  EndFault(absl::StrFormat("n%d cut off", server));
  UpdateLinks();
}

void Cluster::Crash(int server) {
  Disconnect(server);
  if (!up(server)) return;
  paused_[Index(server)] = false;
  BeginFault(absl::StrFormat("n%d down", server));
  world_.Crash(NodeOf(server));
  network_.NodeCrashed(NodeOf(server));
}

int64_t Cluster::CheckSnapshotOnDisk(int server) {
  const std::string& snapshot = world_.disk(NodeOf(server)).snapshot;
  if (snapshot.empty()) return 0;
  const std::optional<int64_t> index = applies_.SnapshotIndex(snapshot);
  if (index.has_value()) return *index;
  Fail(Verdict::kSafety,
       absl::StrFormat("n%d restarts with a snapshot on its disk that no service ever made (%d "
                       "bytes); Raft saves the service's bytes as they are",
                       server, snapshot.size()));
}

void Cluster::Boot(int server) {
  EndFault(absl::StrFormat("n%d down", server));
  newest_term_[Index(server)] = 0;
  if (options_.service_config.has_value()) {
    const bool has_snapshot = !world_.disk(NodeOf(server)).snapshot.empty();
    has_snapshot ? applies_.BootedFromOwnSnapshot(server) : applies_.Booted(server, 0);
    if (options_.service_event) options_.service_event(server, "boot", "");
    return world_.Boot(NodeOf(server), size(), *options_.service_config);
  }
  applies_.Booted(server, CheckSnapshotOnDisk(server));
  const raft::ServerConfig config{
      .snapshot_interval = SnapshotInterval(server),
      .slowest_save_micros = absl::ToInt64Microseconds(options_.slowest_save),
  };
  world_.Boot(NodeOf(server), size(), labgob::Encode(config));
}

void Cluster::Restart(int server) {
  Crash(server);
  Boot(server);
}

void Cluster::RestartAndConnect(int server) {
  Restart(server);
  Connect(server);
}

// ---- Asking. ----

std::optional<std::string> Cluster::AskAtOnce(int server, const std::string& method,
                                              std::string args) {
  if (!up(server) || paused(server)) return std::nullopt;
  const int incarnation = world_.incarnation(NodeOf(server));
  const int pauses = pauses_[Index(server)];
  const absl::Duration limit = kAtOnce + kSavesAhead * options_.slowest_save;
  std::optional<std::string> answer =
      network_.Ask(NodeOf(server), "Judge." + method, std::move(args), limit);
  if (!answer.has_value() && up(server) && world_.incarnation(NodeOf(server)) == incarnation &&
      pauses_[Index(server)] == pauses) {
    sim::Failure failure;
    failure.verdict = Verdict::kContract;
    failure.message = absl::StrFormat(
        "%s() on n%d has not returned after %s of virtual time; it must return at once, and not "
        "wait for a reply, a commit, or a mutex that another fiber holds over a wait",
        method, server, absl::FormatDuration(limit));
    failure.detail = world_.DescribeFibers(NodeOf(server));
    for (const std::string& line : failure.detail) {
      if (absl::StrContains(line, "\"Judge." + method + "\"")) failure.message += ": " + line;
    }
    sim::Fail(std::move(failure));
  }
  return answer;
}

std::optional<raft::StartReply> Cluster::Start(int server, const std::string& command) {
  const Moment asked = messages_.Now();
  applies_.Given(command);
  const auto answer =
      AskAtOnce(server, "Start", labgob::Encode(raft::StartArgs{.command = command}));
  if (!answer.has_value()) return std::nullopt;
  const auto reply = labgob::Decode<raft::StartReply>(*answer);
  if (!reply.ok()) FailForBytes(server, "its answer to Start()", reply.status());
  world_.trace().Record(
      world_.now(), server, sim::Topic::kCmnd, {reply->is_leader, reply->index, reply->term},
      command, [&] {
        return reply->is_leader ? absl::StrFormat("%s accepted at %d/%d", Shown(command),
                                                  reply->term, reply->index)
                                : absl::StrFormat("%s refused, not the leader", Shown(command));
      });
  if (reply->is_leader) {
    ++starts_;
    messages_.TookCommand(server, reply->term, reply->index, asked);
  }
  return *reply;
}

std::optional<raft::GetStateReply> Cluster::GetState(int server) {
  // Answers may overtake each other: only what was known before the question binds this one.
  const int64_t newest_before = newest_term_[Index(server)];
  const int incarnation = world_.incarnation(NodeOf(server));
  const auto answer = AskAtOnce(server, "GetState", labgob::Encode(raft::GetStateArgs{}));
  if (!answer.has_value()) return std::nullopt;
  const auto reply = labgob::Decode<raft::GetStateReply>(*answer);
  if (!reply.ok()) FailForBytes(server, "its answer to GetState()", reply.status());
  if (world_.incarnation(NodeOf(server)) != incarnation) return std::nullopt;
  if (reply->term < newest_before) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d was in term %d and is now in term %d; currentTerm only grows (Figure 2: "
             "latest term server has seen, increases monotonically)",
             server, newest_before, reply->term));
  }
  int64_t& newest = newest_term_[Index(server)];
  newest = std::max(newest, reply->term);
  return *reply;
}

int Cluster::CountApplied(int64_t index, std::string* command) const {
  int count = 0;
  for (int server = 0; server < size(); ++server) {
    const raft::ApplyMsg* msg = applies_.At(server, index);
    if (msg == nullptr) continue;
    ++count;
    if (command != nullptr) *command = msg->data;
  }
  return count;
}

int64_t Cluster::LogSize() {
  int64_t largest = 0;
  for (int server = 0; server < size(); ++server) {
    largest = std::max(largest, static_cast<int64_t>(world_.disk(NodeOf(server)).state.size()));
  }
  return largest;
}

int64_t Cluster::TotalReceivedRpcs() const {
  int64_t total = 0;
  for (int server = 0; server < size(); ++server) total += network_.received(NodeOf(server));
  return total;
}

// ---- Claims. ----

int Cluster::AwaitOneLeader() {
  for (int look = 0; look < 10; ++look) {
    SleepMillis(450 + static_cast<int64_t>(chance_.Choose(100, "look-for-leader")));
    std::map<int64_t, std::vector<int>> leaders;
    for (int server = 0; server < size(); ++server) {
      if (!connected(server)) continue;
      const auto state = GetState(server);
      if (state.has_value() && state->is_leader) leaders[state->term].push_back(server);
    }
    for (const auto& [term, servers] : leaders) {
      if (servers.size() > 1) {
        Fail(Verdict::kSafety,
             absl::StrFormat(
                 "n%s %s say that they lead term %d. Election Safety (Figure 3): at most "
                 "one leader can be elected in a given term",
                 absl::StrJoin(servers, " and n"), servers.size() == 2 ? "both" : "all", term));
      }
    }
    for (const auto& [term, servers] : leaders) messages_.CheckElected(term, servers.front());
    if (!leaders.empty()) return leaders.rbegin()->second.front();
  }
  Fail(Verdict::kLiveness,
       "no leader in 5 s, though a majority of the servers is up and connected: a follower that "
       "hears from no leader starts an election (section 5.2). If nothing is written yet, begin "
       "with RunElectionTimer(), StartElection() and RequestVote() in raft/raft.cc, and "
       "GetState()");
}

int64_t Cluster::CheckTerms() {
  int64_t term = -1;
  int first = -1;
  for (int server = 0; server < size(); ++server) {
    if (!connected(server)) continue;
    const auto state = GetState(server);
    if (!state.has_value()) continue;
    if (term == -1) {
      term = state->term;
      first = server;
    } else if (state->term != term) {
      Fail(Verdict::kLiveness,
           absl::StrFormat(
               "n%d is in term %d, n%d in term %d; a leader's heartbeats bring every server "
               "that they reach into its term (section 5.1)",
               first, term, server, state->term));
    }
  }
  return term;
}

void Cluster::CheckNoLeader() {
  for (int server = 0; server < size(); ++server) {
    if (!connected(server)) continue;
    const auto state = GetState(server);
    if (!state.has_value() || !state->is_leader) continue;
    Fail(
        Verdict::kSafety,
        absl::StrFormat("n%d says that it leads term %d, but no majority can reach it: a candidate "
                        "needs votes of a majority of all %d servers (section 5.2)",
                        server, state->term, size()));
  }
}

void Cluster::CheckNothingAppliedFrom(int64_t index, std::string_view why) {
  if (last_committed() < index) return;
  std::string command;
  const int count = CountApplied(index, &command);
  Fail(Verdict::kSafety,
       absl::StrFormat("%d server(s) applied %s at index %d; nobody may, because %s", count,
                       Shown(command), index, why));
}

std::optional<raft::StartReply> Cluster::StartAnywhere(const std::string& command) {
  for (int tries = 0; tries < size(); ++tries) {
    const int server = next_to_ask_;
    next_to_ask_ = After(next_to_ask_);
    if (!connected(server)) continue;
    const auto started = Start(server, command);
    if (started.has_value() && started->is_leader) return started;
  }
  return std::nullopt;
}

int64_t Cluster::AwaitAgreement(const std::string& command, const Agreement& agreement) {
  const absl::Time began = sim::Now();
  int64_t times_accepted = 0;
  while (sim::Now() - began < absl::Seconds(10)) {
    const std::optional<raft::StartReply> accepted = StartAnywhere(command);
    if (!accepted.has_value()) {
      SleepMillis(50);
      continue;
    }
    ++times_accepted;
    const absl::Time started = sim::Now();
    while (sim::Now() - started < absl::Seconds(2)) {
      std::string applied;
      if (CountApplied(accepted->index, &applied) >= agreement.expected && applied == command) {
        return accepted->index;
      }
      SleepMillis(20);
    }
    // Even on a good network a leader may lose its term to a candidate that had not heard of it
    // yet.
    if (!agreement.retry && !TermHasPassed(accepted->term)) {
      FailAgreement(command, agreement, sim::Now() - began, times_accepted);
    }
  }
  FailAgreement(command, agreement, sim::Now() - began, times_accepted);
}

bool Cluster::TermHasPassed(int64_t term) {
  for (int server = 0; server < size(); ++server) {
    const auto state = GetState(server);
    if (connected(server) && state.has_value() && state->term > term) return true;
  }
  return false;
}

void Cluster::FailAgreement(const std::string& command, const Agreement& agreement,
                            absl::Duration waited, int64_t times_accepted) {
  std::vector<std::string> have;
  for (int server = 0; server < size(); ++server) {
    for (int64_t index = applies_.last_applied(server); index > 0; --index) {
      const raft::ApplyMsg* msg = applies_.At(server, index);
      if (msg == nullptr || msg->data != command) continue;
      have.push_back(absl::StrFormat("n%d at index %d", server, index));
      break;
    }
  }
  std::string hint;
  if (times_accepted == 0) {
    hint =
        "No connected server took it as leader: Start() and GetState() never said so. See that "
        "`./lab test 2A` passes first, then write Start()";
  } else if (have.empty()) {
    hint = absl::StrFormat(
        "A leader took it %d time(s) and nobody applied it: does the leader send its entries, "
        "count the "
        "replies (AdvanceCommitIndex), and does ApplyCommitted() send what is committed?",
        times_accepted);
  } else {
    hint =
        "The others did not catch up in time: do they learn the commit index with every "
        "AppendEntries, "
        "and does a refusal move next_index back fast enough?";
  }
  Fail(Verdict::kLiveness,
       absl::StrFormat("no agreement on %s after %.1f s: wanted %d servers to apply it, got %s. %s",
                       Shown(command), absl::ToDoubleSeconds(waited), agreement.expected,
                       have.empty() ? "none" : absl::StrJoin(have, ", "), hint));
}

std::optional<std::string> Cluster::AwaitApplied(int64_t index, int servers, int64_t start_term) {
  absl::Duration pause = absl::Milliseconds(10);
  for (int look = 0; look < 30; ++look) {
    if (CountApplied(index) >= servers) break;
    sim::SleepFor(pause);
    if (pause < absl::Seconds(1)) pause *= 2;
    if (start_term < 0) continue;
    for (int server = 0; server < size(); ++server) {
      const auto state = GetState(server);
      if (state.has_value() && state->term > start_term) return std::nullopt;
    }
  }
  std::string command;
  const int count = CountApplied(index, &command);
  if (count < servers) {
    Fail(Verdict::kLiveness,
         absl::StrFormat("only %d servers have applied index %d after 30 s; wanted %d", count,
                         index, servers));
  }
  return command;
}

void Cluster::Fail(Verdict verdict, std::string message) {
  const sim::FailureContext context(context_);
  sim::Failure failure;
  failure.verdict = verdict;
  failure.message = std::move(message);
  failure.detail = DescribeServers();
  sim::Fail(std::move(failure));
}

void Cluster::FailForBytes(int server, std::string_view what, const absl::Status& why) {
  Fail(Verdict::kContract,
       absl::StrFormat("n%d reports %s in bytes that cannot be read (%s); only the given "
                       "raft/server.cc may report to the tests",
                       server, what, why.message()));
}

std::vector<std::string> Cluster::DescribeServers() const {
  std::vector<std::string> lines;
  for (int server = 0; server < size(); ++server) {
    std::string line = absl::StrFormat("n%d: ", NodeOf(server));
    if (!up(server)) {
      lines.push_back(line + "down");
      continue;
    }
    absl::StrAppend(&line, connected(server) ? "connected" : "cut off");
    const int64_t term = newest_term_[Index(server)];
    if (term > 0) absl::StrAppendFormat(&line, ", last seen in term %d", term);
    absl::StrAppendFormat(&line, ", applied through index %d, %d bytes of state",
                          applies_.last_applied(server), world_.disk(NodeOf(server)).state.size());
    lines.push_back(std::move(line));
  }
  return lines;
}

// The labs ask for tens of RPCs a second. What is far beyond them is a loop without a pause.
void Cluster::CheckRpcBudget() {
  if (options_.service_config.has_value()) return;  // clients work as fast as they can
  const int64_t pairs = static_cast<int64_t>(size()) * (size() - 1);
  const auto allowed =
      static_cast<int64_t>(Seconds(world_.now()) * 60.0 * static_cast<double>(pairs)) +
      20 * size() * starts_ + 1000;
  if (network_.rpcs() <= allowed) return;
  Fail(Verdict::kBudget,
       absl::StrFormat(
           "%d RPCs in %.1f s of virtual time for %d commands; more than %d means that "
           "something calls in a loop without a pause (the lab asks for tens of RPCs a second)",
           network_.rpcs(), Seconds(world_.now()), starts_, allowed));
}

}  // namespace tests
