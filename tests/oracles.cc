// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/oracles.h"

#include <algorithm>
#include <functional>

#include <boost/describe.hpp>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "labgob/labgob.h"
#include "sim/failure.h"

namespace tests {

// What the oracles read of a message: fields of Figure 2 by name, whatever else it carries.
struct SeenVoteReply {
  int64_t term = 0;
  bool vote_granted = false;
};
BOOST_DESCRIBE_STRUCT(SeenVoteReply, (), (term, vote_granted))
struct SeenTerm {
  int64_t term = 0;
};
BOOST_DESCRIBE_STRUCT(SeenTerm, (), (term))
struct SeenAppendArgs {
  int64_t term = 0;
  int64_t prev_log_index = 0;
  int64_t prev_log_term = 0;
  std::vector<SeenTerm> entries;
};
BOOST_DESCRIBE_STRUCT(SeenAppendArgs, (), (term, prev_log_index, prev_log_term, entries))
struct SeenAppendReply {
  int64_t term = 0;
  bool success = false;
};
BOOST_DESCRIBE_STRUCT(SeenAppendReply, (), (term, success))
// The service's state: every command so far.
struct ServiceState {
  int64_t index = 0;
  std::vector<std::string> commands;
};
BOOST_DESCRIBE_STRUCT(ServiceState, (), (index, commands))

namespace {

using raft::ApplyMsg;
using sim::Fail;
using sim::NodeId;
using sim::Verdict;

double Seconds(sim::Nanos at) { return static_cast<double>(at) / 1e9; }

std::string Shown(const ApplyMsg& msg) {
  if (msg.kind == ApplyMsg::Kind::kNoop) return "no command";
  if (msg.data.size() <= 40) return "\"" + msg.data + "\"";
  return absl::StrFormat("\"%s...\" (%d bytes)", msg.data.substr(0, 20), msg.data.size());
}

}  // namespace

// ---- Messages. ----

void MessageOracles::Left(const labrpc::Call& call) {
  const bool is_reply = call.state == labrpc::Call::State::kReplySent;
  if (call.method == "Raft.RequestVote") {
    is_reply ? WatchVoteReply(call) : WatchVoteRequest(call);
  } else if (call.method == "Raft.AppendEntries") {
    is_reply ? WatchAppendReply(call) : WatchAppendRequest(call);
  } else if (call.method == "Raft.InstallSnapshot" && !is_reply) {
    WatchSnapshotRequest(call);
  }
}

void MessageOracles::Arrived(const labrpc::Call& call) {
  if (call.state != labrpc::Call::State::kHandling) return;
  if (call.method == "Raft.AppendEntries") {
    if (Append* append = AppendOf(call)) append->arrived = events_++;
  } else if (call.method == "Raft.RequestVote") {
    const auto args = labgob::Decode<SeenTerm>(call.args);
    if (args.ok()) asked_at_.try_emplace({call.to, args->term, call.from}, events_++);
  }
}

bool MessageOracles::HasFields(const char* message, std::string_view bytes,
                               const std::vector<std::string>& fields) {
  const auto known = has_fields_.find(message);
  if (known != has_fields_.end()) return known->second;
  const absl::StatusOr<std::vector<std::string>> names = labgob::FieldNames(bytes);
  bool all = names.ok();
  for (const std::string& field : fields) {
    all = all && std::find(names->begin(), names->end(), field) != names->end();
  }
  if (!all) {
    world_.Warn(
        sim::kJudge,
        absl::StrFormat("%s lack one of the paper's fields %s: the rules that need them are not "
                        "watched",
                        message, absl::StrJoin(fields, ", ")));
  }
  return has_fields_[message] = all;
}

void MessageOracles::WatchVoteRequest(const labrpc::Call& call) {
  if (!HasFields("RequestVote's arguments", call.args, {"term"})) return;
  const auto args = labgob::Decode<SeenTerm>(call.args);
  if (!args.ok()) return;
  CheckTermSurvives(args->term, call.from, "asked for votes");
  CheckVotesOnce(args->term, call.from, call.from);
}

void MessageOracles::WatchVoteReply(const labrpc::Call& call) {
  if (!HasFields("RequestVote's arguments", call.args, {"term"}) ||
      !HasFields("RequestVote's results", call.reply, {"term", "vote_granted"})) {
    return;
  }
  const auto args = labgob::Decode<SeenTerm>(call.args);
  const auto reply = labgob::Decode<SeenVoteReply>(call.reply);
  if (!args.ok() || !reply.ok()) return;
  CheckReplyTerm(call, args->term, reply->term);
  if (!reply->vote_granted) return;
  if (reply->term != args->term) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d is in term %d and granted n%d its vote for term %d; a vote belongs to the "
             "voter's current term (Figure 2, RequestVote, rule 1)",
             call.to, reply->term, call.from, args->term));
  }
  CheckVotesOnce(args->term, call.to, call.from);
  CheckVoteSaved(args->term, call.to, call.from);
}

