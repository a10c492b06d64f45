// Part of Raftlab, under the MIT License (see LICENSE).

#include "tests/wire.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "labgob/labgob.h"
#include "sim/failure.h"

namespace tests {
namespace {

using labrpc::Call;

template <class T>
T Read(const std::string& bytes, std::string_view what, const std::vector<std::string>& fields) {
  const absl::StatusOr<std::vector<std::string>> names = labgob::FieldNames(bytes);
  for (const std::string& field : fields) {
    if (names.ok() && std::ranges::find(*names, field) != names->end()) continue;
    Skip(absl::StrFormat("%s lack the paper's field %s, so the test cannot follow the messages",
                         what, field));
  }
  const absl::StatusOr<T> value = labgob::Decode<T>(bytes);
  if (!value.ok()) Skip(absl::StrFormat("%s cannot be read: %s", what, value.status().message()));
  return *value;
}

}  // namespace

bool IsRequest(const Call& call, std::string_view method) {
  return call.state == Call::State::kRequestSent && (method.empty() || call.method == method);
}

bool IsReply(const Call& call, std::string_view method) {
  return call.state == Call::State::kReplySent && (method.empty() || call.method == method);
}

VoteRequest ReadVoteRequest(const Call& call) {
  return Read<VoteRequest>(call.args, "RequestVote's arguments",
                           {"term", "last_log_index", "last_log_term"});
}

VoteReply ReadVoteReply(const Call& call) {
  return Read<VoteReply>(call.reply, "RequestVote's results", {"term", "vote_granted"});
}

AppendRequest ReadAppendRequest(const Call& call) {
  return Read<AppendRequest>(
      call.args, "AppendEntries' arguments",
      {"term", "prev_log_index", "prev_log_term", "entries", "leader_commit"});
}

AppendReply ReadAppendReply(const Call& call) {
  return Read<AppendReply>(call.reply, "AppendEntries' results", {"term", "success"});
}

InstallRequest ReadInstallRequest(const Call& call) {
  return Read<InstallRequest>(call.args, "InstallSnapshot's arguments",
                              {"term", "last_included_index", "last_included_term"});
}

TermOnly ReadInstallReply(const Call& call) {
  return Read<TermOnly>(call.reply, "InstallSnapshot's results", {"term"});
}

void Skip(std::string why) { sim::Fail(sim::Verdict::kSkip, std::move(why)); }

}  // namespace tests
