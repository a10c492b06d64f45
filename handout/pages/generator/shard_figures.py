# Part of Raftlab, under the MIT License (see LICENSE).
"""The figures of lab 4; see figures.py."""

import dataclasses
import re

import histories
import ladder
import phases
import shards
from figures import Figure, passed

SHARDS = 10
CONFIG = re.compile(r"Config\{number: (\d+), shards: \[([\d, ]*)\]")
MOVE = re.compile(r"MoveArgs\{number: (\d+), shard: (\d+)\}")
COMMAND = re.compile(r"ShardCommand\{kind: (\d)")
ADOPT, INSTALL, DROP, CONFIRM = "2", "3", "4", "5"  # kinds of commands


def shard_of(key):
    return ord(key[0]) % SHARDS


def config_of(text):
    """(number, groups by shard) of a configuration in a log line."""
    found = CONFIG.search(text)
    return (int(found.group(1)), [int(gid) for gid in found.group(2).split(", ") if gid]) if found else None


def move_of(text):
    """(number, shard) of a move in a log line."""
    found = MOVE.search(text)
    return (int(found.group(1)), int(found.group(2))) if found else None


# ---- 4A ----

def find_moves(run):
    """Every configuration is asked for, those of one to four groups as groups join, and those of four to one as they
    leave."""
    seen = {0: [0] * SHARDS}
    for event in run.events:
        if event.topic == "RPLY" and event.method == "Do" and "done: true" in event.rest and config_of(event.rest):
            number, groups = config_of(event.rest)
            if groups:
                seen[number] = groups
    joins, leaves = [1, 2, 3, 4], [27, 28, 29]
    if not passed(run) or not all(number in seen for number in [*joins, 26, *leaves]):
        return None
    gids = sorted(set(seen[4]))
    last = sorted(set(seen[26]))
    if len(gids) != 4 or len(last) != 4 or [len(set(seen[number])) for number in leaves] != [3, 2, 1]:
        return None
    first = [(f"{number}: Join {gids[number - 1]}", seen[number - 1] if number > 1 else None, seen[number]) for number in joins]
    then = [("26: these are left", None, seen[26])]
    then += [(f"{number}: Leave {last[number - 27]}", seen[number - 1], seen[number]) for number in leaves]
    return first, then


def caption_moves(run, found):
    first, then = found
    return (f"Configurations 1 to 4 and 26 to 29 of `{run.command('--log', 'CMND,RPLY')}`, our solution: first groups join one "
            f"by one, {first[0][2][0]} and those after it, later they leave again. With each Join only the new group gains "
            f"shards, with each Leave only those move that the group had.")


# ---- 4B ----

@dataclasses.dataclass
class Request:
    """One call of a clerk's operation, as (server, error, the call's number)."""
    server: int
    error: str
    call: int


def requests_of(run, operation):
    """Those of an operation, in order, that were answered."""
    calls = {}
    for event in run.events[operation.begin:operation.end]:
        if event.topic == "SEND" and event.node == operation.node and "KeyArgs{" in event.rest:
            calls[event.call] = event.other
        elif event.topic == "RPLY" and event.call in calls:
            yield Request(calls[event.call], event.field("error"), event.call)


@dataclasses.dataclass
class Move:
    number: int
    shard: int
    old: int  # the leader of the group that gives it away
    new: int  # that of the group that gets it
    phases: tuple = ("leaving", "awaited", "unconfirmed, served", "deleted", "serving")


def step_of(event, move):
    """What the old or the new leader does for the move with this line: a kind of command, or nothing."""
    kind = COMMAND.search(event.text)
    if event.topic != "APLY" or event.node not in (move.old, move.new) or not kind:
        return None
    if kind.group(1) == ADOPT:
        return ADOPT if config_of(event.text) and config_of(event.text)[0] == move.number else None
    return kind.group(1) if move_of(event.text) == (move.number, move.shard) else None


def steps_of(run, move):
    """(node, kind) to the place of its apply."""
    found = {}
    for place, event in enumerate(run.events):
        step = step_of(event, move)
        if step is not None:
            found.setdefault((event.node, step), place)
    return found