MessageOracles::Append* MessageOracles::AppendOf(const labrpc::Call& call) {
  const auto known = appends_.find(call.id);
  if (known != appends_.end()) return &known->second;
  if (!HasFields("AppendEntries' arguments", call.args,
                 {"term", "prev_log_index", "prev_log_term", "entries"})) {
    sees_acknowledgements_ = false;
    return nullptr;
  }
  const auto args = labgob::Decode<SeenAppendArgs>(call.args);
  if (!args.ok()) return nullptr;
  const Append append{
      .term = args->term,
      .prev_log_index = args->prev_log_index,
      .through = args->prev_log_index + static_cast<int64_t>(args->entries.size()),
      .last_term = args->entries.empty() ? args->prev_log_term : args->entries.back().term,
  };
  return &appends_.emplace(call.id, append).first->second;
}

void MessageOracles::WatchAppendRequest(const labrpc::Call& call) {
  if (const Append* append = AppendOf(call)) CheckLeader(append->term, call.from);
}

void MessageOracles::WatchSnapshotRequest(const labrpc::Call& call) {
  if (!HasFields("InstallSnapshot's arguments", call.args, {"term"})) return;
  const auto args = labgob::Decode<SeenTerm>(call.args);
  if (args.ok()) CheckLeader(args->term, call.from);
}

void MessageOracles::WatchAppendReply(const labrpc::Call& call) {
  const auto entry = appends_.extract(call.id);
  if (!HasFields("AppendEntries' results", call.reply, {"term", "success"})) {
    sees_acknowledgements_ = false;
    return;
  }
  const auto reply = labgob::Decode<SeenAppendReply>(call.reply);
  if (!reply.ok() || entry.empty()) return;
  const Append& append = entry.mapped();
  CheckReplyTerm(call, append.term, reply->term);
  if (reply->term != append.term) return;

  Acknowledged& known = acknowledged_[call.to];
  if (reply->success) {
    if (append.last_term == append.term) {
      CountAcknowledgement(append.term, call.to, append.through);
    }
    if (append.term > known.term || (append.term == known.term && append.through > known.through)) {
      known = {.term = append.term, .through = append.through, .at = events_++};
    }
    return;
  }
  // A refusal counts only if its request came after the acknowledgement had left: fibers are slow.
  if (append.term != known.term || append.prev_log_index > known.through ||
      append.arrived < known.at) {
    return;
  }
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d acknowledged entries through index %d to n%d in term %d, and now refuses "
           "prevLogIndex %d of the same term: it has dropped entries that it had "
           "acknowledged. Entries are deleted only where one conflicts with the leader's "
           "(Figure 2, AppendEntries, rule 3), and they are persistent",
           call.to, known.through, call.from, known.term, append.prev_log_index));
}

void MessageOracles::CheckReplyTerm(const labrpc::Call& call, int64_t asked, int64_t answered) {
  if (answered < asked) {
    Fail(Verdict::kSafety,
         absl::StrFormat(
             "n%d answered %s of term %d with term %d; a server that sees a newer term "
             "adopts it first (Figure 2, Rules for All Servers), and every reply carries the "
             "server's current term",
             call.to, call.method, asked, answered));
  }
  CheckTermSurvives(answered, call.to, "answered");
}

void MessageOracles::CheckLeader(int64_t term, NodeId node) {
  CheckTermSurvives(term, node, "acted as leader");
  CheckOneLeader(term, node);
}

