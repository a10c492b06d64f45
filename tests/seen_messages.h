// Part of Raftlab, under the MIT License (see LICENSE).
//
// The RPCs of Figure 2 and Figure 13 as the oracles read them: by field name, whatever else they
// carry. Where a student's structs lack a field, or have one that changes what a message may mean,
// the rules that need it are not watched, and the run says so once.

#ifndef RAFTLAB_TESTS_SEEN_MESSAGES_H_
#define RAFTLAB_TESTS_SEEN_MESSAGES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/world.h"

namespace tests {

// Something that happened. Oracles compare events, which are numbered in their order; people read
// the time.
struct Moment {
  uint64_t event = 0;
  sim::Nanos at = 0;
};
inline double Seconds(const Moment& moment) { return static_cast<double>(moment.at) / 1e9; }

// No log is longer, whatever a message says.
inline constexpr int64_t kLargestIndex = int64_t{1} << 40;

struct SeenVote {
  int64_t term = 0;
  bool has_log = false;  // the next two are there
  int64_t last_log_index = 0;
  int64_t last_log_term = 0;
};

struct SeenEntry {
  int64_t term = 0;
  uint64_t command = 0;  // a fingerprint
  std::string shown;     // for people
};

struct SeenAppend {
  int64_t term = 0;
  int64_t prev_log_index = 0;
  int64_t prev_log_term = 0;  // 0 before the first entry
  std::vector<SeenEntry> entries;
  int64_t leader_commit = 0;  // 0 if there is none to be seen

  // Index of the last entry that it carries, or prev_log_index. REQUIRES: HasSaneIndices().
  int64_t through() const { return prev_log_index + static_cast<int64_t>(entries.size()); }
  int64_t last_term() const { return entries.empty() ? prev_log_term : entries.back().term; }
  // REQUIRES: prev_log_index <= index <= through().
  int64_t TermOf(int64_t index) const;
  bool HasSaneIndices() const { return prev_log_index >= 0 && prev_log_index <= kLargestIndex; }
};

struct SeenSnapshot {
  int64_t term = 0;
  bool has_index = false;  // the next two are there
  int64_t last_included_index = 0;
  int64_t last_included_term = 0;
};

struct SeenReply {
  int64_t term = 0;
  bool yes = false;  // vote_granted, success
};

class MessageReader {
 public:
  explicit MessageReader(sim::World& world) : world_(world) {}

  // Each gives nothing if the bytes cannot be read as Figure 2 has them.
  std::optional<SeenVote> Vote(std::string_view args);
  std::shared_ptr<const SeenAppend> Append(std::string_view args);
  std::optional<SeenSnapshot> Snapshot(std::string_view args);
  std::optional<SeenReply> VoteReply(std::string_view reply);
  std::optional<SeenReply> AppendReply(std::string_view reply);
  std::optional<SeenReply> SnapshotReply(std::string_view reply);
  // A call of another method.
  void Other(const std::string& method);

  // Every vote so far could be read, and nothing else can have been taken for one.
  bool sees_votes() const { return sees_votes_; }
  // So could everything by which servers can tell each other of entries, and who holds them.
  bool sees_entries() const { return sees_entries_; }
  // The same, and of what is committed.
  bool sees_commits() const { return sees_entries_ && sees_commits_; }

 private:
  // One kind of message. Its fields are looked at once.
  struct Kind {
    const char* name;
    std::vector<const char*> required = {};
    std::vector<const char*> desired = {};
    const char* only_other = nullptr;  // if set, any further field makes it unreadable
    bool looked_at = false;
    bool readable = false;  // has what is required
    bool has_desired = false;
  };
  // Whether it can be read; warns of what is missing.
  bool Readable(Kind& kind, std::string_view bytes);

  std::shared_ptr<const SeenAppend> DecodeAppend(std::string_view args);

  sim::World& world_;
  bool sees_votes_ = true;
  bool sees_entries_ = true;
  bool sees_commits_ = true;
  Kind vote_args_{.name = "RequestVote's arguments",
                  .required = {"term"},
                  .desired = {"last_log_index", "last_log_term"},
                  .only_other = "candidate_id"};
  Kind vote_reply_{.name = "RequestVote's results", .required = {"term", "vote_granted"}};
  Kind append_args_{.name = "AppendEntries' arguments",
                    .required = {"term", "prev_log_index", "prev_log_term", "entries"},
                    .desired = {"leader_commit"}};
  Kind append_reply_{.name = "AppendEntries' results", .required = {"term", "success"}};
  Kind snapshot_args_{.name = "InstallSnapshot's arguments",
                      .required = {"term"},
                      .desired = {"last_included_index", "last_included_term"}};
  Kind snapshot_reply_{.name = "InstallSnapshot's results", .required = {"term"}};
  std::string last_args_;  // of AppendEntries: a leader often sends the same to all
  std::shared_ptr<const SeenAppend> last_append_;
};

}  // namespace tests

#endif  // RAFTLAB_TESTS_SEEN_MESSAGES_H_
