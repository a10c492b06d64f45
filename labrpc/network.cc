// Part of Raftlab, under the MIT License (see LICENSE).

#include "labrpc/network.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "labgob/labgob.h"
#include "sim/failure.h"
#include "sim/fiber.h"

namespace labrpc {
namespace {

using sim::Input;
using sim::Output;
using sim::Topic;

constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kMicrosecond = 1'000;

Nanos Millis(uint64_t n) { return static_cast<Nanos>(n) * kMillisecond; }

std::string Readable(std::string_view bytes) {
  const absl::StatusOr<std::string> text = labgob::Describe(bytes);
  return text.ok() ? *text : absl::StrCat(bytes.size(), " bytes");
}

// Fresh and freed memory, as sim/interpose.cc fills it.
bool IsMemoryPattern(NodeId node) {
  return node == 0x5a5a5a5a || node == static_cast<NodeId>(0xa5a5a5a5);
}

}  // namespace

// A question of the judge's own that waits for its answer.
struct Network::Question {
  NodeId node;
  bool done = false;
  std::optional<std::string> answer;
  sim::WaitQueue queue;
};

Network::Network(sim::World& world) : world_(world), choices_(world.choices("network")) {
  const auto nodes = static_cast<size_t>(world.node_count());
  links_.assign(nodes * nodes, true);
  sent_.assign(nodes, 0);
  received_.assign(nodes, 0);
  received_bytes_.assign(nodes, 0);
}

size_t Network::LinkIndex(NodeId from, NodeId to) const {
  return static_cast<size_t>(from) * received_.size() + static_cast<size_t>(to);
}

bool Network::LinkUp(NodeId from, NodeId to) const { return links_[LinkIndex(from, to)]; }

void Network::SetLink(NodeId from, NodeId to, bool up) {
  if (LinkUp(from, to) == up) return;
  links_[LinkIndex(from, to)] = up;
  world_.trace().Record(world_.now(), from, Topic::kNetw, {to, up}, "", [&] {
    return absl::StrFormat("link to n%d %s", to, up ? "mended" : "cut");
  });
  if (!up) LookAtRunningCalls();
}

bool Network::Alive(const Call& call) const {
  return world_.up(call.to) && world_.incarnation(call.to) == call.to_incarnation;
}

bool Network::Reachable(const Call& call) const {
  return Alive(call) && LinkUp(call.from, call.to) && LinkUp(call.to, call.from);
}

Nanos Network::TravelTime(const char* site) {
  return model_.shortest_delay +
         static_cast<Nanos>(choices_.Choose(model_.delay_steps, site)) * kMicrosecond;
}

void Network::Record(Topic topic, NodeId node, const Call& call, std::string_view bytes,
                     const char* what) {
  world_.trace().Record(world_.now(), node, topic,
                        {static_cast<int64_t>(call.id), call.from, call.to}, bytes, [&] {
                          const NodeId other = node == call.from ? call.to : call.from;
                          return absl::StrFormat("#%d %s %s n%d %s %s", call.id, call.method,
                                                 node == call.from ? "->" : "<-", other, what,
                                                 bytes.empty() ? "" : Readable(bytes));
                        });
}

// ---- A call's way. ----

void Network::TakeSend(NodeId from, Output& output) {
  Call call;
  call.id = next_id_++;
  call.from = from;
  call.to = output.to;
  call.method = std::move(output.method);
  call.args = std::move(output.bytes);
  call.sent_at = output.at;
  call.caller_id = output.id;
  call.from_incarnation = world_.incarnation(from);
  ++rpcs_;
  ++sent_[static_cast<size_t>(from)];
  bytes_ += static_cast<int64_t>(call.args.size());
  if (call.to < 0 || call.to >= world_.node_count()) {
    sim::Fail(
        sim::Verdict::kContract,
        absl::StrFormat("node %d called node %d; there are nodes 0 to %d%s", from, call.to,
                        world_.node_count() - 1,
                        IsMemoryPattern(call.to)
                            ? ". That number is what memory holds in a run which nobody has set "
                              "yet, or which is gone: is a variable captured by reference in a "
                              "fiber that outlives it?"
                            : ""));
  }
  call.to_incarnation = world_.incarnation(call.to);
  Record(Topic::kSend, from, call, call.args, "");
  Observe(call, false);
  SendRequest(std::move(call), output.at);
}

void Network::SendRequest(Call call, Nanos at) {
  const uint64_t id = call.id;
  if (hold_ && hold_(call)) {
    held_.emplace(id, std::move(call));
    return;
  }
  Call& sent = calls_.emplace(id, std::move(call)).first->second;
  if (!LinkUp(sent.from, sent.to) || !Alive(sent)) {
    sent.args = {};  // nobody will read them, and there may be many such calls
    const uint64_t millis =
        long_delays_ ? model_.long_unreachable_millis : model_.unreachable_millis;
    FailCallAt(id, at + Millis(choices_.Choose(millis, "unreachable")), "nobody there");
    return;
  }
  Nanos when = at + TravelTime("request-delay");
  if (!reliable_) {
    when += Millis(choices_.Choose(model_.unreliable_request_millis, "request-late"));
    if (choices_.Chance(model_.loss_per_thousand, 1000, "request-lost")) {
      FailCallAt(id, when, "request lost");
      return;
    }
  }
  if (duplicate_per_thousand_ > 0 &&
      choices_.Chance(duplicate_per_thousand_, 1000, "request-twice")) {
    CopyRequest(sent, when + Millis(choices_.Choose(1000, "copy-late")));
  }
  world_.At(when, [this, id] { ArriveRequest(id); });
}

void Network::CopyRequest(const Call& call, Nanos when) {
  Call copy = call;
  copy.id = next_id_++;
  copy.duplicate = true;
  const uint64_t id = copy.id;
  calls_.emplace(id, std::move(copy));
  world_.At(when, [this, id] { ArriveRequest(id); });
}

void Network::ArriveRequest(uint64_t id) {
  const auto it = calls_.find(id);
  if (it == calls_.end()) return;
  Call& call = it->second;
  if (!Alive(call)) {
    FailCall(id, "the server is down");
    return;
  }
  call.state = Call::State::kHandling;
  call.handed_over_at = world_.now();
  ++received_[static_cast<size_t>(call.to)];
  received_bytes_[static_cast<size_t>(call.to)] += static_cast<int64_t>(call.args.size());
  Record(Topic::kRecv, call.to, call, "", call.duplicate ? "(copy)" : "");
  Observe(call, true);
  world_.Deliver(
      call.to,
      {.kind = Input::Kind::kRequest, .id = id, .method = call.method, .bytes = call.args});
}

void Network::TakeReply(NodeId from, Output& output) {
  // A server answers what it was asked, once: nobody answers for another, or what has not arrived.
  if (const auto question = questions_.find(output.id); question != questions_.end()) {
    if (question->second->node != from) return;  // it was not asked
    question->second->answer = std::move(output.bytes);
    question->second->done = true;
    question->second->queue.WakeOne();
    return;
  }
  const auto it = calls_.find(output.id);
  if (it == calls_.end()) return;  // the caller has given up
  Call& call = it->second;
  if (call.to != from || call.state != Call::State::kHandling || !Alive(call)) return;
  call.state = Call::State::kReplySent;
  call.reply = std::move(output.bytes);
  Observe(call, false);
  SendReply(call.id, output.at);
}

void Network::SendReply(uint64_t id, Nanos at) {
  const auto it = calls_.find(id);
  Call& call = it->second;
  if (hold_ && hold_(call)) {
    held_.emplace(id, std::move(call));
    calls_.erase(it);
    return;
  }
  if (!LinkUp(call.from, call.to) || !LinkUp(call.to, call.from)) {
    FailCallAt(id, at, "reply cut off");
    return;
  }
  Nanos when = at + TravelTime("reply-delay");
  if (!reliable_ && choices_.Chance(model_.loss_per_thousand, 1000, "reply-lost")) {
    FailCallAt(id, when, "reply lost");
    return;
  }
  if (long_reordering_ && choices_.Chance(model_.reorder_of_three, 3, "reply-late")) {
    const uint64_t span = 1 + choices_.Choose(model_.reorder_span_millis, "late-span");
    when += Millis(model_.reorder_base_millis + choices_.Choose(span, "late-by"));
  }
  world_.At(when, [this, id] { ArriveReply(id); });
}

void Network::ArriveReply(uint64_t id) {
  const auto it = calls_.find(id);
  if (it == calls_.end()) return;
  const Call call = std::move(it->second);
  calls_.erase(it);
  const bool waiting = !call.duplicate && world_.up(call.from) &&
                       world_.incarnation(call.from) == call.from_incarnation;
  if (!waiting) return;
  bytes_ += static_cast<int64_t>(call.reply.size());
  Record(Topic::kRply, call.from, call, call.reply, "");
  Observe(call, true);
  world_.Deliver(call.from,
                 {.kind = Input::Kind::kReply, .id = call.caller_id, .bytes = call.reply});
}

void Network::FailCallAt(uint64_t id, Nanos when, const char* why) {
  world_.At(when, [this, id, why] { FailCall(id, why); });
}

void Network::FailCall(uint64_t id, const char* why) {
  const auto it = calls_.find(id);
  if (it == calls_.end()) return;
  const Call call = std::move(it->second);
  calls_.erase(it);
  Record(Topic::kDrop, call.from, call, "", why);
  const bool waiting = !call.duplicate && world_.up(call.from) &&
                       world_.incarnation(call.from) == call.from_incarnation;
  if (waiting) world_.Deliver(call.from, {.kind = Input::Kind::kLost, .id = call.caller_id});
}

void Network::LookAtRunningCalls() {
  for (const auto& [id, call] : calls_) {
    if (call.state != Call::State::kHandling || Reachable(call)) continue;
    const Nanos look = Millis(model_.look_millis);
    const Nanos looks = (world_.now() - call.handed_over_at) / look + 1;
    world_.At(call.handed_over_at + looks * look, [this, id = id] {
      const auto it = calls_.find(id);
      if (it == calls_.end() || it->second.state != Call::State::kHandling) return;
      if (!Reachable(it->second)) FailCall(id, "cut off while it was handled");
    });
  }
}

void Network::NodeCrashed(NodeId node) {
  LookAtRunningCalls();
  for (auto& [id, question] : questions_) {
    if (question->node != node) continue;
    question->done = true;
    question->queue.WakeOne();
  }
  // A held reply of the crashed node stays: it had left. What was held on its way to it has no one
  // to go to, and what it had asked for has no one to come back to.
  std::erase_if(held_, [node](const auto& entry) {
    const Call& call = entry.second;
    return call.from == node && call.state == Call::State::kReplySent;
  });
}

// ---- Directed tests. ----

std::vector<Call> Network::Held() const {
  std::vector<Call> result;
  for (const auto& [id, call] : held_) result.push_back(call);
  return result;
}

bool Network::Release(uint64_t id) {
  const auto it = held_.find(id);
  if (it == held_.end()) return false;
  const bool is_reply = it->second.state == Call::State::kReplySent;
  calls_.emplace(id, std::move(it->second));
  held_.erase(it);
  world_.At(world_.now(), [this, id, is_reply] { is_reply ? ArriveReply(id) : ArriveRequest(id); });
  return true;
}

bool Network::Lose(uint64_t id) {
  const auto it = held_.find(id);
  if (it == held_.end()) return false;
  calls_.emplace(id, std::move(it->second));
  held_.erase(it);
  FailCallAt(id, world_.now(), "lost by the test");
  return true;
}

bool Network::Duplicate(uint64_t id) {
  const auto it = held_.find(id);
  if (it == held_.end() || it->second.state != Call::State::kRequestSent) return false;
  CopyRequest(it->second, world_.now());
  return true;
}

// ---- The judge's own line. ----

std::optional<std::string> Network::Ask(NodeId node, const std::string& method, std::string args,
                                        absl::Duration timeout) {
  if (!world_.up(node)) return std::nullopt;
  const uint64_t id = next_id_++;
  Question question{.node = node, .done = false, .answer = {}, .queue = {}};
  questions_.emplace(id, &question);
  const Nanos deadline = sim::DeadlineAfter(world_.now(), timeout);
  world_.Deliver(
      node, {.kind = Input::Kind::kRequest, .id = id, .method = method, .bytes = std::move(args)});
  while (!question.done) {
    if (!question.queue.WaitUntil(deadline, sim::WaitKind::kCall, {__FILE__, __LINE__})) break;
  }
  questions_.erase(id);
  return std::move(question.answer);
}

void Network::Tell(NodeId node, const std::string& method, std::string args) {
  world_.Deliver(node, {.kind = Input::Kind::kRequest,
                        .id = next_id_++,
                        .method = method,
                        .bytes = std::move(args)});
}

}  // namespace labrpc
