# Part of Raftlab, under the MIT License (see LICENSE).
"""The figures: for each the test, what a run must have to be shown, how it is drawn, what is said of it.

A `find` looks at a run and returns what the drawing needs, or None: then the next seed is tried. Its docstring says what
a run must have; that is shown if no seed has it.
"""

import dataclasses
from collections.abc import Callable

import ladder
import logs
import timeline
import trace


@dataclasses.dataclass(frozen=True)
class Figure:
    name: str  # of the file, without .svg
    test: str  # "": it shows no run
    alt: str  # for who cannot see it
    find: Callable
    draw: Callable  # (run, found) to SVG
    caption: Callable  # (run, found) to Markdown
    mistake: str = ""
    seeds: int = 400  # as many are tried


def passed(run):
    return run.verdict == "pass"


def listed(nodes):
    """As in "n0, n1 and n3"."""
    names = [f"n{node}" for node in sorted(nodes)]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def roles(run, role):
    return [event for event in run.events if event.topic == "ROLE" and event.text.startswith(role)]


# ---- 2A ----

def find_election(run):
    """One candidate, which leads within 20 ms, and two replies each to its requests for votes and its heartbeats."""
    candidates, leaders = roles(run, "candidate"), roles(run, "leader")
    if not passed(run) or not leaders or len(candidates) != 1 or leaders[0].at - candidates[0].at > 0.02:
        return None
    begin = run.events.index(candidates[0])
    heartbeats = [i for i, event in enumerate(run.events) if event.topic == "RPLY" and event.method == "AppendEntries"]
    votes = [i for i, event in enumerate(run.events) if event.topic == "RPLY" and event.method == "RequestVote"]
    if len(heartbeats) < 2 or len(votes) < 2:
        return None
    return run.events[begin:max(heartbeats[1], votes[1]) + 1], leaders[0], candidates[0]


def caption_election(run, found):
    events, leader, candidate = found
    millis = round(1000 * (events[-1].at - events[0].at))
    return (f"The first election, from `{run.command('--until', f'{events[-1].at:.3f}')}` of our solution. "
            f"n{candidate.node} hears from no leader for {candidate.at:.3f} s, begins term {candidate.term()}, "
            f"and all of it is over within {max(millis, 1)} ms.")


def find_terms(run):
    """A leader of at most term 8 in the end, and three candidates or more in the 2 s without a majority."""
    cuts = [event for event in run.events if event.topic == "TEST" and event.text.startswith("disconnect")]
    leaders = roles(run, "leader")
    if not passed(run) or len(cuts) < 2 or not leaders or max(event.term() for event in leaders) > 8:
        return None
    lonely = [event for event in roles(run, "candidate") if cuts[1].at < event.at < cuts[1].at + 2]
    return lonely if len(lonely) >= 3 else None


def caption_terms(run, lonely):
    leaders = roles(run, "leader")
    told = ", then ".join(f"n{event.node} leads term {event.term()} from {event.at:.2f} s on" for event in leaders)
    terms = len({event.term() for event in lonely})
    return (f"`{run.command()}`, our solution, from beginning to end. Colours are terms, a high bar is a "
            f"leader, a dashed one a candidate: {told}. While no two servers can reach each other, they stand "
            f"{len(lonely)} times, in {terms} terms, and none of them wins.")


def find_split(run):
    """Two candidates within 10 ms in a term, not counting those that are cut off, no leader in it, and within 0.7 s
    one in a later term, with one to three servers cut off."""
    state = trace.State(run.servers)
    by_term = {}
    for event in run.events:
        state.take(event)
        if event.topic == "ROLE" and event.text.startswith("candidate"):
            by_term.setdefault(event.term(), []).append((event, state.cut[event.node], sum(state.cut)))
    led = {event.term(): event for event in roles(run, "leader")}
    for term, candidates in by_term.items():
        events = [event for event, alone, _ in candidates if not alone]
        if len(events) != 2 or term in led or events[1].at - events[0].at > 0.01:
            continue
        winner = next((led[later] for later in sorted(led) if later > term), None)
        if winner and winner.at - events[0].at < 0.7 and all(1 <= cut <= 3 for _, _, cut in candidates):
            return term, events, winner, away_at(run, events[0])
    return None


