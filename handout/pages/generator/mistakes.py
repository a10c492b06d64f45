# Part of Raftlab, under the MIT License (see LICENSE).
"""Mistakes that students make, to be put into the reference solution.

    python3 mistakes.py SOURCE OUTPUT

writes the reference's SOURCE, one of SOURCES below, with all of its mistakes in it, each behind a switch: the
environment variable RAFTLAB_MISTAKE names the one that is made. No line is added, so line numbers stay those
of SOURCE.
"""

import pathlib
import sys

# By name: what stands in the file, once, and what stands there instead; perhaps at two places.
IN_RAFT = {
    # 2A. Nothing of the election timer is written yet.
    "nothing-written": (
        "  while (true) {\n    absl::Duration left;",
        "  while (!Mistake(\"nothing-written\")) {\n    absl::Duration left;"),
    # 2A. A vote is granted without a look at votedFor.
    "votes-twice": (
        "persistent_.voted_for == -1 || persistent_.voted_for == args.candidate_id;",
        "persistent_.voted_for == -1 || persistent_.voted_for == args.candidate_id || "
        "Mistake(\"votes-twice\");"),
    # 2A. A leader that sees a newer term takes it over, and goes on leading.
    "keeps-leading": (
        "  if (role_ == Role::kFollower) return;\n",
        "  if (role_ == Role::kFollower || (role_ == Role::kLeader && Mistake(\"keeps-leading\"))) return;\n"),
    # 2A. The mutex is held while a candidate waits for a vote.
    "holds-mutex": (
        "  const auto reply = peers_[peer].Call<RequestVoteReply>(\"Raft.RequestVote\", args);\n",
        "  if (Mistake(\"holds-mutex\")) mu_.Lock(\"raft/raft.cc\", __LINE__); "
        "const auto reply = peers_[peer].Call<RequestVoteReply>(\"Raft.RequestVote\", args); "
        "if (Mistake(\"holds-mutex\")) mu_.Unlock();\n"),
    # 2B. Every log is taken to be up to date.
    "any-log-wins": (
        "bool Raft::IsUpToDate(int64_t last_log_index, int64_t last_log_term) const {\n",
        "bool Raft::IsUpToDate(int64_t last_log_index, int64_t last_log_term) const { "
        "if (Mistake(\"any-log-wins\")) return true;\n"),
    # 2C. Replicas of an entry of an earlier term are counted (Figure 8).
    "counts-old-terms": (
        "  if (persistent_.log.TermAt(majority) != persistent_.current_term) return;\n",
        "  if (persistent_.log.TermAt(majority) != persistent_.current_term && "
        "!Mistake(\"counts-old-terms\")) return;\n"),
    # 2C is not written yet: Persist() is empty. No mistake in 2A and 2B.
    "saves-nothing": (
        "  persister_->Save(labgob::Encode(persistent_));\n#else",
        "  if (!Mistake(\"saves-nothing\")) persister_->Save(labgob::Encode(persistent_));\n#else"),
    # 2C. Only what StartElection() and the log change is saved: no vote for another, and no term learned of.
    "vote-not-saved": (
        "    persistent_.voted_for = -1;\n    Persist();\n",
        "    persistent_.voted_for = -1;\n    if (!Mistake(\"vote-not-saved\")) Persist();\n",
        "    Persist();\n    ResetElectionTimer();\n  }\n  sim::Log(sim::Topic::kVote",
        "    if (!Mistake(\"vote-not-saved\")) Persist();\n    ResetElectionTimer();\n  }\n"
        "  sim::Log(sim::Topic::kVote"),
    # 2D. A snapshot that came counts as applied, and is never handed to the service.
    "swallows-snapshot": (
        "  commit_index_ = args.last_included_index;\n",
        "  commit_index_ = args.last_included_index; "
        "if (Mistake(\"swallows-snapshot\")) last_applied_ = commit_index_;\n"),
}
IN_KV_SERVER = {
    # 3A. A write is carried out as often as it stands in the log.
    "writes-twice": (
        "  if (command.sequence <= last) return \"\";",
        "  if (command.sequence <= last && !Mistake(\"writes-twice\")) return \"\";"),
    # 3A. Who believes that it leads answers a read from its own table.
    "reads-own-table": (
        "  std::optional<std::string> value = Execute({.kind = Command::Kind::kGet, .key = args.key});\n",
        "  if (Mistake(\"reads-own-table\") && raft_->GetState().is_leader) { sim::MutexLock lock(&mu_); "
        "return {.error = Error::kOk, .value = table_.values[args.key]}; } "
        "std::optional<std::string> value = Execute({.kind = Command::Kind::kGet, .key = args.key});\n"),
    # 3B. The snapshot has the values, and not who wrote what last.
    "forgets-clients": (
        "  raft_->Snapshot(index, labgob::Encode(table_));\n",
        "  raft_->Snapshot(index, labgob::Encode(Mistake(\"forgets-clients\") "
        "? Table{.values = table_.values, .last_sequence = {}} : table_));\n"),
}
IN_BALANCE = {
    # 4A. The larger shares go to the first groups by number, and not to those that have most.
    "moves-too-many": (
        "[&](Gid a, Gid b) { return owned[a].size() > owned[b].size(); });",
        "[&](Gid a, Gid b) { return owned[a].size() > owned[b].size() && !Mistake(\"moves-too-many\"); });"),
    # 4A. Among groups of one size any may come first, and on each server another, as with some hash maps.
    "ties-by-chance": (
        "  for (const auto& [gid, shards] : owned) by_size.push_back(gid);\n",
        "  for (const auto& [gid, shards] : owned) by_size.push_back(gid); "
        "if (Mistake(\"ties-by-chance\")) std::ranges::shuffle(by_size, sim::Random());\n"),
}
IN_SHARD_SERVER = {
    # 4B. A shard moves without the last numbers of its clients.
    "forgets-duplicates": (
        "  return {.ready = true, .data = state_.shard(args.shard).data};\n",
        "  if (Mistake(\"forgets-duplicates\")) "
        "return {.ready = true, .data = {.values = state_.shard(args.shard).data.values, .last_sequence = {}}}; "
        "return {.ready = true, .data = state_.shard(args.shard).data};\n"),
    # 4B. Who has not adopted the configuration yet hands out a shard that it goes on serving.
    "gives-early": (
        "      state_.number() == args.number && state_.shard(args.shard).phase == Phase::kLeaving;\n",
        "      (state_.number() == args.number && state_.shard(args.shard).phase == Phase::kLeaving) || "
        "(Mistake(\"gives-early\") && state_.number() < args.number && "
        "state_.IsServed(static_cast<size_t>(args.shard)));\n"),
    # 4B. The old owner is told once to delete a shard, whether it hears it or not.
    "tries-once": (
        "    if (!reply.has_value() || !reply->done) continue;\n",
        "    if ((!reply.has_value() || !reply->done) && !(Mistake(\"tries-once\") && server == source.back())) continue;\n"),
}
# By file: its namespace and its mistakes.
SOURCES = {"raft.cc": ("raft", IN_RAFT), "kv_server.cc": ("kvraft", IN_KV_SERVER), "balance.cc": ("shardkv", IN_BALANCE),
           "shard_server.cc": ("shardkv", IN_SHARD_SERVER)}