def events_of(run, move, operations, begin, end):
    """The move and the operations between two places, as the ladder shows them: messages of the two leaders and the
    clerk, and what their logs make of them in words."""
    steps = steps_of(run, move)
    entries = {(node, run.events[place].position()): kind for (node, kind), place in steps.items()}
    moves = {event.call for event in run.events if event.topic == "SEND" and move_of(event.rest) == (move.number, move.shard)
             and (event.node, event.other) == (move.new, move.old)}
    asked = {request.call for operation in operations for request in requests_of(run, operation)}
    clerk = operations[0].node
    during = [place for operation in operations for place in range(operation.begin, operation.end + 1)]
    at_work = set(during)
    shown = []

    def note(event, words):
        shown.append(dataclasses.replace(event, topic="NOTE", text=words, call=0))

    for place in range(begin, end + 1):
        event = run.events[place]
        kind = entries.get((event.node, event.position())) if event.topic in ("LOGS", "APLY") else None
        if event.call and event.call in moves | asked:
            shown.append(event)
        elif event.topic == "CMND" and event.node == clerk and place in at_work:
            shown.append(event)
        elif event.topic == "RPLY" and event.node == clerk and place in at_work and config_of(event.rest) and config_of(event.rest)[1]:
            note(event, f"told of configuration {config_of(event.rest)[0]}")
        elif event.topic == "LOGS" and event.text.startswith("append") and kind in (INSTALL, DROP, CONFIRM):
            words = {INSTALL: "the data", DROP: "delete it", CONFIRM: "it is deleted"}[kind]
            note(event, f"to its log, {entry_words(event)}: {words}")
        elif event.topic == "APLY" and kind is not None and place == steps[event.node, kind]:
            phase = {ADOPT: move.phases[0 if event.node == move.old else 1], INSTALL: move.phases[2],
                     DROP: move.phases[3], CONFIRM: move.phases[4]}[kind]
            cause = f"configuration {move.number}" if kind == ADOPT else f"applies {entry_words(event)}"
            note(event, f"{cause}: {phase}")
    return shown


def entry_words(event):
    term, index = event.position()
    return f"{term}/{index}"


def find_move(run):
    """One write arrives at a shard's old leader before it has adopted the configuration, is refused behind it, and
    answered by the new leader, which has fetched the shard meanwhile and has the old one delete it later; all in at
    most 32 lines."""
    if not passed(run):
        return None
    for operation in histories.operations(run):
        if operation.end is None or operation.kind == "Get":
            continue
        requests = list(requests_of(run, operation))
        if not 2 <= len(requests) <= 3 or [request.error for request in requests] != ["2"] * (len(requests) - 1) + ["0"]:
            continue
        old, new = requests[0].server, requests[-1].server
        if old == new:
            continue
        numbers = [config_of(event.text)[0] for event in run.events[:operation.end] if event.topic == "APLY" and event.node == old
                   and COMMAND.search(event.text) and COMMAND.search(event.text).group(1) == ADOPT and config_of(event.text)]
        for number in reversed(numbers):
            move = Move(number, shard_of(operation.key), old, new)
            steps = steps_of(run, move)
            wanted = [(old, ADOPT), (new, ADOPT), (new, INSTALL), (old, DROP), (new, CONFIRM)]
            if not all(step in steps for step in wanted):
                continue
            arrives = next(place for place, event in enumerate(run.events)
                           if event.topic == "RECV" and event.call == requests[0].call)
            shown = events_of(run, move, [operation], min(operation.begin, steps[new, ADOPT]), steps[new, CONFIRM])
            fetches = [event for event in shown if event.topic == "RPLY" and event.method == "Pull"]
            if (len(fetches) == 1 and len(shown) <= 32 and arrives < steps[old, ADOPT]
                    and steps[new, INSTALL] < operation.end < steps[old, DROP]):
                return operation, move, shown
    return None


def draw_story(run, move, operation, shown, title, about):
    names = {operation.node: f"n{operation.node}, a clerk", move.old: f"n{move.old} leads A", move.new: f"n{move.new} leads B"}
    return ladder.draw(run, shown, title, about, servers=[operation.node, move.old, move.new], topics={"CMND", "NOTE"},
                       step=310, names=names, margin=136)