def away_at(run, moment):
    """The servers that are cut off when an event happens."""
    state = next(state for event, state in trace.states(run) if event is moment)
    return [node for node in range(run.servers) if state.cut[node]]


def draw_split(run, found):
    term, events, winner, _ = found
    return timeline.draw(run, events[0].at - 0.08, winner.at + 0.12, f"A split vote in term {term}",
                         f"{len(events)} servers stand in the same term, none gets a majority, a later term decides",
                         steps=False)


def caption_split(run, found):
    term, events, winner, away = found
    names = listed(event.node for event in events)
    apart = round(1000 * (events[-1].at - events[0].at))
    when = f"within {apart} ms of each other" if apart else "at the same moment"
    return (f"A split vote: `{run.command('--from', f'{events[0].at - 0.08:.2f}', '--until', f'{winner.at + 0.12:.2f}')}` "
            f"of our solution, in which {listed(away)} {'is' if len(away) == 1 else 'are'} cut off. {names} stand for term {term} "
            f"{when} and none of them gets a majority. {1000 * (winner.at - events[0].at):.0f} ms later n{winner.node}, "
            f"whose timeout runs out next, leads term {winner.term()}.")


# ---- 2B ----

def find_commit(run):
    """One leader, three commands, and of the second at most six requests from Start to the last server that applies
    it."""
    accepted = [i for i, event in enumerate(run.events) if event.topic == "CMND" and "accepted" in event.text]
    if not passed(run) or len(accepted) != 3 or len(roles(run, "leader")) != 1:
        return None
    term, index = run.events[accepted[1]].position()
    start = accepted[1]
    while run.events[start].text != f"append {term}/{index}":
        start -= 1
    applies = [i for i, event in enumerate(run.events) if event.topic == "APLY" and event.position() == (term, index)]
    events = run.events[start:applies[-1] + 1]
    beats = sum(event.topic == "SEND" for event in events)
    return (events, term, index, accepted[1] - start) if len(applies) == 3 and beats <= 6 else None


def caption_commit(run, found):
    events, term, index, _ = found
    applies = [event for event in events if event.topic == "APLY"]
    first, last = applies[0], applies[-1]
    return (f"One command: `{run.command('--from', f'{events[0].at:.3f}', '--until', f'{last.at:.3f}')}` of our solution. "
            f"n{first.node} takes it as entry {term}/{index} and applies it after {max(1, round(1000 * (first.at - events[0].at)))} ms, "
            f"as soon as one follower, so two of three servers, has it. The followers learn of the commit from the next "
            f"AppendEntries and have applied it after {1000 * (last.at - events[0].at):.0f} ms.")


def find_rejoin(run):
    """The first leader comes back with four entries of its own term in its log, the others' logs are equally long, and
    in the end the three lonely ones are replaced and all logs are alike, with at most six entries."""
    if not passed(run) or not roles(run, "leader"):
        return None
    first = roles(run, "leader")[0].node
    before = None
    connects = 0
    for event, state in trace.states(run):
        if event.topic == "TEST" and event.at > 0 and event.text == f"connect n{first}":
            before = before or logs.copy(state)
        if event.topic == "TEST" and event.text.startswith("disconnect") and event.at > 0:
            connects += 1
    after = logs.copy(state)
    if before is None or len(before["log"][first]) != 4 or len({*map(len, before["log"])}) != 2:
        return None
    lonely = before["log"][first]
    kept = after["log"][first]
    same = after["log"][0] == after["log"][1] == after["log"][2]
    if connects != 2 or not same or kept[:2] == lonely[:2] or max(map(len, after["log"])) > 6:
        return None
    return first, before, after


def caption_rejoin(run, found):
    first, before, after = found
    return (f"Three logs in `{run.command()}` of our solution. n{first} was cut off as leader and had taken three commands "
            f"that nobody else has (upper picture, the moment at which it comes back). In the end all logs are equal, and "
            f"those three are gone: they were never committed.")


def could_win(state, candidate):
    """A majority has no log that is more up to date than the candidate's (section 5.4.1)."""
    def last(server):
        log = state.log[server]
        return (log[-1] if log else 0, len(log))
    servers = range(len(state.log))
    return 2 * sum(last(server) <= last(candidate) for server in servers) > len(servers)