void MessageOracles::CountAcknowledgement(int64_t term, NodeId follower, int64_t through) {
  std::map<NodeId, int64_t>& acks = own_term_acks_[term];
  acks[follower] = std::max(acks[follower], through);
  std::vector<int64_t> throughs;
  for (const auto& [node, index] : acks) throughs.push_back(index);
  // With the leader itself, so many followers make a majority.
  const auto needed = static_cast<size_t>(servers_ / 2);
  if (throughs.size() < needed) return;
  std::sort(throughs.begin(), throughs.end(), std::greater<>());
  may_be_committed_ = std::max(may_be_committed_, throughs[needed - 1]);
}

void MessageOracles::CheckCommitted(NodeId node, int64_t index, int64_t term) {
  if (servers_ == 1 || !sees_acknowledgements_ || index <= may_be_committed_) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d applied index %d (term %d), but no leader can have committed it: never has a "
           "majority of the %d servers acknowledged it to one leader together with an entry "
           "of that leader's own term. A leader counts replicas only for entries of its "
           "current term; older ones are committed with them (section 5.4.2, Figure 8; Figure "
           "2, Rules for Leaders, rule 4)",
           node, index, term, servers_));
}

void MessageOracles::CheckVoteSaved(int64_t term, NodeId voter, NodeId candidate) {
  // A Raft that never saves anything has not come to stage 2C yet; there a restart finds it out.
  if (persisted_at_.empty()) return;
  const auto asked = asked_at_.find({voter, term, candidate});
  if (asked == asked_at_.end() || persisted_at_[voter] > asked->second) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d granted n%d its vote in term %d, and has saved nothing since it was asked: "
           "if it crashed now it could vote again in that term. votedFor and currentTerm are "
           "persistent state, saved before the reply leaves (Figure 2; section 5.1)",
           voter, candidate, term));
}

void MessageOracles::CheckOneLeader(int64_t term, NodeId node) {
  const auto [it, inserted] = leaders_.try_emplace(term, node, world_.now());
  if (inserted || it->second.first == node) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "two leaders in term %d: n%d since %.3f s, and now n%d. Election Safety (Figure "
           "3): at most one leader can be elected in a given term. Does a server vote twice "
           "in a term, or does a candidate count votes of another term?",
           term, it->second.first, Seconds(it->second.second), node));
}

void MessageOracles::CheckElected(int64_t term, NodeId node) const {
  for (const char* message : {"RequestVote's arguments", "RequestVote's results"}) {
    const auto known = has_fields_.find(message);
    if (known != has_fields_.end() && !known->second) return;
  }
  int votes = 1;  // its own
  for (NodeId voter = 0; voter < servers_; ++voter) {
    const auto ballot = ballots_.find({voter, term});
    votes += voter != node && ballot != ballots_.end() && ballot->second.candidate == node;
  }
  if (2 * votes > servers_) return;
  Fail(
      Verdict::kSafety,
      absl::StrFormat("n%d says that it leads term %d, but only %d of the %d servers, itself "
                      "included, ever gave it a vote in that term; a candidate becomes leader with "
                      "the votes of a majority (section 5.2)",
                      node, term, votes, servers_));
}

void MessageOracles::CheckVotesOnce(int64_t term, NodeId voter, NodeId candidate) {
  const int incarnation = world_.incarnation(voter);
  const auto [it, inserted] =
      ballots_.try_emplace({voter, term}, Ballot{candidate, incarnation, world_.now()});
  const Ballot& first = it->second;
  if (inserted || first.candidate == candidate) return;
  const bool restarted = first.incarnation != incarnation;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d voted twice in term %d: for n%d at %.3f s, and %snow for n%d. Each server "
           "votes for at most one candidate in a given term (section 5.2)%s",
           voter, term, first.candidate, Seconds(first.at), restarted ? "after a restart " : "",
           candidate,
           restarted ? "; votedFor is persistent state, saved before the reply leaves "
                       "(Figure 2)"
                     : ", and votedFor is set back only with a new term"));
}

