// Part of Raftlab, under the MIT License (see LICENSE).
//
// What servers say to each other, as directed tests read it: fields of Figure 2 by name, whatever
// else a message carries.

#ifndef RAFTLAB_TESTS_WIRE_H_
#define RAFTLAB_TESTS_WIRE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "labrpc/network.h"

namespace tests {

inline constexpr char kRequestVote[] = "Raft.RequestVote";
inline constexpr char kAppendEntries[] = "Raft.AppendEntries";
inline constexpr char kInstallSnapshot[] = "Raft.InstallSnapshot";

struct TermOnly {
  int64_t term = 0;
};
BOOST_DESCRIBE_STRUCT(TermOnly, (), (term))

struct VoteRequest {
  int64_t term = 0;
  int64_t last_log_index = 0;
  int64_t last_log_term = 0;
};
BOOST_DESCRIBE_STRUCT(VoteRequest, (), (term, last_log_index, last_log_term))

struct VoteReply {
  int64_t term = 0;
  bool vote_granted = false;
};
BOOST_DESCRIBE_STRUCT(VoteReply, (), (term, vote_granted))

struct AppendRequest {
  int64_t term = 0;
  int64_t prev_log_index = 0;
  int64_t prev_log_term = 0;
  std::vector<TermOnly> entries;
  int64_t leader_commit = 0;

  // Of the last entry that it carries, or of the one before if it is empty.
  int64_t last_index() const { return prev_log_index + static_cast<int64_t>(entries.size()); }
  int64_t last_term() const { return entries.empty() ? prev_log_term : entries.back().term; }
};
BOOST_DESCRIBE_STRUCT(AppendRequest, (),
                      (term, prev_log_index, prev_log_term, entries, leader_commit))

struct AppendReply {
  int64_t term = 0;
  bool success = false;
};
BOOST_DESCRIBE_STRUCT(AppendReply, (), (term, success))

struct InstallRequest {
  int64_t term = 0;
  int64_t last_included_index = 0;
  int64_t last_included_term = 0;
};
BOOST_DESCRIBE_STRUCT(InstallRequest, (), (term, last_included_index, last_included_term))

// Of any method, or of the one named.
bool IsRequest(const labrpc::Call& call, std::string_view method = "");
bool IsReply(const labrpc::Call& call, std::string_view method = "");

// These skip the run if the message lacks one of the fields.
VoteRequest ReadVoteRequest(const labrpc::Call& call);
VoteReply ReadVoteReply(const labrpc::Call& call);
AppendRequest ReadAppendRequest(const labrpc::Call& call);
AppendReply ReadAppendReply(const labrpc::Call& call);
InstallRequest ReadInstallRequest(const labrpc::Call& call);
TermOnly ReadInstallReply(const labrpc::Call& call);

// Ends the run without a verdict on the Raft: its situation cannot be brought about.
[[noreturn]] void Skip(std::string why);

}  // namespace tests

#endif  // RAFTLAB_TESTS_WIRE_H_
