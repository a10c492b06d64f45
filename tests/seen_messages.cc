// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/seen_messages.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <boost/describe.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "labgob/labgob.h"

namespace tests {

// Under the names of raft/messages.h: what has not been changed is decoded on labgob's short way.
namespace seen {
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
};
BOOST_DESCRIBE_STRUCT(AppendEntriesReply, (), (term, success))
struct InstallSnapshotArgs {
  int64_t term = 0;
  int64_t last_included_index = 0;
  int64_t last_included_term = 0;
};
BOOST_DESCRIBE_STRUCT(InstallSnapshotArgs, (), (term, last_included_index, last_included_term))
struct InstallSnapshotReply {
  int64_t term = 0;
};
BOOST_DESCRIBE_STRUCT(InstallSnapshotReply, (), (term))
}  // namespace seen

namespace {

std::string Shown(const std::string& command) {
  if (command.size() <= 13) return "\"" + command + "\"";
  return "\"" + command.substr(0, 10) + "...\"";
}

}  // namespace

int64_t SeenAppend::TermOf(int64_t index) const {
  return index == prev_log_index ? prev_log_term
                                 : entries[static_cast<size_t>(index - prev_log_index - 1)].term;
}

bool MessageReader::Readable(Kind& kind, std::string_view bytes) {
  if (kind.looked_at) return kind.readable;
  kind.looked_at = true;
  const absl::StatusOr<std::vector<std::string>> names = labgob::FieldNames(bytes);
  const auto has_all = [&](const std::vector<const char*>& fields) {
    const bool all = names.ok() && std::ranges::all_of(fields, [&](const char* field) {
                       return std::ranges::find(*names, field) != names->end();
                     });
    if (!all) {
      world_.Warn(sim::kJudge,
                  absl::StrFormat("%s lack one of the paper's fields %s: the rules that need them "
                                  "are not watched",
                                  kind.name, absl::StrJoin(fields, ", ")));
    }
    return all;
  };
  kind.readable = has_all(kind.required);
  kind.has_desired = has_all(kind.desired);
  if (!kind.readable || kind.only_other == nullptr) return kind.readable;
  // A flag may say that this is no request for a vote, but asks whether there would be one.
  for (const std::string& name : *names) {
    if (name == kind.only_other || std::ranges::find(kind.required, name) != kind.required.end() ||
        std::ranges::find(kind.desired, name) != kind.desired.end()) {
      continue;
    }
    world_.Warn(sim::kJudge,
                absl::StrFormat("%s have a field that Figure 2 does not have, %s, and with it they "
                                "may be no request for a vote (a pre-vote, say): the rules for "
                                "votes are not watched",
                                kind.name, name));
    kind.readable = false;
  }
  return kind.readable;
}

std::optional<SeenVote> MessageReader::Vote(std::string_view args) {
  if (!sees_votes_) return std::nullopt;
  if (Readable(vote_args_, args)) {
    const auto seen = labgob::Decode<seen::RequestVoteArgs>(args);
    if (seen.ok()) {
      return SeenVote{.term = seen->term,
                      .has_log = vote_args_.has_desired,
                      .last_log_index = seen->last_log_index,
                      .last_log_term = seen->last_log_term};
    }
  }
  sees_votes_ = false;
  return std::nullopt;
}

std::optional<SeenReply> MessageReader::VoteReply(std::string_view reply) {
  if (!sees_votes_) return std::nullopt;
  if (Readable(vote_reply_, reply)) {
    const auto seen = labgob::Decode<seen::RequestVoteReply>(reply);
    if (seen.ok()) return SeenReply{.term = seen->term, .yes = seen->vote_granted};
  }
  sees_votes_ = false;
  return std::nullopt;
}

std::shared_ptr<const SeenAppend> MessageReader::Append(std::string_view args) {
  if (last_append_ != nullptr && args == last_args_) return last_append_;
  std::shared_ptr<const SeenAppend> append = DecodeAppend(args);
  if (append == nullptr) {
    sees_entries_ = false;
    return nullptr;
  }
  last_args_ = args;
  return last_append_ = std::move(append);
}

std::shared_ptr<const SeenAppend> MessageReader::DecodeAppend(std::string_view args) {
  if (!Readable(append_args_, args)) return nullptr;
  if (!append_args_.has_desired) sees_commits_ = false;
  auto decoded = labgob::Decode<seen::AppendEntriesArgs>(args);
  if (!decoded.ok()) {
    world_.Warn(sim::kJudge, absl::StrFormat("%s do not have the types of raft/messages.h: the "
                                             "rules for entries are not watched",
                                             append_args_.name));
    return nullptr;
  }
  auto append = std::make_shared<SeenAppend>();
  append->term = decoded->term;
  append->prev_log_index = decoded->prev_log_index;
  append->prev_log_term = decoded->prev_log_index == 0 ? 0 : decoded->prev_log_term;
  append->leader_commit = decoded->leader_commit;
  append->entries.reserve(decoded->entries.size());
  for (const seen::LogEntry& sent : decoded->entries) {
    // The first election begins term 1.
    if (sent.term < 1) {
      world_.Warn(sim::kJudge, absl::StrFormat("entries in %s have no term: the rules for entries "
                                               "are not watched",
                                               append_args_.name));
      return nullptr;
    }
    append->entries.push_back({.term = sent.term,
                               .command = std::hash<std::string>()(sent.command),
                               .shown = Shown(sent.command)});
  }
  return append;
}

std::optional<SeenReply> MessageReader::AppendReply(std::string_view reply) {
  if (Readable(append_reply_, reply)) {
    const auto seen = labgob::Decode<seen::AppendEntriesReply>(reply);
    if (seen.ok()) return SeenReply{.term = seen->term, .yes = seen->success};
  }
  sees_entries_ = false;
  return std::nullopt;
}

std::optional<SeenSnapshot> MessageReader::Snapshot(std::string_view args) {
  if (Readable(snapshot_args_, args)) {
    if (!snapshot_args_.has_desired) sees_entries_ = false;
    const auto seen = labgob::Decode<seen::InstallSnapshotArgs>(args);
    if (seen.ok()) {
      return SeenSnapshot{.term = seen->term,
                          .has_index = snapshot_args_.has_desired,
                          .last_included_index = seen->last_included_index,
                          .last_included_term = seen->last_included_term};
    }
  }
  sees_entries_ = false;
  return std::nullopt;
}

std::optional<SeenReply> MessageReader::SnapshotReply(std::string_view reply) {
  if (!Readable(snapshot_reply_, reply)) return std::nullopt;
  const auto seen = labgob::Decode<seen::InstallSnapshotReply>(reply);
  if (!seen.ok()) return std::nullopt;
  return SeenReply{.term = seen->term, .yes = false};
}

void MessageReader::Other(const std::string& method) {
  // A pre-vote, by its name, says nothing of entries.
  if (!absl::StartsWith(method, "Raft.")) return;
  if (absl::StrContains(absl::AsciiStrToLower(method), "vote")) return;
  if (!sees_entries_) return;
  sees_entries_ = false;
  world_.Warn(sim::kJudge,
              absl::StrFormat("%s is none of the paper's RPCs, and may tell servers of entries and "
                              "commits: the rules for what they can know are not watched",
                              method));
}

}  // namespace tests
