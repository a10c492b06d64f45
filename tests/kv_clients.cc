// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/kv_clients.h"

#include <algorithm>
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

void KvClients::BeginHistory() {
  world().SetPage([this] { return DrawHistory(history_, AllFaults()); });
  for (int client = 0; client < clients(); ++client) NewClerk(client);
}

void KvClients::EndHistory() {
  CheckHistory();
  world().stats()["operations"] = static_cast<int64_t>(history_.size());
  world().SetPage([history = std::move(history_), faults = AllFaults()] {
    return DrawHistory(history, faults);
  });
}

std::string KvClients::NewText(size_t size) {
  std::string text = absl::StrCat("x", ++texts_made_);
  if (text.size() + 1 < size) text.resize(size - 1, 'z');
  return text + "y";
}

void KvClients::NewClerk(int client) {
  const sim::NodeId node = NodeOf(client);
  world().Crash(node);
  network().NodeCrashed(node);
  calls_before_[static_cast<size_t>(client)] = network().sent(node);
  BootClerk(client);
}

void KvClients::Record(const KvOperation& operation) {
  const bool returned = !operation.is_open();
  world().trace().Record(world().now(), NodeOf(static_cast<int>(operation.client)),
                         sim::Topic::kCmnd, {operation.client, returned},
                         returned ? operation.output.value : operation.input.value, [&] {
                           const linearizability::KvModel model;
                           const std::string call = model.Call(operation.input);
                           if (!returned)
                             return absl::StrFormat("client %d: %s", operation.client, call);
                           return absl::StrFormat("client %d: %s %s", operation.client, call,
                                                  model.Result(operation.input, operation.output));
                         });
}

size_t KvClients::Call(int client, OperationKind kind, const std::string& key,
                       const std::string& value) {
  history_.push_back({.client = client,
                      .input = {.kind = KindOf(kind), .key = key, .value = value},
                      .output = {},
                      .call_ns = world().now()});
  Record(history_.back());
  Begins(client);
  return history_.size() - 1;
}

std::optional<std::string> KvClients::Await(size_t operation, absl::Duration limit) {
  const int client = static_cast<int>(history_[operation].client);
  const KvInput& input = history_[operation].input;
  const kvraft::OperateArgs args{
      .kind = KindOf(input.kind), .key = input.key, .value = input.value};
  const auto answer = network().Ask(NodeOf(client), "Judge.Operate", labgob::Encode(args), limit);
  if (!answer.has_value()) return std::nullopt;
  auto reply = labgob::Decode<kvraft::OperateReply>(*answer);
  if (!reply.ok()) {
    Fail(Verdict::kContract,
         absl::StrFormat("client %d reports in bytes that cannot be read (%s); only the "
                         "given %s may report to the tests",
                         client, reply.status().message(), words_.program));
  }
  CheckClerkCalls(operation);
  KvOperation& done = history_[operation];
  done.output.value = reply->value;
  done.return_ns = world().now();
  Record(done);
  Returns(client, done.input.key);
  return std::move(reply->value);
}

std::string KvClients::AwaitNow(size_t operation) {
  std::optional<std::string> value = Await(operation, kLongestOperation);
  if (!value.has_value()) {
    FailForLateness(operation, "a majority of the servers is up and connected");
  }
  return *std::move(value);
}

void KvClients::CheckClerkCalls(size_t operation) {
  const KvOperation& done = history_[operation];
  const int client = static_cast<int>(done.client);
  if (network().sent(NodeOf(client)) > calls_before_[static_cast<size_t>(client)]) return;
  Fail(Verdict::kContract,
       absl::StrFormat(
           "client %d's %s has returned, and its clerk has not called a single server: "
           "nothing can have been carried out. Write the clerk first "
           "(%s), which calls one server after the other until one says that it is done, "
           "then the service (%s)",
           client, linearizability::KvModel().Call(done.input), words_.clerk, words_.server));
}

void KvClients::FailForLateness(size_t operation, std::string_view because) {
  const KvOperation& late = history_[operation];
  const auto waited = absl::Nanoseconds(world().now() - late.call_ns);
  Fail(Verdict::kLiveness,
       absl::StrFormat("client %d's %s has not returned after %s; it should, because %s. %s",
                       late.client, linearizability::KvModel().Call(late.input),
                       absl::FormatDuration(waited), because, words_.if_late));
}

void KvClients::Fail(Verdict verdict, std::string message) {
  sim::Fail({.verdict = verdict, .message = std::move(message), .detail = DescribeServers()});
}

std::optional<std::string> KvClients::Operate(int client, OperationKind kind,
                                              const std::string& key, const std::string& value) {
  return Await(Call(client, kind, key, value), kLongerThanAnyRun);
}

std::shared_ptr<const KvClients::Pending> KvClients::Begin(int client, OperationKind kind,
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

void KvClients::AwaitDone(const Pending& pending, absl::Duration limit, std::string_view because) {
  const absl::Time end = sim::Now() + limit;
  while (!pending.done && sim::Now() < end) SleepMillis(1);
  if (!pending.done) FailForLateness(pending.operation, because);
}

void KvClients::FailForOpen(std::string_view because) {
  const auto open = std::ranges::find_if(history_, &KvOperation::is_open);
  SIM_CHECK(open != history_.end(), "no operation is open");
  FailForLateness(static_cast<size_t>(open - history_.begin()), because);
}

std::string KvClients::Get(int client, const std::string& key) {
  return AwaitNow(Call(client, OperationKind::kGet, key, ""));
}

void KvClients::Put(int client, const std::string& key, const std::string& value) {
  AwaitNow(Call(client, OperationKind::kPut, key, value));
}

void KvClients::Append(int client, const std::string& key, const std::string& value) {
  AwaitNow(Call(client, OperationKind::kAppend, key, value));
}

void KvClients::CheckValue(int client, const std::string& key, const std::string& wanted) {
  const std::string got = Get(client, key);
  if (got == wanted) return;
  CheckHistory();  // which has a better explanation, if it is one
  Fail(Verdict::kLinearizability,
       absl::StrFormat("client %d's Get(\"%s\") returned %s; wanted %s", client, key,
                       linearizability::Quoted(got), linearizability::Quoted(wanted)));
}

void KvClients::CheckHistory() {
  const linearizability::Report report = linearizability::CheckKv(history_);
  switch (report.verdict) {
    case linearizability::Verdict::kLegal:
      return;
    case linearizability::Verdict::kIllegal:
      Fail(Verdict::kLinearizability,
           absl::StrFormat("what clients saw is not linearizable, as if one table had "
                           "carried out one operation after the other: %s",
                           report.explanation));
    case linearizability::Verdict::kUnknown:
      Fail(
          Verdict::kFrameworkFault,
          absl::StrFormat("it is unknown whether the history is linearizable: %s; tests write only "
                          "texts of NewText(), for which it is always known",
                          report.explanation));
  }
}

}  // namespace tests
