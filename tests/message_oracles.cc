// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/message_oracles.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "sim/failure.h"

namespace tests {
namespace {

using labrpc::Call;
using sim::Fail;
using sim::NodeId;
using sim::Verdict;

// How long a server may believe in a leader that it no longer hears of: as long as the tests wait
// for a new one.
constexpr sim::Nanos kLongestBelief = 5'000'000'000;

// Of how many calls what they carry is kept while they travel.
constexpr size_t kMostSent = 256;

// Requests of one server that are being handled; more than this were cut off meanwhile.
constexpr size_t kMostRequests = 1000;

}  // namespace

MessageOracles::MessageOracles(sim::World& world, int servers, int first_node)
    : world_(world),
      first_node_(first_node),
      reader_(world),
      saves_(servers),
      terms_(world, saves_, servers, first_node),
      elections_(world, reader_, saves_, servers, first_node),
      commits_(reader_, saves_, servers),
      promises_(reader_, elections_, logs_, saves_, servers),
      servers_(static_cast<size_t>(servers)) {}

MessageOracles::Server& MessageOracles::Of(NodeId node) {
  Server& server = servers_[static_cast<size_t>(node)];
  const int life = world_.incarnation(first_node_ + node);
  if (server.life == life) return server;
  server = {.life = life, .requests = {}, .leader_at = world_.now()};
  promises_.Restarted(node);
  return server;
}

void MessageOracles::Arrived(const Call& call) {
  if (call.state != Call::State::kHandling) return;
  Server& server = Of(call.to);
  const Moment now = Now();
  Request request{.vote = {},
                  .append = {},
                  .snapshot = {},
                  .arrived = now,
                  .spoken_before = terms_.newest(call.to)};
  if (call.method == "Raft.AppendEntries") {
    request.append = AppendOf(call);
    server.leader_at = now.at;
    if (request.append == nullptr) return;
    promises_.Arrived(call.to, *request.append, now);
    commits_.Arrived(call.to, call.from, *request.append, now);
  } else if (call.method == "Raft.RequestVote") {
    request.vote = reader_.Vote(call.args);
    if (!request.vote.has_value()) return;
    elections_.Asked(call.to, call.from, request.vote->term, now);
  } else if (call.method == "Raft.InstallSnapshot") {
    request.snapshot = reader_.Snapshot(call.args);
    server.leader_at = now.at;
    if (!request.snapshot.has_value()) return;
    promises_.Arrived(call.to, *request.snapshot, now);
    commits_.Arrived(call.to, *request.snapshot, now);
  } else {
    return;
  }
  if (server.requests.size() >= kMostRequests) server.requests.erase(server.requests.begin());
  server.requests.emplace(call.id, std::move(request));
}

void MessageOracles::Left(const Call& call) {
  const Moment now = Now();
  if (call.state == Call::State::kReplySent) {
    const auto request = Of(call.to).requests.extract(call.id);
    if (request.empty()) return;
    if (request.mapped().vote.has_value()) return VoteReplyLeft(call, request.mapped(), now);
    if (request.mapped().append != nullptr) return AppendReplyLeft(call, request.mapped(), now);
    return SnapshotReplyLeft(call, request.mapped(), now);
  }
  Of(call.from);
  if (call.method == "Raft.AppendEntries") {
    AppendRequestLeft(call, now);
  } else if (call.method == "Raft.RequestVote") {
    VoteRequestLeft(call, now);
  } else if (call.method == "Raft.InstallSnapshot") {
    SnapshotRequestLeft(call, now);
  } else {
    reader_.Other(call.method);
  }
}

// ---- RequestVote. ----

void MessageOracles::VoteRequestLeft(const Call& call, Moment now) {
  const std::optional<SeenVote> vote = reader_.Vote(call.args);
  if (!vote.has_value()) return;
  elections_.Campaigned(call.from, vote->term, now);
  terms_.Spoke(call.from, vote->term, "asked for votes", now);
  promises_.Campaigned(call.from, *vote, now);
  logs_.Campaigned(call.from, *vote, now);
}

void MessageOracles::VoteReplyLeft(const Call& call, const Request& request, Moment now) {
  const std::optional<SeenReply> reply = reader_.VoteReply(call.reply);
  if (!reply.has_value()) return;
  const SeenVote& vote = *request.vote;
  if (reply->yes) VoteGranted(call, request, now);
  terms_.Answered({.node = call.to,
                   .asker = call.from,
                   .method = call.method,
                   .asked = vote.term,
                   .answered = reply->term,
                   .arrived = request.arrived,
                   .spoken_before = request.spoken_before,
                   .may_disregard = !reply->yes && MayBelieveInLeader(call.to, reply->term)},
                  now);
}

void MessageOracles::VoteGranted(const Call& call, const Request& request, Moment now) {
  const SeenVote& vote = *request.vote;
  if (request.spoken_before > vote.term) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d had spoken in term %d when n%d asked it at %.3f s for its vote in term %d, and "
             "granted it at %.3f s; a vote belongs to the voter's current term (Figure 2, "
             "RequestVote, rule 1)",
             call.to, request.spoken_before, call.from, Seconds(request.arrived), vote.term,
             Seconds(now)));
  }
  const Moment asked = elections_.Granted(call.to, call.from, vote.term, now);
  promises_.Granted(call.to, call.from, vote, asked, now);
}

bool MessageOracles::MayBelieveInLeader(NodeId node, int64_t term) const {
  // A candidate does not: its own election timer has run out.
  if (elections_.IsCandidateOf(term, node) && !elections_.LeaderOf(term).has_value()) return false;
  return world_.now() - servers_[static_cast<size_t>(node)].leader_at < kLongestBelief;
}