def find_figure8(run):
    """An entry of an earlier term stands on a majority under a leader, nobody has applied it, and a server without it
    could still win an election, because its last entry is of a newer term."""
    chosen = None
    for event, state in trace.states(run):
        if chosen is None and event.topic in ("LOGS", "ROLE"):
            index = max(state.applied) + 1
            for leader in range(run.servers):
                log = state.log[leader]
                if state.role[leader] != "leader" or not state.up[leader] or len(log) < index:
                    continue
                term = log[index - 1]
                holders = [n for n in range(run.servers) if state.log[n][:index] == log[:index]]
                rivals = [n for n in range(run.servers) if n not in holders and could_win(state, n)]
                if term < state.term[leader] and len(holders) > run.servers // 2 and rivals:
                    chosen = (leader, state.term[leader], term, index, holders, rivals, event.at)
                    before = logs.copy(state)
        elif chosen is not None and event.topic == "APLY" and event.position()[1] == chosen[3]:
            if event.at - chosen[-1] > 0.01:
                return chosen, before, logs.copy(state), event
            chosen = None
    return None


def draw_figure8(run, found):
    (_, led, term, index, _, _, at), before, after, applied = found
    ours, first = applied.position(), max(1, index - 3)
    return logs.draw([(f"at {at:.3f} s: {term}/{index} is on a majority, under a leader of term {led}", before),
                      (f"at {applied.at:.3f} s: {ours[0]}/{ours[1]} is applied for the first time", after)],
                     "An entry on a majority that is not committed",
                     f"The logs around index {index}", first=first, last=first + 10, commands=False)


def caption_figure8(run, found):
    (leader, led, term, index, holders, rivals, at), _, _, applied = found
    names, others = listed(holders), listed(rivals)
    end = ("in its place, because one of those servers did win" if applied.position()[0] != term else
           f"{applied.at - at:.3f} s later, together with an entry of a leader's own term")
    each = "its last entry is" if len(rivals) == 1 else "their last entries are"
    return (f"Figure 8 in life, from `{run.command()}` of our solution, a test of 2C; the number in a cell is its entry's term. In the "
            f"upper picture n{leader} leads term {led}, and {names}, a majority, hold {term}/{index}, an entry of an earlier "
            f"term. It is not safe: {others} could still win an election, because {each} of a newer term, and overwrite it. In "
            f"the lower one {applied.position()[0]}/{index} is applied, {end}.")


# ---- 2C ----

def find_power_cut(run):
    """A leader within 0.6 s, the power cut of all three servers, and within 2 s another leader and an entry applied."""
    crashes = [event for event in run.events if event.topic == "CRSH"]
    leaders = roles(run, "leader")
    if not passed(run) or len(crashes) < 3 or len(leaders) < 2 or leaders[0].at > 0.6:
        return None
    again = [event for event in run.events if event.topic == "APLY" and event.at > crashes[2].at]
    if not again:
        return None
    end = again[0].at + 0.2
    return (crashes[0].at, end) if leaders[1].at < end and end < 2 else None


def caption_power_cut(run, found):
    crash, end = found
    boots = [event for event in run.events if event.topic == "BOOT" and event.at == crash]
    before, after = roles(run, "leader")[:2]
    return (f"`{run.command('--until', f'{end:.2f}', '--log', 'DISK,CRSH,BOOT,ROLE,TERM')}` of our solution. At {crash:.3f} s "
            f"all servers lose power. Each boots from its last save (n0 from {boots[0].text.split()[3]} bytes), still in term "
            f"{before.term()}, and so the next leader is one of term {after.term()}.")


def find_saves(run):
    """After the power cut an election with one candidate, two granted votes and five saves."""
    crashes = [event for event in run.events if event.topic == "CRSH"]
    if not passed(run) or len(crashes) < 3:
        return None
    later = [i for i, event in enumerate(run.events) if event.at > crashes[2].at]
    begin = next((i for i in later if run.events[i].topic == "ROLE"), None)
    if begin is None or not run.events[begin].text.startswith("candidate"):
        return None
    while run.events[begin - 1].topic == "DISK" and run.events[begin - 1].node == run.events[begin].node:
        begin -= 1
    votes = [i for i in later if run.events[i].topic == "RPLY" and run.events[i].method == "RequestVote"][:2]
    if not votes:
        return None
    events = [event for event in run.events[begin:votes[-1] + 1] if event.method != "AppendEntries"]
    grants = [event for event in events if event.topic == "VOTE" and "granted" in event.text]
    leaders = [event for event in events if event.topic == "ROLE" and event.text.startswith("leader")]
    saves = sum(event.topic == "DISK" for event in events)
    return (events, leaders[0]) if len(grants) == 2 and len(leaders) == 1 and saves == 5 else None


