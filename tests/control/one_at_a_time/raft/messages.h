// Part of Raftlab, under the MIT License (see LICENSE).
//
// What servers send each other: the RPCs of Figure 2 and Figure 13 of "In Search of an
// Understandable Consensus Algorithm (Extended Version)" by Ongaro and Ousterhout, under the
// paper's names. You may add fields of your own (fast backup needs some); keep the ones that are
// here, because the tests watch them. A struct's description must list every field: a forgotten one
// does not compile.

#ifndef RAFTLAB_RAFT_MESSAGES_H_
#define RAFTLAB_RAFT_MESSAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include <boost/describe.hpp>

namespace raft {

struct LogEntry {
  int64_t term = 0;
  std::string command;
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command))

// Figure 2, RequestVote RPC.
struct RequestVoteArgs {
  int64_t term = 0;  // the candidate's
  int candidate_id = -1;
  int64_t last_log_index = 0;  // of the candidate's last entry
  int64_t last_log_term = 0;
};
BOOST_DESCRIBE_STRUCT(RequestVoteArgs, (), (term, candidate_id, last_log_index, last_log_term))

struct RequestVoteReply {
  int64_t term = 0;  // the answering server's, for the candidate to update itself
  bool vote_granted = false;
};
BOOST_DESCRIBE_STRUCT(RequestVoteReply, (), (term, vote_granted))

// Figure 2, AppendEntries RPC; a heartbeat if `entries` is empty.
struct AppendEntriesArgs {
  int64_t term = 0;  // the leader's
  int leader_id = -1;
  int64_t prev_log_index = 0;  // of the entry right before `entries`
  int64_t prev_log_term = 0;
  std::vector<LogEntry> entries;
  int64_t leader_commit = 0;  // the leader's commit index
};
BOOST_DESCRIBE_STRUCT(AppendEntriesArgs, (),
                      (term, leader_id, prev_log_index, prev_log_term, entries, leader_commit))

struct AppendEntriesReply {
  int64_t term = 0;  // the answering server's, for the leader to update itself
  bool success = false;
  // If refused: agreement is at this index or before, and there this log has that term.
  int64_t try_behind = 0;
  int64_t try_term = 0;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesReply, (), (term, success, try_behind, try_term))

// Figure 13, InstallSnapshot RPC. Unlike the paper: the snapshot comes in one piece, so there is no
// offset and no done.
struct InstallSnapshotArgs {
  int64_t term = 0;  // the leader's
  int leader_id = -1;
  int64_t last_included_index = 0;  // the snapshot replaces the log up to here
  int64_t last_included_term = 0;
  std::string data;
};
BOOST_DESCRIBE_STRUCT(InstallSnapshotArgs, (),
                      (term, leader_id, last_included_index, last_included_term, data))

struct InstallSnapshotReply {
  int64_t term = 0;
};
BOOST_DESCRIBE_STRUCT(InstallSnapshotReply, (), (term))

}  // namespace raft

#endif  // RAFTLAB_RAFT_MESSAGES_H_