def caption_move(run, found):
    operation, move, shown = found
    return (f"Shard {move.shard} moves: from `{run.command('--from', f'{shown[0].at:.3f}', '--until', f'{shown[-1].at:.3f}')}` of our "
            f"solution, without all that does not concern it. A is the group of n{move.old}, B that of n{move.new}. Each "
            f"of the entries that are applied is with a majority of its group before; those messages are left out, too. The "
            f"{operation.kind} comes to A while A serves the shard, but its entry stands behind configuration {move.number}, and so it is "
            f"refused. B carries it out as soon as the clerk asks there, although A has not deleted the shard yet.")


LOST = re.compile(r'Append\("(\w+)", "(\w+)"\) by client \d+ began after')


def find_lost_write(run):
    """The verdict linearizability, for an Append that the old leader carried out between handing out the shard and
    adopting the configuration, in at most 32 lines."""
    said = next((LOST.search(line) for line in run.lines if LOST.search(line)), None)
    if run.verdict != "linearizability" or said is None:
        return None
    operations = histories.operations(run)
    write = next((operation for operation in operations if operation.kind == "Append" and operation.value == said.group(2)), None)
    read = operations[-1]
    if write is None or write.end is None or read.end is None or read.kind != "Get" or read.key != write.key:
        return None
    asked = [list(requests_of(run, operation)) for operation in (write, read)]
    if len(asked[0]) != 1 or not 1 <= len(asked[1]) <= 2 or asked[1][-1].server == asked[0][0].server:
        return None
    old, new = asked[0][0].server, asked[1][-1].server
    for number in range(1, 20):
        move = Move(number, shard_of(write.key), old, new)
        steps = steps_of(run, move)
        wanted = [(old, ADOPT), (new, ADOPT), (new, INSTALL), (old, DROP), (new, CONFIRM)]
        if not all(step in steps for step in wanted):
            continue
        given = next((place for place, event in enumerate(run.events) if event.topic == "RECV" and event.method == "Pull"
                      and event.node == old and steps[new, ADOPT] < place < steps[new, INSTALL]), len(run.events))
        if not given < write.begin < write.end < steps[old, ADOPT] < read.begin:
            continue
        shown = events_of(run, move, [write, read], min(steps[new, ADOPT], write.begin), read.end)
        if len(shown) <= 32:
            return write, read, move, shown
    return None


def caption_lost_write(run, found):
    write, read, move, _ = found
    return (f"The run of this report: a server hands out a shard before it has adopted the configuration. B is early, "
            f"and n{move.old} gives it shard {move.shard} at once, instead of \"not yet\". It is still n{move.old}'s to serve, and "
            f"so the Append of {write.value} is carried out at A and answered. It is not in the copy. Then A deletes its own, and the "
            f"Get reads what B has.")


FIGURES = [
    Figure("4A-moves", "Shard4A.MinimalTransfers",
           "Ten shards and their groups in eight configurations, and which shards have moved",
           find_moves,
           lambda run, found: shards.draw(found, "Which shards move", "Configurations as groups join and leave, with the shards that have moved"),
           caption_moves),
    Figure("4B-phases", "", "Five phases of a shard, and the log entries that lead from one to the next",
           None, lambda run, found: phases.draw(),
           lambda run, found: "What a shard goes through in one group, in our solution."),
    Figure("4B-move", "Shard4B.JoinLeave",
           "The leaders of two groups and a clerk: a shard is fetched, put into a log, deleted where it was, and confirmed",
           find_move,
           lambda run, found: draw_story(run, found[1], found[0], found[2], "One shard moves from group A to group B",
                                         "Configurations, the data, the order to delete, and a client meanwhile"),
           caption_move),
    Figure("4B-lost-write", "Shard4B.JoinLeave",
           "A shard is copied, then written to where it was, and read where the copy is",
           find_lost_write,
           lambda run, found: draw_story(run, found[2], found[0], found[3], "A shard that is handed out too early",
                                         "A write that is answered, and is not in the copy"),
           caption_lost_write, mistake="gives-early"),
]
