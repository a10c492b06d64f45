// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/kv_cluster.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "labgob/labgob.h"
#include "linearizability/kv_check.h"
#include "linearizability/view.h"
#include "sim/check.h"

namespace tests {
namespace {

using linearizability::KvInput;
using linearizability::KvOperation;
using sim::Verdict;

// With all servers healed, what one operation may take: several elections, and a clerk that asks
// everybody in between.
constexpr absl::Duration kLongestOperation = absl::Seconds(20);
// Some operations begin while nobody can answer them, and wait for the test to heal the servers.
constexpr absl::Duration kLongerThanAnyRun = absl::Seconds(1000);

// The same three, on the border and in the history.
KvInput::Kind KindOf(OperationKind kind) { return static_cast<KvInput::Kind>(kind); }
OperationKind KindOf(KvInput::Kind kind) { return static_cast<OperationKind>(kind); }
static_assert(static_cast<int>(OperationKind::kAppend) == static_cast<int>(KvInput::Kind::kAppend));
static_assert(static_cast<int>(OperationKind::kPut) == static_cast<int>(KvInput::Kind::kPut));

Cluster::Options ServersOf(const KvCluster::Options& options) {
  const kvraft::ProgramConfig config{
      .max_raft_state = options.max_raft_state,
      .slowest_save_micros = absl::ToInt64Microseconds(options.slowest_save),
      .servers = {},
  };
  return {.servers = options.servers,
          .reliable = options.reliable,
          .service_config = labgob::Encode(config),
          .clients = options.clients};
}

// As a page (linearizability/view.h).
std::string DrawHistory(const linearizability::KvHistory& history,
                        const std::vector<Cluster::Fault>& faults) {
  const linearizability::Report report = linearizability::CheckKv(history, {.wants_order = true});
  linearizability::View view = linearizability::ViewOf(linearizability::KvModel(), history, report);
  view.title = absl::StrCat("What clients saw: ", linearizability::VerdictName(report.verdict));
  for (const Cluster::Fault& fault : faults) {
    view.bands.push_back({.name = fault.name, .begin_ns = fault.begin, .end_ns = fault.end});
  }
  return linearizability::DrawHtml(view);
}

}  // namespace

KvCluster::KvCluster(sim::World& world, const Options& options)
    : options_(options),
      servers_(world, ServersOf(options)),
      calls_before_(static_cast<size_t>(options.clients)) {
  world.SetPage([this] { return DrawHistory(history_, servers_.faults()); });
  for (int client = 0; client < clients(); ++client) NewClerk(client);
}

KvCluster::~KvCluster() {
  CheckHistory();
  servers_.world().stats()["operations"] = static_cast<int64_t>(history_.size());
  servers_.world().SetPage([history = std::move(history_), faults = servers_.faults()] {
    return DrawHistory(history, faults);
  });
}

std::string KvCluster::NewText() { return absl::StrCat("x", ++texts_made_, "y"); }

// ---- Clients. ----

void KvCluster::NewClerk(int client) {
  const int node = NodeOf(client);
  servers_.world().Crash(node);
  network().NodeCrashed(node);
  kvraft::ProgramConfig config;
  config.servers.resize(static_cast<size_t>(servers_.size()));
  std::iota(config.servers.begin(), config.servers.end(), 0);
  for (size_t i = config.servers.size(); i > 1; --i) {
    std::swap(config.servers[i - 1], config.servers[chance().Choose(i, "clerk-order")]);
  }
  calls_before_[static_cast<size_t>(client)] = network().sent(node);
  servers_.world().Boot(node, servers_.size(), labgob::Encode(config));
}

void KvCluster::ConnectClient(int client, const std::vector<int>& servers) {
  for (int server = 0; server < servers_.size(); ++server) {
    const bool up = std::ranges::find(servers, server) != servers.end();
    network().SetLink(NodeOf(client), server, up);
    network().SetLink(server, NodeOf(client), up);
  }
}

void KvCluster::ConnectClientToAll(int client) {
  std::vector<int> all(static_cast<size_t>(servers_.size()));
  std::iota(all.begin(), all.end(), 0);
  ConnectClient(client, all);
}

void KvCluster::Record(const KvOperation& operation) {
  const bool returned = !operation.is_open();
  servers_.world().trace().Record(
      servers_.world().now(), NodeOf(static_cast<int>(operation.client)), sim::Topic::kCmnd,
      {operation.client, returned}, returned ? operation.output.value : operation.input.value, [&] {
        const linearizability::KvModel model;
        const std::string call = model.Call(operation.input);
        if (!returned) return absl::StrFormat("client %d: %s", operation.client, call);
        return absl::StrFormat("client %d: %s %s", operation.client, call,
                               model.Result(operation.input, operation.output));
      });
}

size_t KvCluster::Call(int client, OperationKind kind, const std::string& key,
                       const std::string& value) {
  history_.push_back({.client = client,
                      .input = {.kind = KindOf(kind), .key = key, .value = value},
                      .output = {},
                      .call_ns = servers_.world().now()});
  Record(history_.back());
  return history_.size() - 1;
}

std::optional<std::string> KvCluster::Await(size_t operation, absl::Duration limit) {
  const int client = static_cast<int>(history_[operation].client);
  const KvInput& input = history_[operation].input;
  const kvraft::OperateArgs args{
      .kind = KindOf(input.kind), .key = input.key, .value = input.value};
  const auto answer = network().Ask(NodeOf(client), "Judge.Operate", labgob::Encode(args), limit);
  if (!answer.has_value()) return std::nullopt;
  auto reply = labgob::Decode<kvraft::OperateReply>(*answer);
  if (!reply.ok()) {
    servers_.Fail(Verdict::kContract,
                  absl::StrFormat("client %d reports in bytes that cannot be read (%s); only the "
                                  "given kvraft/program.cc may report to the tests",
                                  client, reply.status().message()));
  }
  CheckClerkCalls(operation);
  KvOperation& done = history_[operation];
  done.output.value = reply->value;
  done.return_ns = servers_.world().now();
  Record(done);
  return std::move(reply->value);
}

std::string KvCluster::AwaitNow(size_t operation) {
  std::optional<std::string> value = Await(operation, kLongestOperation);
  if (!value.has_value()) {
    FailForLateness(operation, "a majority of the servers is up and connected");
  }
  return *std::move(value);
}

void KvCluster::CheckClerkCalls(size_t operation) {
  const KvOperation& done = history_[operation];
  const int client = static_cast<int>(done.client);
  if (network().sent(NodeOf(client)) > calls_before_[static_cast<size_t>(client)]) return;
  servers_.Fail(
      Verdict::kContract,
      absl::StrFormat("client %d's %s has returned, and its clerk has not called a single server: "
                      "nothing can have been carried out. Write the clerk first "
                      "(kvraft/clerk.cc), which calls one server after the other until one says "
                      "that it is done, then the service (kvraft/kv_server.cc)",
                      client, linearizability::KvModel().Call(done.input)));
}

void KvCluster::FailForLateness(size_t operation, std::string_view because) {
  const KvOperation& late = history_[operation];
  const auto waited = absl::Nanoseconds(servers_.world().now() - late.call_ns);
  servers_.Fail(
      Verdict::kLiveness,
      absl::StrFormat(
          "client %d's %s has not returned after %s; it should, because %s. Does the clerk try "
          "every server in turn, again and again, and does a server always answer: also when it "
          "loses its leadership, or another command takes the place in the log?",
          late.client, linearizability::KvModel().Call(late.input), absl::FormatDuration(waited),
          because));
}

std::optional<std::string> KvCluster::Operate(int client, OperationKind kind,
                                              const std::string& key, const std::string& value) {
  return Await(Call(client, kind, key, value), kLongerThanAnyRun);
}

std::shared_ptr<const KvCluster::Pending> KvCluster::Begin(int client, OperationKind kind,
                                                           const std::string& key,
                                                           const std::string& value) {
  auto pending = std::make_shared<Pending>();
  pending->operation = Call(client, kind, key, value);
  sim::Go(absl::StrCat("client ", client), [this, pending] {
    std::optional<std::string> got = Await(pending->operation, kLongerThanAnyRun);
    if (!got.has_value()) return;
    pending->value = *std::move(got);
    pending->done = true;
  });
  return pending;
}

void KvCluster::AwaitDone(const Pending& pending, absl::Duration limit, std::string_view because) {
  const absl::Time end = sim::Now() + limit;
  while (!pending.done && sim::Now() < end) SleepMillis(1);
  if (!pending.done) FailForLateness(pending.operation, because);
}

void KvCluster::FailForOpen(std::string_view because) {
  const auto open = std::ranges::find_if(history_, &KvOperation::is_open);
  SIM_CHECK(open != history_.end(), "no operation is open");
  FailForLateness(static_cast<size_t>(open - history_.begin()), because);
}

std::string KvCluster::Get(int client, const std::string& key) {
  return AwaitNow(Call(client, OperationKind::kGet, key, ""));
}

void KvCluster::Put(int client, const std::string& key, const std::string& value) {
  AwaitNow(Call(client, OperationKind::kPut, key, value));
}

void KvCluster::Append(int client, const std::string& key, const std::string& value) {
  AwaitNow(Call(client, OperationKind::kAppend, key, value));
}

void KvCluster::CheckValue(int client, const std::string& key, const std::string& wanted) {
  const std::string got = Get(client, key);
  if (got == wanted) return;
  CheckHistory();  // which has a better explanation, if it is one
  servers_.Fail(Verdict::kLinearizability,
                absl::StrFormat("client %d's Get(\"%s\") returned %s; wanted %s", client, key,
                                linearizability::Quoted(got), linearizability::Quoted(wanted)));
}

// ---- Faults. ----

void KvCluster::PartitionAtRandom() {
  std::vector<int> side;
  for (int server = 0; server < servers_.size(); ++server) {
    if (chance().Chance(1, 2, "side")) side.push_back(server);
  }
  servers_.Partition(side);
}

std::vector<int> KvCluster::CutOffLeader(std::vector<int>* majority) {
  const int leader = servers_.AwaitOneLeader();
  std::vector<int> minority;
  majority->clear();
  for (int step = 0; step < servers_.size(); ++step) {
    const bool with_leader = step < (servers_.size() - 1) / 2;
    (with_leader ? minority : *majority).push_back(servers_.After(leader, step));
  }
  servers_.Partition(minority);
  return minority;
}

// ---- Claims. ----

void KvCluster::CheckLogSizes() {
  if (options_.max_raft_state == 0) return CheckSnapshotSizes(0);
  const int64_t most = 8 * options_.max_raft_state;
  const int64_t size = servers_.LogSize();
  if (size <= most) return;
  servers_.Fail(
      Verdict::kBudget,
      absl::StrFormat("a server's Raft has saved %d bytes; with a limit of %d the log is to be "
                      "compacted before it has %d. Does the service call Raft::Snapshot() when "
                      "state_size() nears the limit?",
                      size, options_.max_raft_state, most));
}

void KvCluster::CheckSnapshotSizes(int64_t most) {
  for (int server = 0; server < servers_.size(); ++server) {
    const size_t size = servers_.world().disk(server).snapshot.size();
    if (static_cast<int64_t>(size) <= most) continue;
    servers_.Fail(
        Verdict::kBudget,
        options_.max_raft_state == 0
            ? absl::StrFormat("n%d has a snapshot of %d bytes, though it was told to make none",
                              server, size)
            : absl::StrFormat("n%d has a snapshot of %d bytes, more than %d: a snapshot holds the "
                              "table and what finds duplicates, and nothing that grows with the "
                              "number of operations",
                              server, size, most));
  }
}

void KvCluster::CheckHistory() {
  const linearizability::Report report = linearizability::CheckKv(history_);
  switch (report.verdict) {
    case linearizability::Verdict::kLegal:
      return;
    case linearizability::Verdict::kIllegal:
      servers_.Fail(Verdict::kLinearizability,
                    absl::StrFormat("what clients saw is not linearizable, as if one table had "
                                    "carried out one operation after the other: %s",
                                    report.explanation));
    case linearizability::Verdict::kUnknown:
      servers_.Fail(
          Verdict::kFrameworkFault,
          absl::StrFormat("it is unknown whether the history is linearizable: %s; tests write only "
                          "texts of NewText(), for which it is always known",
                          report.explanation));
  }
}

}  // namespace tests
