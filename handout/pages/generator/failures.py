# Part of Raftlab, under the MIT License (see LICENSE).
"""Failures that the pages show: the reference with one mistake (mistakes.py), in a run in which it is seen."""

import dataclasses
import re
import textwrap
from collections.abc import Callable

import figures
import histories
import kv_figures
import shard_figures
import trace

FOLD, CUT = 100, 118  # columns: of sentences, of log lines


@dataclasses.dataclass(frozen=True)
class Failure:
    test: str
    mistake: str
    find: Callable  # of a run: whether it shows what the page is about; its docstring says what that is
    events: int = 6  # as many of the last events are shown
    hide: tuple = ()  # topics that are not shown: of later stages
    shows: str = ""  # what the report must show, for the page speaks of it
    seeds: int = 400


def says(verdict, words):
    def find(run):
        return run.verdict == verdict and any(re.search(words, line) for line in run.lines)
    find.__doc__ = f"the verdict {verdict}, and a line with /{words}/"
    return find


def unfair_vote(event):
    """A vote for a candidate whose log is older than the voter's (section 5.4.1)."""
    if event.topic != "VOTE" or "granted" not in event.text:
        return False
    theirs, ours = (tuple(map(int, pair)) for pair in trace.POSITION.findall(event.text))
    return theirs[0] < ours[0]


WRITTEN_TWICE = re.compile(r'Append\("k", "(\w+)"\) is twice in the value')


def sends_of(run, text):
    """The requests of the clerk that wants the text written."""
    return [event for event in run.events
            if event.topic == "SEND" and event.method == "PutAppend" and f'value: "{text}"' in event.rest]


def find_written_twice(run):
    """The verdict linearizability, for an Append that was asked for twice, the first time with a reply that was lost."""
    found = next((WRITTEN_TWICE.search(line) for line in run.lines if WRITTEN_TWICE.search(line)), None)
    if run.verdict != "linearizability" or found is None:
        return None
    sends = sends_of(run, found.group(1))
    lost = any(event.topic == "DROP" and event.call == sends[0].call and "reply lost" in event.text for event in run.events)
    return sends if lost and len(sends) <= 4 else None


MOVED = re.compile(r"shards moved, and \d+ would do.*groups ([\d ]+), shards.*groups ([\d ]+), shards")


def find_small_move(run):
    """The verdict contract, for shards that moved and need not, between configurations of at most six groups."""
    found = next((MOVED.search(line) for line in run.lines if MOVED.search(line)), None)
    return run.verdict == "contract" and found and all(len(groups.split()) <= 6 for groups in found.groups())


def find_two_of_a_number(run):
    """The verdict linearizability or safety, for a configuration that Query returned in two forms, with a leader that
    has crashed in between."""
    said = any("before the leader crashed" in line or "the same wherever and whenever" in line for line in run.lines)
    return run.verdict in ("linearizability", "safety") and said and any(event.topic == "CRSH" for event in run.events)


MOVED_TWICE = re.compile(r'the text of Append\("\w+", "(\w+)"\) by client \d+ stands twice')


def find_twice_in_two_groups(run):
    """The verdict linearizability, for an Append whose first reply was lost, and which another group then carried out;
    in at most six requests."""
    found = next((MOVED_TWICE.search(line) for line in run.lines if MOVED_TWICE.search(line)), None)
    if run.verdict != "linearizability" or found is None:
        return None
    write = next(operation for operation in histories.operations(run) if operation.value == found.group(1))
    events = [event for event in run.events[write.begin:write.end] if event.node == write.node]
    sends = [event for event in events if event.topic == "SEND"]
    asked = [event for event in sends if "KeyArgs{" in event.rest]
    lost = any(event.topic == "DROP" and event.call == asked[0].call and "reply lost" in event.text for event in events)
    answered = [event for event in events if event.topic == "RPLY" and event.call == asked[-1].call]
    elsewhere = answered and (answered[0].other - 3) // 3 != (asked[0].other - 3) // 3  # three controllers, groups of three
    return write if lost and elsewhere and len(sends) <= 6 else None


