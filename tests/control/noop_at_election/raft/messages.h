// Part of Raftlab, under the MIT License (see LICENSE).
//
// The RPCs of Figure 2 and Figure 13. Beyond the paper: an entry may be the leader's own no-op, and
// a refusal of AppendEntries says where the receiver's log ends or parts from the leader's.

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
  bool is_noop = false;  // a new leader's first entry; has no command
};
BOOST_DESCRIBE_STRUCT(LogEntry, (), (term, command, is_noop))

struct RequestVoteArgs {
  int64_t term = 0;
  int candidate_id = -1;
  int64_t last_log_index = 0;
  int64_t last_log_term = 0;
};
BOOST_DESCRIBE_STRUCT(RequestVoteArgs, (), (term, candidate_id, last_log_index, last_log_term))

struct RequestVoteReply {
  int64_t term = 0;
  bool vote_granted = false;
};
BOOST_DESCRIBE_STRUCT(RequestVoteReply, (), (term, vote_granted))

struct AppendEntriesArgs {
  int64_t term = 0;
  int leader_id = -1;
  int64_t prev_log_index = 0;
  int64_t prev_log_term = 0;
  std::vector<LogEntry> entries;
  int64_t leader_commit = 0;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesArgs, (),
                      (term, leader_id, prev_log_index, prev_log_term, entries, leader_commit))

struct AppendEntriesReply {
  int64_t term = 0;
  bool success = false;
  // Only without success, and only if the terms are equal.
  int64_t log_length = 0;   // the receiver's last index
  int64_t other_term = 0;   // what the receiver has at prev_log_index; 0: nothing
  int64_t other_since = 0;  // the first index that it still holds of that term
};
BOOST_DESCRIBE_STRUCT(AppendEntriesReply, (), (term, success, log_length, other_term, other_since))

struct InstallSnapshotArgs {
  int64_t term = 0;
  int leader_id = -1;
  int64_t last_included_index = 0;
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
