# Part of Raftlab, under the MIT License (see LICENSE).
"""The figures of lab 3; see figures.py."""


import histories
import ladder
import sizes
from figures import Figure, listed, passed, roles

LIMIT = 1000  # bytes of Raft's state, in the tests of 3B


# ---- 3A ----

def find_operation(run):
    """An Append that its clerk asks the leader for at once: three requests in all, the entry's commit before the
    second follower's reply, and each of the two followers applies the entry before it meanwhile."""
    if not passed(run):
        return None
    for operation in histories.operations(run):
        if operation.kind != "Append" or operation.end is None or operation.applied is None:
            continue
        events = run.events[operation.begin:operation.end + 1]
        sends = [event for event in events if event.topic == "SEND"]
        replies = [event for event in events if event.topic == "RPLY"]
        applies = [event for event in events if event.topic == "APLY"]
        commit = next((place for place, event in enumerate(events) if event.topic == "COMT"), 0)
        late = sum(event.topic == "RPLY" for event in events[commit:])
        entry = run.events[operation.applied].position()
        followers = [event.node for event in applies if event.position()[1] == entry[1] - 1]
        if (len(sends) == len(replies) == 3 and late == 2 and entry[1] >= 3 and len(followers) == 2
                and len({event.node for event in events if event.node is not None}) == 4 and len(applies) == 3):
            return operation, events, entry, sends[0].other, followers
    return None


def draw_operation(run, found):
    operation, events, _, leader, followers = found
    names = {operation.node: f"n{operation.node}, a clerk", leader: f"n{leader}, the leader"}
    return ladder.draw(run, events, "One Append, from the call to the return", "Request, entry, acknowledgements, commit, answer",
                       servers=[operation.node, leader, *sorted(followers)], topics={"CMND", "LOGS", "COMT", "APLY"},
                       step=262, names=names)


def caption_operation(run, found):
    operation, events, entry, leader, followers = found
    first, last = f"{events[0].at:.3f}", f"{events[-1].at:.3f}"
    return (f"One operation: `{run.command('--from', first, '--until', last)}` of our solution. The clerk n{operation.node} knows "
            f"from its last call that n{leader} leads. n{leader} puts the command into its log as entry {entry[0]}/{entry[1]}, one "
            f"follower makes a majority, the entry is committed and applied, and then the request that waits for it is answered. "
            f"{listed(followers)} apply the entry before it here, and this one with the next AppendEntries.")


def find_history(run):
    """OnePartition: a Put and a Get begin in the minority, others return meanwhile, and the two return after the
    healing; where each operation took effect can be seen in the log."""
    shown = histories.operations(run)
    if not passed(run) or len({operation.client for operation in shown}) != 3:
        return None
    if any(operation.end is None or operation.applied is None or not operation.begin < operation.applied < operation.end
           for operation in shown):
        return None
    long_ones = [operation for operation in shown if operation.client != 0]
    if len(long_ones) != 2 or long_ones[1].value == long_ones[0].value:
        return None
    return shown, long_ones


def caption_history(run, found):
    _, (put, get) = found
    return (f"A history that is linearizable: `{run.command('--log', 'CMND')}` of our solution, all on one key. The Put of client "
            f"{put.client} and the Get of client {get.client} ask servers that are cut off from the majority, so they overlap "
            f"nearly everything, and may take effect anywhere in their bars. In the order of the dots each Get returns what was "
            f"written last.")


def find_stale_read(run):
    """A Get of a client of the minority returns a value after a Put of another had returned, and did so at once."""
    shown = histories.operations(run)
    if run.verdict == "pass" or len(shown) > 8:
        return None
    puts = [operation for operation in shown if operation.kind == "Put" and operation.end is not None]
    for get in shown:
        if get.kind != "Get" or get.end is None or get.client == 0 or len(puts) != 2:
            continue
        if get.value == puts[0].value and puts[1].end < get.begin:
            return shown, get, puts
    return None


def caption_stale_read(run, found):
    _, get, puts = found
    leader = next(event.node for event in roles(run, "leader"))
    return (f"A history that is not: the same test, seed {run.seed}, with a server that reads from its own table. Client "
            f"{get.client}'s Get returns {get.value}. To fit, it would have to take effect before the Put of {puts[1].value}; but that "
            f"had returned when the Get began. It was n{leader} that answered: cut off from the majority, deposed, and not aware of it.")


# ---- 3B ----

def find_sizes(run):
    """A server that saves three snapshots in at most 70 saves."""
    if not passed(run) or not roles(run, "leader"):
        return None
    node = roles(run, "leader")[0].node
    points = sizes.saves(run, node)
    with_snapshot = [place for place, point in enumerate(points) if point[2] is not None]
    if len(with_snapshot) < 3 or with_snapshot[2] + 4 > 70:
        return None
    return node, points[:with_snapshot[2] + 4]


def caption_sizes(run, found):
    node, points = found
    return (f"What n{node}'s Raft saves in `{run.command('--node', str(node), '--log', 'DISK')}` of our solution, save after save. Each "
            f"command makes the state larger; at the first save of {LIMIT} bytes or more the service hands its snapshot to Raft, and "
            f"the log begins anew. The snapshots have {points_of_snapshots(points)} bytes, though all of these commands are in them.")


def points_of_snapshots(points):
    held = [snapshot for _, _, snapshot in points if snapshot is not None]
    return ", ".join(map(str, held[:-1])) + f" and {held[-1]}"


FIGURES = [
    Figure("3A-operation", "Kv3A.Speed",
           "A clerk asks the leader, which replicates the command, commits it, applies it and answers",
           find_operation, draw_operation, caption_operation),
    Figure("3A-history", "Kv3A.OnePartition",
           "Operations of three clients as bars over time, each with a dot where it takes effect",
           find_history,
           lambda run, found: histories.draw(run, found[0], "A history that is linearizable", "Operations of three clients on one key"),
           caption_history),
    Figure("3A-stale-read", "Kv3A.OnePartition",
           "A read returns an old value, though a newer one had been written before it began",
           find_stale_read,
           lambda run, found: histories.draw(run, found[0], "A history that is not linearizable",
                                             "A read that returns what had been overwritten before", wrong=found[1]),
           caption_stale_read, mistake="reads-own-table"),
    Figure("3B-sizes", "Kv3B.SnapshotSize",
           "The state of a server's Raft grows with each save, and falls at each snapshot",
           find_sizes,
           lambda run, found: sizes.draw(found[1], LIMIT, "Bytes that a server's Raft saves", "A saw: growth up to the limit, then a snapshot"),
           caption_sizes),
]
