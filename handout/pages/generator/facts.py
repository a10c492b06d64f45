# Part of Raftlab, under the MIT License (see LICENSE).
"""How many lines of code each stage needs, counted in the reference solution.

Counted are the lines between #if LAB_SOLUTION and its #else or #endif in the files that students write (those
below) that are neither empty nor a comment alone. A block belongs to the stage that its skeleton names
first ("Your code here (2A; ...)"); blocks without one, and with two, are told apart below. In lab 4 a file
belongs to one stage.
"""

import pathlib
import re

FILES = ("raft/messages.h", "raft/raft.h", "raft/raft.cc",
         "kvraft/kv_messages.h", "kvraft/clerk.h", "kvraft/clerk.cc", "kvraft/kv_server.h", "kvraft/kv_server.cc",
         "shardkv/balance.h", "shardkv/balance.cc", "shardkv/ctrl_clerk.h", "shardkv/ctrl_clerk.cc",
         "shardkv/ctrl_messages.h", "shardkv/ctrl_server.h", "shardkv/ctrl_server.cc", "shardkv/replica.h",
         "shardkv/replica.cc", "shardkv/shard_clerk.h", "shardkv/shard_clerk.cc", "shardkv/shard_messages.h",
         "shardkv/shard_server.h", "shardkv/shard_server.cc", "shardkv/shard_state.h", "shardkv/shard_state.cc")
STAGES = ("2A", "2B", "2C", "2D", "3A", "3B", "4A", "4B")

# The first code line of a block, or of a part of it, to the stage from there on.
PARTS = {
    "constexpr absl::Duration kHeartbeatInterval": "2A",
    "constexpr int64_t kMostEntries": "2B",
    "int64_t conflict_term = 0;": "2B",
    "BOOST_DESCRIBE_STRUCT(AppendEntriesReply": "2B",
    "struct Log {": "2B",
    "void CompactThrough": "2D",
    "BOOST_DESCRIBE_STRUCT(Log": "2B",
    "struct PersistentState {": "2A",
    "PersistentState persistent_": "2A",
    "int64_t commit_index_ ": "2B",
    "Role role_": "2A",
    "sim::CondVar commit_advanced_": "2B",
    "std::set<int> votes_": "2A",
    "std::vector<int64_t> next_index_": "2B",
    "const LogEntry& Log::At": "2B",
    "void Log::CompactThrough": "2D",
    "int64_t client_id = 0;": "3A",
    "BOOST_DESCRIBE_STRUCT(PutAppendArgs": "3A",
    "template <class Reply, class Args>": "3A",
    "const int64_t client_id_": "3A",
    "namespace {": "3A",
    "struct Command {": "3A",
    "std::optional<std::string> Execute": "3A",
    "Table table_": "3A",
    "std::optional<std::string> KvServer::Execute": "3A",
    "const PutAppendArgs args{": "3A",
    "return CallLeader<GetReply>": "3A",
    "if (msg.kind == raft::ApplyMsg::Kind::kSnapshot)": "3B",
    "if (msg.kind == raft::ApplyMsg::Kind::kCommand)": "3A",
    "MaybeSnapshot(msg.index)": "3B",
}


def stage_of(name):
    """The stage of a file of which each block is of the same; otherwise None."""
    if not name.startswith("shardkv/"):
        return None
    return "4B" if name.startswith("shardkv/shard_") else "4A"


def blocks(text):
    """The solution's blocks: (lines of the solution, lines of the skeleton)."""
    inside = None
    for line in text.splitlines():
        if line == "#if LAB_SOLUTION":
            inside = ([], [])
            part = 0
        elif inside is not None and line == "#else":
            part = 1
        elif inside is not None and line == "#endif":
            yield inside
            inside = None
        elif inside is not None:
            inside[part].append(line)


def skeleton_of(text):
    """The text as students receive it."""
    kept, part = [], None
    for line in text.splitlines():
        if line == "#if LAB_SOLUTION":
            part = "solution"
        elif part == "solution" and line == "#else":
            part = "skeleton"
        elif part is not None and line == "#endif":
            part = None
        elif part != "solution":
            kept.append(line)
    return "\n".join(kept) + "\n"


def lines_by_stage(root):
    """Stage to number of lines. Raises RuntimeError if a block's stage is not known."""
    counts = dict.fromkeys(STAGES, 0)
    for name in FILES:
        for solution, skeleton in blocks((pathlib.Path(root) / name).read_text(encoding="utf-8")):
            named = [stage_of(name)] if stage_of(name) else re.findall(r"\b(2[ABCD]|3[AB])\b", "\n".join(skeleton))
            stage = named[0] if named else None
            for line in solution:
                code = line.strip()
                if not code or code.startswith("//"):
                    continue
                if len(set(named)) != 1:
                    stage = next((s for start, s in PARTS.items() if code.startswith(start)), stage)
                if stage is None:
                    raise RuntimeError(f"{name}: to which stage does this line belong? {code}; facts.py needs to know")
                counts[stage] += 1
    return counts


def about(count):
    """Rounded to tens: the number is a hint, not a target."""
    return 10 * round(count / 10)