FAILURES = {
    "nothing-written": Failure("Raft2A.InitialElection", "nothing-written", says("liveness", "no leader in 5 s"), events=3),
    "votes-twice": Failure("Raft2A.ReElection", "votes-twice", says("safety", "voted twice in term [2-6]:"), events=6,
                           hide=("DISK",)),
    "holds-mutex": Failure("Raft2A.ReElection", "holds-mutex", says("contract", "GetState.. on n"), events=4,
                           hide=("DISK",), shows='"Judge.GetState" waits for a mutex.*"candidate" has held'),
    "two-leaders": Failure("Raft2A.ReElection", "keeps-leading", figures.find_two_leaders,
                           events=4, hide=("DISK",)),
    "any-log-wins": Failure("Raft2B.Rejoin", "any-log-wins",
                            says("safety", "granted n. its vote in term [0-9]+ .*though the candidate's log ends at"),
                            hide=("DISK",)),
    "vote-not-saved": Failure("Raft2C.Persist1", "vote-not-saved", says("safety", "has saved nothing since"),
                              shows="RECV .*RequestVote.*VOTE  .*granted"),
    "counts-old-terms": Failure("Raft2C.ReliableChurn", "counts-old-terms", says("safety", "no leader can have committed it"),
                                events=4),
    "swallows-snapshot": Failure("Raft2D.SnapshotInstall", "swallows-snapshot", says("contract", "after index"), events=10,
                                 shows="RECV .*InstallSnapshot.*SNAP  installed.*APLY"),
    # Of lab 3 no APLY, which shows the bytes of a command.
    "writes-twice": Failure("Kv3A.UnreliableOneKey", "writes-twice", find_written_twice, events=4,
                            hide=("DISK", "APLY", "LOGS", "COMT")),
    "reads-own-table": Failure("Kv3A.OnePartition", "reads-own-table", kv_figures.find_stale_read, events=3,
                               hide=("DISK", "APLY", "LOGS", "COMT")),
    "forgets-clients": Failure("Kv3B.SnapshotUnreliableRecoverConcurrentPartition", "forgets-clients",
                               says("linearizability", "stands twice"), events=3,
                               hide=("DISK", "APLY", "LOGS", "COMT")),
    "moves-too-many": Failure("Shard4A.MinimalTransfersMulti", "moves-too-many", find_small_move, events=3,
                              hide=("DISK", "APLY", "LOGS", "COMT")),
    "ties-by-chance": Failure("Shard4A.SameConfigOnServers", "ties-by-chance", find_two_of_a_number, events=3,
                              hide=("DISK", "APLY", "LOGS", "COMT")),
    "forgets-duplicates": Failure("Shard4B.Unreliable2", "forgets-duplicates", find_twice_in_two_groups, events=3,
                                  hide=("DISK", "APLY", "LOGS", "COMT")),
    "gives-early": Failure("Shard4B.JoinLeave", "gives-early", shard_figures.find_lost_write, events=3,
                           hide=("DISK", "APLY", "LOGS", "COMT")),
    "tries-once": Failure("Shard4B.Unreliable1", "tries-once", says("liveness", "has not returned after"), events=3,
                          hide=("DISK", "APLY", "LOGS", "COMT", "SNAP"), shows=r"ShardServer\.Do .*KeyReply\{error: 2"),
}


def shorten(line):
    """A log line as shown: not too long, and without the fields of our own in AppendEntriesReply and the clients'
    numbers of 19 digits."""
    line = re.sub(r", conflict_term: -?\d+, conflict_index: -?\d+|, client_id: \d+", "", line).rstrip()
    return line if len(line) <= CUT else line[:CUT - 4].rstrip() + " ..."


def fold(line):
    """The line in several; of a word that has no room in one the middle is left out."""
    indent = " " * (len(line) - len(line.lstrip()))
    half = FOLD // 2 - 6
    line = re.sub(rf"\S{{{FOLD - 8},}}", lambda word: word.group()[:half] + "..." + word.group()[-half:], line)
    return textwrap.wrap(line.strip(), FOLD, initial_indent=indent, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)