def caption_saves(run, found):
    events, leader = found
    return (f"Saves in an election, after the power cut: `{run.command('--from', f'{events[0].at:.3f}', '--until', f'{events[-1].at:.3f}')}` "
            f"of our solution. n{leader.node} saves its new term and its vote for itself before it asks; each voter saves "
            f"before its reply leaves. (A voter saves twice here: once for the term, once for the vote. Once for both "
            f"is as good.)")


# ---- 2D ----

def find_install(run):
    """SnapshotInstall: a follower comes back and is behind the leader's snapshot, until it has applied all that there is."""
    if not passed(run):
        return None
    begin = None
    before = after = None
    for place, (event, state) in enumerate(trace.states(run)):
        if event.topic == "TEST" and event.at > 0 and event.text.startswith("connect"):
            begin, returning, before = place, int(event.text.split("n")[-1]), logs.copy(state)
        if event.topic == "SNAP" and event.text.startswith("installed") and begin is not None and event.node == returning:
            after = logs.copy(state)
        if after and event.topic == "APLY" and event.node == returning and event.position()[1] == max(map(len, state.log)):
            last = logs.copy(state)
            if len(last["log"][returning]) > 22 or "leader" not in before["role"] or len(before["log"][returning]) >= min(
                    before["base"][n] for n in range(run.servers) if n != returning):
                return None
            return returning, before, after, last, run.events[begin:place + 1]
    return None


def draw_install(run, found):
    returning, _, _, _, events = found
    return ladder.draw(run, install_events(returning, events), "A follower that is too far behind",
                       "The leader sends its snapshot, then the entries that follow it",
                       servers=sorted([*senders_to(returning, events), returning]), topics={"SNAP", "APLY", "LOGS"}, detail=True, step=400)


def senders_to(node, events):
    return {event.node for event in events if event.topic == "SEND" and event.other == node}


def applies_of(node, events):
    return [event for event in events if event.topic == "APLY" and event.node == node]


def install_events(returning, events):
    """Those between the leader and the one that returns; of its applies the snapshot, and the first and last entry."""
    applies = applies_of(returning, events)
    keep = {id(applies[0]), id(applies[1]), id(applies[-1])}
    shown = []
    for event in events:
        if event.call and returning not in (event.node, event.other):
            continue
        if event.topic in ("APLY", "LOGS", "SNAP") and event.node != returning:
            continue
        if event.topic == "APLY" and id(event) not in keep:
            continue
        shown.append(event)
    return shown


def find_short_install(run):
    """A follower comes back and is behind the snapshots of all others; one leader sends it the snapshot, and at least
    three entries, all in at most 26 events; no log has more than 22 entries."""
    found = find_install(run)
    if found is None:
        return None
    returning, _, _, _, events = found
    if len(senders_to(returning, events)) != 1 or len(applies_of(returning, events)) < 4:
        return None
    return found if len(install_events(returning, events)) <= 26 else None


def caption_install(run, found):
    returning, before, _, _, events = found
    return (f"`{run.command('--from', f'{events[0].at:.3f}', '--until', f'{events[-1].at:.3f}')}` of our solution, what n{returning} "
            f"and the leader say to each other; of the entries that n{returning} applies the first and the last are shown. Its "
            f"log ends at index {len(before['log'][returning])}, the leader's begins after its snapshot.")


def caption_compaction(run, found):
    returning, before, *_ = found
    leader = before["role"].index("leader")
    return (f"`{run.command('--log', 'SNAP,APLY,ROLE,TEST')}` of our solution. n{leader} has a snapshot through index {before['base'][leader]} and has dropped what it covers; "
            f"n{returning}, which was cut off, lacks entries that no longer exist as entries. In the end it has the snapshot "
            f"in their place.")


# ---- When a test fails ----