// ---- AppendEntries. ----

std::shared_ptr<const SeenAppend> MessageOracles::AppendOf(const Call& call) {
  const auto known = sent_.find(call.id);
  std::shared_ptr<const SeenAppend> append =
      known != sent_.end() ? known->second : reader_.Append(call.args);
  if (append == nullptr || append->HasSaneIndices()) return append;
  Fail(Verdict::kContract,
       absl::StrFormat("n%d sent AppendEntries with prevLogIndex %d in term %d at %.3f s; indices "
                       "of a log begin with 1, and before the first entry stands 0 (Figure 2)",
                       call.from, append->prev_log_index, append->term,
                       static_cast<double>(call.sent_at) / 1e9));
}

void MessageOracles::AppendRequestLeft(const Call& call, Moment now) {
  const std::shared_ptr<const SeenAppend> append = AppendOf(call);
  if (append == nullptr) return;
  sent_.emplace_hint(sent_.end(), call.id, append);
  if (sent_.size() > kMostSent) sent_.erase(sent_.begin());
  Led(call.from, append->term, now);
  logs_.Sent(call.from, append, now);
  promises_.Sent(call.from, call.to, *append, now);
  commits_.CheckLeaderCommit(call.from, call.to, *append, now);
}

void MessageOracles::Led(NodeId leader, int64_t term, Moment now) {
  Of(leader).leader_at = now.at;
  terms_.Spoke(leader, term, "acted as leader", now);
  if (elections_.Led(leader, term, now)) logs_.Elected(leader, term, now);
}

void MessageOracles::AppendReplyLeft(const Call& call, const Request& request, Moment now) {
  const std::optional<SeenReply> reply = reader_.AppendReply(call.reply);
  if (!reply.has_value()) return;
  const SeenAppend& append = *request.append;
  terms_.Answered({.node = call.to,
                   .asker = call.from,
                   .method = call.method,
                   .asked = append.term,
                   .answered = reply->term,
                   .arrived = request.arrived,
                   .spoken_before = request.spoken_before},
                  now);
  if (reply->yes && request.spoken_before > append.term) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d had spoken in term %d when AppendEntries of term %d came from n%d at %.3f s, and "
             "answered it with success at %.3f s; a server refuses a leader of an older term "
             "(Figure 2, AppendEntries, rule 1)",
             call.to, request.spoken_before, append.term, call.from, Seconds(request.arrived),
             Seconds(now)));
  }
  // Otherwise the leader, who sees that its term has passed, makes nothing of the reply.
  if (reply->term != append.term) return;
  if (reply->yes) {
    Acknowledged(call, append, now);
  } else {
    promises_.Refused(call.to, call.from, append, commits_.MayHaveCommitted(call.to),
                      request.arrived, now);
  }
}

// A reply may tell the leader, in a field of the student's own, of more than its own request: of
// all that the follower has from this leader. That may be in replies that are still to leave.
void MessageOracles::Acknowledged(const Call& call, const SeenAppend& append, Moment now) {
  if (!promises_.Acknowledged(call.to, call.from, append, now)) return;
  int64_t through = append.last_term() == append.term ? append.through() : 0;
  for (const auto& [id, other] : Of(call.to).requests) {
    if (other.append == nullptr || other.append->term != append.term) continue;
    if (other.append->last_term() != append.term) continue;
    through = std::max(through, other.append->through());
  }
  if (through > 0) commits_.Acknowledged(append.term, call.from, call.to, through, now);
}

// ---- InstallSnapshot. ----

void MessageOracles::SnapshotRequestLeft(const Call& call, Moment now) {
  const std::optional<SeenSnapshot> snapshot = reader_.Snapshot(call.args);
  if (!snapshot.has_value()) return;
  Led(call.from, snapshot->term, now);
  if (!snapshot->has_index) return;
  if (snapshot->last_included_index > last_applied_) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d sent n%d a snapshot through index %d in term %d at %.3f s, but "
                         "nobody has applied more than index %d yet: a snapshot covers what the "
                         "service has applied (section 7)",
                         call.from, call.to, snapshot->last_included_index, snapshot->term,
                         Seconds(now), last_applied_));
  }
  logs_.Sent(call.from, *snapshot, now);
}

// What a snapshot covers is committed, so it does not matter whether the follower has it or not: it
// need not be saved before the reply leaves, and the reply promises nothing.
void MessageOracles::SnapshotReplyLeft(const Call& call, const Request& request, Moment now) {
  const std::optional<SeenReply> reply = reader_.SnapshotReply(call.reply);
  if (!reply.has_value()) return;
  terms_.Answered({.node = call.to,
                   .asker = call.from,
                   .method = call.method,
                   .asked = request.snapshot->term,
                   .answered = reply->term,
                   .arrived = request.arrived,
                   .spoken_before = request.spoken_before},
                  now);
}

// ---- What is not a message. ----

void MessageOracles::Applied(NodeId node, const raft::ApplyMsg& msg) {
  const Moment now = Now();
  Of(node);
  if (msg.index > last_applied_) {
    last_applied_ = msg.index;
    const int64_t by_term = commits_.CheckCommitted(node, msg.index, msg.term, now);
    logs_.Committed(node, msg.index, by_term, now);
  }
  commits_.CheckMayApply(node, msg.index, now);
}

void MessageOracles::TookCommand(NodeId node, int64_t term, int64_t index, Moment asked) {
  commits_.TookCommand(node, term, index, asked);
  CheckElected(term, node);
}

void MessageOracles::CheckElected(int64_t term, NodeId node) {
  elections_.CheckElected(term, node, "says that it leads", Now());
}

}  // namespace tests
