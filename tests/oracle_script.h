// Part of Raftlab, under the MIT License (see LICENSE).
//
// For the tests of the oracles: servers that do nothing, and messages of theirs that the test makes
// up, in whatever order. A millisecond passes with each event.

#ifndef RAFTLAB_TESTS_ORACLE_SCRIPT_H_
#define RAFTLAB_TESTS_ORACLE_SCRIPT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "labgob/labgob.h"
#include "labrpc/network.h"
#include "raft/messages.h"
#include "sim/scenario.h"
#include "tests/message_oracles.h"

namespace tests {

class OracleScript {
 public:
  // The servers are on the machines from `first_node` on.
  OracleScript(sim::World& world, int servers, int first_node = 0)
      : world_(world), oracles_(world, servers, first_node), first_node_(first_node) {}

  using Message = uint64_t;

  // --- Any message. ---

  template <class Args>
  Message Send(int from, int to, const std::string& method, const Args& args) {
    const Message id = next_++;
    labrpc::Call& call = calls_[id];
    call.id = id;
    call.from = from;
    call.to = to;
    call.method = "Raft." + method;
    call.args = labgob::Encode(args);
    call.sent_at = world_.now();
    Pass();
    oracles_.Left(call);
    return id;
  }
  void Arrive(Message id) {
    Pass();
    calls_.at(id).state = labrpc::Call::State::kHandling;
    oracles_.Arrived(calls_.at(id));
  }
  // A second one of the same.
  Message Copy(Message id) {
    const Message copy = next_++;
    calls_[copy] = calls_.at(id);
    calls_[copy].id = copy;
    calls_[copy].duplicate = true;
    return copy;
  }
  template <class Reply>
  void Answer(Message id, const Reply& reply) {
    Pass();
    calls_.at(id).state = labrpc::Call::State::kReplySent;
    calls_.at(id).reply = labgob::Encode(reply);
    oracles_.Left(calls_.at(id));
  }

  // --- RequestVote. ---

  Message AskVote(int from, int to, int64_t term, int64_t last_index = 0, int64_t last_term = 0) {
    return Send(from, to, "RequestVote",
                raft::RequestVoteArgs{.term = term,
                                      .candidate_id = from,
                                      .last_log_index = last_index,
                                      .last_log_term = last_term});
  }
  void Vote(Message id, int64_t term, bool granted = true) {
    Answer(id, raft::RequestVoteReply{.term = term, .vote_granted = granted});
  }
  // A whole election: the candidate saves and asks, each voter saves and grants.
  void Elect(int leader, int64_t term, const std::vector<int>& voters, int64_t last_index = 0,
             int64_t last_term = 0) {
    Save(leader);
    for (int voter : voters) {
      const Message vote = AskVote(leader, voter, term, last_index, last_term);
      Arrive(vote);
      Save(voter);
      Vote(vote, term);
    }
  }

  // --- AppendEntries. Entries are their terms; the command at an index goes by both. ---

  struct Entries {
    int64_t prev_index = 0;
    int64_t prev_term = 0;
    std::vector<int64_t> terms = {};
    int64_t commit = 0;
  };
  static std::vector<raft::LogEntry> Commands(const Entries& entries) {
    std::vector<raft::LogEntry> result;
    int64_t index = entries.prev_index;
    for (int64_t term : entries.terms) {
      ++index;
      result.push_back({term, std::to_string(index) + " of term " + std::to_string(term)});
    }
    return result;
  }
  Message Append(int from, int to, int64_t term, const Entries& entries) {
    return Send(from, to, "AppendEntries",
                raft::AppendEntriesArgs{.term = term,
                                        .leader_id = from,
                                        .prev_log_index = entries.prev_index,
                                        .prev_log_term = entries.prev_term,
                                        .entries = Commands(entries),
                                        .leader_commit = entries.commit});
  }
  void Reply(Message id, int64_t term, bool success = true) {
    raft::AppendEntriesReply reply;
    reply.term = term;
    reply.success = success;
    Answer(id, reply);
  }
  // It arrives, is saved and acknowledged.
  void Accept(Message id, int64_t term) {
    Arrive(id);
    Save(calls_.at(id).to);
    Reply(id, term);
  }

  // --- InstallSnapshot. ---

  Message Install(int from, int to, int64_t term, int64_t index, int64_t index_term) {
    return Send(from, to, "InstallSnapshot",
                raft::InstallSnapshotArgs{.term = term,
                                          .leader_id = from,
                                          .last_included_index = index,
                                          .last_included_term = index_term,
                                          .data = "state"});
  }
  void Installed(Message id, int64_t term) { Answer(id, raft::InstallSnapshotReply{term}); }

  // --- What is no message. ---

  void Save(int node) {
    Pass();
    oracles_.Persisted(node);
  }
  void Apply(int node, int64_t index, int64_t term = 1) {
    Pass();
    oracles_.Applied(
        node,
        {.kind = raft::ApplyMsg::Kind::kCommand, .index = index, .term = term, .data = "command"});
  }
  // Start() on the leader of `term`.
  void Take(int node, int64_t term, int64_t index) {
    const Moment asked = oracles_.Now();
    Pass();
    oracles_.TookCommand(node, term, index, asked);
  }
  void Restart(int node) { RestartMachine(first_node_ + node); }
  void RestartMachine(sim::NodeId machine) {
    Pass();
    world_.Crash(machine);
    world_.Boot(machine, world_.node_count(), "");
  }
  void Wait(int64_t seconds) { sim::SleepFor(absl::Seconds(seconds)); }
  MessageOracles& oracles() { return oracles_; }

 private:
  static void Pass() { sim::SleepFor(absl::Milliseconds(1)); }

  sim::World& world_;
  MessageOracles oracles_;
  const int first_node_;
  Message next_ = 1;
  std::map<Message, labrpc::Call> calls_;
};

// How the oracles take it: empty if they are silent, otherwise the verdict and the sentence. A
// script that warns fails too, with the warning. There may be machines of others before the
// servers.
inline std::string Verdict(const std::function<void(OracleScript&)>& script, int servers = 3,
                           int first_node = 0) {
  const sim::RunResult result =
      sim::RunScenario({.nodes = first_node + servers, .test = [&](sim::World& world) {
                          sim::BootAll(world);
                          OracleScript run(world, servers, first_node);
                          script(run);
                        }});
  if (result.verdict != sim::Verdict::kPass) {
    return std::string(sim::VerdictName(result.verdict)) + ": " + result.message;
  }
  return result.warnings.empty() ? "" : "warning: " + result.warnings.front();
}

}  // namespace tests

#endif  // RAFTLAB_TESTS_ORACLE_SCRIPT_H_