void MessageOracles::CheckTermSurvives(int64_t term, NodeId node, const char* message) {
  Spoken& spoken = spoken_[node];
  const int incarnation = world_.incarnation(node);
  if (spoken.incarnation != incarnation) {
    spoken = {.incarnation = incarnation,
              .newest = 0,
              .newest_before = std::max(spoken.newest, spoken.newest_before)};
  }
  spoken.newest = std::max(spoken.newest, term);
  if (term >= spoken.newest_before) return;
  Fail(Verdict::kSafety,
       absl::StrFormat("n%d %s in term %d after its restart, but had spoken in term %d before: "
                       "currentTerm is persistent state, saved before any message of the new term "
                       "leaves (Figure 2)",
                       node, message, term, spoken.newest_before));
}

// ---- Applies. ----

void ApplyOracle::Booted(NodeId node, int64_t index) {
  servers_[static_cast<size_t>(node)] = {.first = index + 1, .last = index};
}

void ApplyOracle::Applied(NodeId node, const ApplyMsg& msg) {
  world_.trace().Record(world_.now(), node, sim::Topic::kAply,
                        {static_cast<int64_t>(msg.kind), msg.index, msg.term}, msg.data, [&msg] {
                          return msg.kind == ApplyMsg::Kind::kSnapshot
                                     ? absl::StrFormat("snapshot %d/%d", msg.term, msg.index)
                                     : absl::StrFormat("%d/%d %s", msg.term, msg.index, Shown(msg));
                        });
  msg.kind == ApplyMsg::Kind::kSnapshot ? AppliedSnapshot(node, msg) : AppliedEntry(node, msg);
}

void ApplyOracle::AppliedSnapshot(NodeId node, const ApplyMsg& msg) {
  Server& server = servers_[static_cast<size_t>(node)];
  if (msg.index <= server.last) {
    Fail(Verdict::kContract,
         absl::StrFormat(
             "n%d delivered a snapshot through index %d to its service, which has applied "
             "index %d already: the service's state would go back in time (section 7)",
             node, msg.index, server.last));
  }
  const std::optional<int64_t> index = SnapshotIndex(msg.data);
  if (index != msg.index) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d delivered a snapshot as one through index %d, but its bytes are %s",
                         node, msg.index,
                         index ? absl::StrFormat("the snapshot through index %d", *index)
                               : absl::StrFormat("no snapshot that a service ever made (%d bytes)",
                                                 msg.data.size())));
  }
  server.last = msg.index;
}

void ApplyOracle::AppliedEntry(NodeId node, const ApplyMsg& msg) {
  Server& server = servers_[static_cast<size_t>(node)];
  if (msg.index != server.last + 1) {
    Fail(Verdict::kContract,
         absl::StrFormat(
             "n%d applied index %d after index %d; entries are applied in order of the log, "
             "each once (Figure 2, Rules for All Servers, rule 1)",
             node, msg.index, server.last));
  }
  server.last = msg.index;
  if (msg.index > last_committed()) {
    committed_.push_back({msg, node, world_.now()});
    return;
  }
  const Committed& first = committed_[static_cast<size_t>(msg.index - 1)];
  if (first.msg.kind == msg.kind && first.msg.data == msg.data) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d applied %s (term %d) at index %d, where n%d applied %s (term %d) at %.3f s. "
           "State Machine Safety (Figure 3): if a server has applied a log entry at a given "
           "index, no other server will ever apply a different one for it",
           node, Shown(msg), msg.term, msg.index, first.first_by, Shown(first.msg), first.msg.term,
           Seconds(first.at)));
}

const ApplyMsg* ApplyOracle::At(NodeId node, int64_t index) const {
  if (index < 1 || index > last_applied(node)) return nullptr;
  return &committed_[static_cast<size_t>(index - 1)].msg;
}

std::string ApplyOracle::SnapshotAt(int64_t index) const {
  ServiceState state{.index = index, .commands = {}};
  for (int64_t i = 0; i < index; ++i) {
    state.commands.push_back(committed_[static_cast<size_t>(i)].msg.data);
  }
  return labgob::Encode(state);
}

std::optional<int64_t> ApplyOracle::SnapshotIndex(const std::string& bytes) const {
  const auto state = labgob::Decode<ServiceState>(bytes);
  if (!state.ok() || state->index < 1 || state->index > last_committed()) return std::nullopt;
  if (bytes != SnapshotAt(state->index)) return std::nullopt;
  return state->index;
}

}  // namespace tests
