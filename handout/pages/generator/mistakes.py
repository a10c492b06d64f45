# Part of Raftlab, under the MIT License (see LICENSE).
"""Mistakes that students make, to be put into the reference solution.

    python3 mistakes.py RAFT_CC OUTPUT

writes the reference with all of them in it, each behind a switch: the environment variable
RAFTLAB_MISTAKE names the one that is made. No line is added, so line numbers stay those of raft.cc.
"""

import pathlib
import sys

# By name: what stands in raft.cc, once, and what stands there instead; perhaps at two places.
MISTAKES = {
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

def with_mistakes(source):
    """The text of raft.cc with all mistakes behind their switch. Raises ValueError if it has changed."""
    for name, texts in MISTAKES.items():
        for right, wrong in zip(texts[::2], texts[1::2]):
            if source.count(right) != 1:
                raise ValueError(f"raft.cc has changed: the mistake {name} needs to find this once, and "
                                 f"finds it {source.count(right)} times: {right!r}")
            source = source.replace(right, wrong)
    head = "namespace raft {\n"
    switch = ("namespace raft { static bool Mistake(const char* name) { static const char* const made = "
              "std::getenv(\"RAFTLAB_MISTAKE\"); return made != nullptr && __builtin_strcmp(made, name) == 0; }\n")
    if source.count(head) != 1 or "#include <algorithm>\n" not in source:
        raise ValueError("raft.cc has changed: its head is not as expected")
    source = source.replace(head, switch)
    return "#include <cstdlib>\n#line 1 \"raft/raft.cc\"\n" + source


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: mistakes.py RAFT_CC OUTPUT")
    try:
        text = with_mistakes(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"mistakes.py: {error}")
    pathlib.Path(sys.argv[2]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