def find_two_leaders(run):
    """Two elections, each won at once; the first leader comes back, learns of the newer term from a reply, and both
    say that they lead it."""
    leaders = roles(run, "leader")
    if run.verdict != "safety" or "lead term" not in " ".join(run.lines[-12:]) or len(leaders) != 2:
        return None
    old, new = leaders
    changes = [event for event in run.events if event.topic in ("ROLE", "TERM", "TEST")]
    learns = changes[-1]
    told = any(event.topic == "RPLY" and event.node == old.node and event.field("term") == str(new.term())
               and 0 <= learns.at - event.at < 0.002 for event in run.events)
    good = (old.node != new.node and len(roles(run, "candidate")) == 2 and learns.topic == "TERM"
            and learns.node == old.node and told and run.events[-1].at < 2.2)
    return leaders if good else None


def caption_two_leaders(run, leaders):
    return (f"The failing run, seed {run.seed}, up to the failure. n{leaders[0].node} leads term {leaders[0].term()} and is cut "
            f"off; n{leaders[1].node} is elected for term {leaders[1].term()}; n{leaders[0].node} comes back.")


FIGURES = [
    Figure("2A-election", "Raft2A.InitialElection",
           "A candidate asks two servers for their votes, both grant them, it becomes leader and sends heartbeats",
           find_election,
           lambda run, found: ladder.draw(run, found[0], "One election, message by message",
                                          "Requests for votes, votes, and the first heartbeats",
                                          topics={"ROLE", "TERM"}),
           caption_election),
    Figure("2A-terms", "Raft2A.ReElection",
           "Three servers over time: leaders come and go, the term rises with each election", find_terms,
           lambda run, found: timeline.draw(run, 0, run.events[-1].at, "Terms and leaders in Raft2A.ReElection",
                                            "Each server's term over time, and who leads"),
           caption_terms),
    Figure("2A-split-vote", "Raft2A.ManyElections",
           "Two candidates in one term share the votes, and a later term has a leader", find_split, draw_split,
           caption_split, seeds=2000),
    Figure("2B-commit", "Raft2B.BasicAgree",
           "A leader appends a command, sends it to both followers, commits it, and they learn of it later", find_commit,
           lambda run, found: ladder.draw(run, found[0], "One command, from Start() to the last server",
                                          "Entries, acknowledgements, commit, apply",
                                          topics={"CMND", "LOGS", "COMT", "APLY"}, detail=True, step=330),
           caption_commit),
    Figure("2B-rejoin", "Raft2B.Rejoin",
           "A log with three entries that no other log has, and the same log after they were replaced", find_rejoin,
           lambda run, found: logs.draw([(f"when n{found[0]} comes back", found[1]), ("at the end", found[2])],
                                        "Logs that part, and meet again", "The three logs at two moments"),
           caption_rejoin),
    Figure("2B-figure8", "Raft2C.Figure8Unreliable",
           "An entry of an earlier term on a majority of five servers, while another server has a newer last entry",
           find_figure8, draw_figure8, caption_figure8),
    Figure("2C-power-cut", "Raft2C.Persist1",
           "Three servers lose power at the same moment and go on from their last save", find_power_cut,
           lambda run, found: timeline.draw(run, 0, found[1], "A power cut, and what is left",
                                            "Saves, a power cut of all servers, and the next election", disks=True,
                                            steps=False),
           caption_power_cut),
    Figure("2C-save-then-send", "Raft2C.Persist1",
           "Every vote is saved before it is sent", find_saves,
           lambda run, found: ladder.draw(run, found[0], "Save, then send", "Saves between a request and its reply",
                                          topics={"ROLE", "DISK", "VOTE"}),
           caption_saves),
    Figure("2D-install", "Raft2D.SnapshotInstall",
           "A leader sends a snapshot and then the entries after it", find_short_install, draw_install, caption_install),
    Figure("2D-compaction", "Raft2D.SnapshotInstall",
           "Two logs that begin with a snapshot, one that ends before it; then all three alike", find_short_install,
           lambda run, found: logs.draw([(f"n{found[0]} comes back", found[1]), ("it has installed the snapshot", found[2]),
                                         ("it has caught up", found[3])],
                                        "Logs with a snapshot in front", "Logs before and after InstallSnapshot",
                                        commands=False),
           caption_compaction),
    Figure("failing-two-leaders", "Raft2A.ReElection",
           "Two servers that both lead the same term", find_two_leaders,
           lambda run, found: timeline.draw(run, 0, run.events[-1].at + 0.02, "Two leaders in one term",
                                            "The failing run of the worked example"),
           caption_two_leaders, mistake="keeps-leading"),
]
