// Part of Raftlab, under the MIT License (see LICENSE).
//
// What goes over the wire: Figures 2 and 13. The one change is that a reply to AppendEntries brings
// the receiver's commit index, up to which its log and any leader's are the same.

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
  int64_t receiver_commit = 0;
};
BOOST_DESCRIBE_STRUCT(AppendEntriesReply, (), (term, success, receiver_commit))

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