def report_text(program, failure, seed):
    """What `./lab test` shows of it, its sentences folded, and of the events the last ones."""
    verdict, lines = trace.report(program, failure.test, seed, failure.mistake)
    assert verdict != "pass"
    title = next(i for i, line in enumerate(lines) if line.startswith("  the last events"))
    end = next((i for i in range(title + 1, len(lines)) if not lines[i].startswith("    ")), len(lines))
    events = [line for line in lines[title + 1:end] if not re.search(rf"  ({'|'.join(['FAIL', *failure.hide])})  ", line)]
    shown = [folded for line in lines[:title] for folded in fold(line)]
    shown += [lines[title], "    ..."] + [shorten(line) for line in events[-failure.events:]]
    shown += [folded for line in lines[end:] for folded in fold(line)]
    return "\n".join(shown)


def worth_showing(program, failure):
    """A `find` for runs whose report also shows what it must."""
    def find(run):
        if not failure.find(run):
            return False
        return re.search(failure.shows, report_text(program, failure, run.seed), re.S) is not None
    find.__doc__ = failure.find.__doc__ + (f"; and a report that shows /{failure.shows}/" if failure.shows else "")
    return find


def log_text(program, failure, seed, options):
    """A replay with options, as typed and as printed; without the report at its end."""
    options = options(trace.replay(program, failure.test, seed, failure.mistake))
    run = trace.replay(program, failure.test, seed, failure.mistake, options)
    shown = [shorten(line) for line in run.lines if trace.LINE.match(line) and "  FAIL  " not in line]
    return "\n".join([f"$ ./lab replay {failure.test} --seed {seed} {' '.join(options)}", *shown])


def old_leaders_change(run):
    """Around the moment at which the first leader takes over the newer term."""
    old, new = figures.find_two_leaders(run)
    change = next(event for event in run.events if event.node == old.node and event.topic == "TERM" and event.at > new.at)
    return ["--log", "TEST,SEND,RPLY,ROLE,TERM", "--node", str(old.node), "--from", f"{change.at - 0.045:.3f}", "--until", f"{change.at + 0.045:.3f}"]


def the_unfair_vote(run):
    vote = next(event for event in run.events if unfair_vote(event))
    return ["--log", "VOTE,ROLE", "--from", f"{vote.at - 0.003:.3f}", "--until", f"{vote.at + 0.003:.3f}"]


def the_retry(run):
    """All that the clerk sends and hears until it has written its text twice."""
    sends = find_written_twice(run)
    calls = {event.call for event in sends}
    last = [event for event in run.events if event.call in calls][-1]
    return ["--log", "SEND,RPLY,DROP,CMND", "--node", str(sends[0].node), "--from", f"{sends[0].at - 0.001:.3f}",
            "--until", f"{last.at + 0.001:.3f}"]


def the_retry_elsewhere(run):
    """All that the clerk sends and hears from the write's call to its return."""
    write = find_twice_in_two_groups(run)
    return ["--log", "SEND,RPLY,DROP,CMND", "--node", str(write.node), "--from", f"{run.events[write.begin].at:.3f}",
            "--until", f"{run.events[write.end].at + 0.001:.3f}"]


# By name: the failure, and the options of the replay.
LOGS = {
    "two-leaders-roles": ("two-leaders", lambda run: ["--log", "TEST,ROLE,TERM", "--from", "0.1"]),
    "two-leaders-change": ("two-leaders", old_leaders_change),
    "any-log-wins-vote": ("any-log-wins", the_unfair_vote),
    "writes-twice-retry": ("writes-twice", the_retry),
    "forgets-duplicates-retry": ("forgets-duplicates", the_retry_elsewhere),
    "stale-read-history": ("reads-own-table", lambda run: ["--log", "TEST,ROLE,CMND", "--from", "0.1"]),
}