def with_mistakes(file, source):
    """The text of the file with all mistakes behind their switch. Raises ValueError if it has changed."""
    namespace, mistakes = SOURCES[file]
    for name, texts in mistakes.items():
        for right, wrong in zip(texts[::2], texts[1::2]):
            if source.count(right) != 1:
                raise ValueError(f"{file} has changed: the mistake {name} needs to find this once, and "
                                 f"finds it {source.count(right)} times: {right!r}")
            source = source.replace(right, wrong)
    head = f"namespace {namespace} {{\n"
    switch = (f"namespace {namespace} {{ " "static bool Mistake(const char* name) { static const char* const made = "
              "std::getenv(\"RAFTLAB_MISTAKE\"); return made != nullptr && __builtin_strcmp(made, name) == 0; }\n")
    if source.count(head) != 1:
        raise ValueError(f"{file} has changed: its head is not as expected")
    source = source.replace(head, switch)
    return f"#include <cstdlib>\n#include \"sim/sim.h\"\n#line 1 \"{namespace}/{file}\"\n" + source


def main():
    if len(sys.argv) != 3 or pathlib.Path(sys.argv[1]).name not in SOURCES:
        sys.exit(f"usage: mistakes.py SOURCE OUTPUT, where SOURCE is {' or '.join(SOURCES)}")
    source = pathlib.Path(sys.argv[1])
    try:
        text = with_mistakes(source.name, source.read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"mistakes.py: {error}")
    pathlib.Path(sys.argv[2]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
