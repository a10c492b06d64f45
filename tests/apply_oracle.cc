// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/apply_oracle.h"

#include <algorithm>
#include <utility>

#include <boost/describe.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "labgob/labgob.h"
#include "sim/failure.h"

namespace tests {

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
  if (!std::ranges::all_of(msg.data, absl::ascii_isprint)) {  // a later lab's own, most likely
    const absl::StatusOr<std::string> text = labgob::Describe(msg.data);
    return text.ok() ? *text : absl::StrFormat("%d bytes", msg.data.size());
  }
  if (msg.data.size() <= 40) return "\"" + msg.data + "\"";
  return absl::StrFormat("\"%s...\" (%d bytes)", msg.data.substr(0, 20), msg.data.size());
}

}  // namespace

void ApplyOracle::Booted(NodeId node, int64_t index) {
  servers_[static_cast<size_t>(node)] = {.last = index};
}

void ApplyOracle::Applied(NodeId node, const ApplyMsg& msg) {
  world_.trace().Record(world_.now(), first_node_ + node, sim::Topic::kAply,
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
  server.may_begin_anywhere = false;
  if (msg.index > last_committed()) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d delivered a snapshot through index %d, but nobody has applied more "
                         "than index %d: a snapshot is made of what was applied (section 7)",
                         node, msg.index, last_committed()));
  }
  const std::optional<int64_t> index = own_service_ ? msg.index : SnapshotIndex(msg.data);
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
  const bool may_begin = std::exchange(server.may_begin_anywhere, false) && msg.index >= 1 &&
                         msg.index <= last_committed() + 1;
  if (msg.index != server.last + 1 && !may_begin) {
    Fail(Verdict::kContract,
         absl::StrFormat(
             "n%d applied index %d after index %d; entries are applied in order of the log, "
             "each once (Figure 2, Rules for All Servers, rule 1)",
             node, msg.index, server.last));
  }
  server.last = msg.index;
  if (msg.index > last_committed()) {
    CheckGiven(node, msg);
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

// A log has what clients asked for, as often as they did.
void ApplyOracle::CheckGiven(NodeId node, const ApplyMsg& msg) {
  if (msg.kind != ApplyMsg::Kind::kCommand || own_service_) return;
  const auto known = commands_.find(msg.data);
  if (known == commands_.end()) {
    Fail(Verdict::kSafety,
         absl::StrFormat("n%d applied %s (term %d) at index %d as a command, which was never given "
                         "to Start(). An "
                         "entry of Raft's own, such as a new leader's no-op, is delivered as "
                         "ApplyMsg::Kind::kNoop",
                         node, Shown(msg), msg.term, msg.index));
  }
  Command& command = known->second;
  if (++command.committed <= command.given) return;
  Fail(Verdict::kSafety,
       absl::StrFormat(
           "n%d applied %s (term %d) at index %d: it stands %d times in the log up to there, but "
           "was "
           "given to Start() only %d times. A leader appends a command once (Figure 2, Rules for "
           "Leaders, rule 2)",
           node, Shown(msg), msg.term, msg.index, command.committed, command.given));
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
