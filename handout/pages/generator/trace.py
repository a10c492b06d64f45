# Part of Raftlab, under the MIT License (see LICENSE).
"""Runs of a test program, read from their logs.

A run is replayed with its whole log; each line becomes an Event. What a server knows at a moment (its
term, role, log) is told from the lines that the reference solution writes, see State.
"""

import dataclasses
import json
import os
import re
import subprocess

LINE = re.compile(r"^ *(\d+\.\d{3})s (n\d+|--) +([A-Z]{4})  (.*)$")
CALL = re.compile(r"^#(\d+) (?:Raft|KvServer|CtrlServer|ShardServer)\.(\w+) (->|<-) n(\d+) *(.*)$")
TERM = re.compile(r"\bterm[=:] ?(\d+)")
POSITION = re.compile(r"\b(\d+)/(\d+)\b")
CLERK = re.compile(r"(client \d+:|(Join|Leave|Move|Query) )")  # how its CMND lines begin


@dataclasses.dataclass(frozen=True)
class Event:
    at: float  # virtual seconds
    node: int | None  # None: the test
    topic: str
    text: str
    call: int = 0  # number of the remote call, or 0
    method: str = ""
    other: int = -1  # the call's other end
    rest: str = ""  # its arguments, its reply, or why it was dropped

    def term(self):
        found = TERM.search(self.text)
        return int(found.group(1)) if found else None

    def position(self):
        """The last term/index of the line, as (term, index)."""
        found = POSITION.findall(self.text)
        return (int(found[-1][0]), int(found[-1][1])) if found else None

    def field(self, name):
        found = re.search(rf"\b{name}: (-?\w+)", self.rest)
        return found.group(1) if found else None


@dataclasses.dataclass
class Run:
    test: str
    seed: int
    mistake: str
    events: list
    verdict: str
    lines: list  # as printed, with the report at the end
    servers: int  # the machines after them are clerks'

    def command(self, *options):
        return " ".join(["./lab replay", self.test, f"--seed {self.seed}", *options])


def environment(mistake):
    env = dict(os.environ)
    env.pop("RAFTLAB_MISTAKE", None)
    if mistake:
        env["RAFTLAB_MISTAKE"] = mistake
    return env


def parse(line):
    found = LINE.match(line)
    if not found:
        return None
    at, node, topic, text = found.groups()
    node = None if node == "--" else int(node[1:])
    call = CALL.match(text) if topic in ("SEND", "RECV", "RPLY", "DROP") else None
    if call is None:
        return Event(float(at), node, topic, text)
    number, method, _, other, rest = call.groups()
    return Event(float(at), node, topic, text, int(number), method, int(other), rest)


def replay(program, test, seed, mistake="", options=()):
    """Replays a run. Raises RuntimeError if the program cannot."""
    # Commands are bytes, which need not be text.
    done = subprocess.run([program, "--replay", test, "--seed", str(seed), *options], encoding="utf-8",
                          errors="backslashreplace", capture_output=True, env=environment(mistake), check=False)
    lines = done.stdout.splitlines()
    if done.returncode not in (0, 1) or not lines:
        raise RuntimeError(f"{program} --replay {test} --seed {seed} ended with {done.returncode}: {done.stderr}")
    events = [event for event in map(parse, lines) if event is not None]
    verdict = next((line.split(":")[0] for line in lines
                    if re.match(rf"^[a-z-]+: {re.escape(test)}, seed {seed}\b", line)), None)
    if verdict is None:
        raise RuntimeError(f"{program} --replay {test} --seed {seed} showed no verdict")
    clerks = {event.node for event in events if event.topic == "CMND" and CLERK.match(event.text)}
    servers = len({event.node for event in events if event.topic == "BOOT"} - clerks)
    return Run(test, seed, mistake, events, verdict, lines, servers)


def report(program, test, seed, mistake=""):
    """What `./lab test` shows of a failed run, as (verdict, lines)."""
    job = json.dumps({"id": 1, "test": test, "seed": seed, "strategy": "mix", "log": False})
    done = subprocess.run([program, "--worker", "--jobs", "1"], input=job + "\n", text=True,
                          capture_output=True, env=environment(mistake), check=True)
    answer = json.loads(done.stdout)
    return answer["verdict"], answer["report"].splitlines()


class State:
    """What every server knows, after the events given so far."""

    def __init__(self, servers):
        self.term = [0] * servers
        self.role = ["follower"] * servers
        self.up = [False] * servers
        self.cut = [True] * servers
        self.applied = [0] * servers
        self.log = [()] * servers  # terms, from index 1 on
        self.base = [0] * servers  # index that the snapshot reaches
        self.commands = {}  # (term, index) to command
        self.sent = {}  # call to the sender's log when it left
        self.arrived = [[] for _ in range(servers)]  # calls of AppendEntries, newest last

    def take(self, event):
        node, text = event.node, event.text
        if event.topic == "TEST":
            found = re.match(r"(dis)?connect n(\d+)$", text)
            if found:
                self.cut[int(found.group(2))] = found.group(1) is not None
        if node is None or node >= len(self.term):
            return
        if event.topic == "BOOT":
            self.up[node], self.role[node], self.applied[node] = True, "follower", self.base[node]
        elif event.topic == "CRSH":
            self.up[node] = False
        elif event.topic == "TERM":
            self.term[node] = event.term()
        elif event.topic == "ROLE":
            self.role[node], self.term[node] = text.split()[0], event.term()
        elif event.topic == "LOGS":
            self.take_log(event)
        elif event.topic == "SNAP":
            self.take_snapshot(event)
        elif event.topic == "SEND" and event.method == "AppendEntries":
            self.sent[event.call] = self.log[node]
        elif event.topic == "RECV" and event.method == "AppendEntries":
            self.arrived[node].append(event.call)
        elif event.topic == "CMND":
            found = re.match(r'"(.*)" accepted at (\d+)/(\d+)', text)
            if found:
                self.commands[int(found.group(2)), int(found.group(3))] = found.group(1)
        elif event.topic == "APLY":
            self.applied[node] = event.position()[1]

    def take_log(self, event):
        node = event.node
        if event.text.startswith("append"):
            self.log[node] += (event.position()[0],)
        elif event.text.startswith("log ends at"):
            term, index = event.position()
            # Log Matching (Figure 3): up to there the log is now the sender's.
            for call in reversed(self.arrived[node]):
                log = self.sent.get(call, ())
                if len(log) >= index and log[index - 1] == term:
                    self.log[node] = log[:index]
                    return
            raise RuntimeError(f"whose entries are these? {event}")

    def take_snapshot(self, event):
        node, (term, index) = event.node, event.position()
        self.base[node] = index
        if not event.text.startswith("installed"):
            return
        if len(self.log[node]) < index or self.log[node][index - 1] != term:
            self.log[node] = next((log[:index] for log in self.log
                                   if len(log) >= index and log[index - 1] == term), self.log[node])


def states(run):
    """Yields (event, state after it); the state is one object that changes."""
    state = State(run.servers)
    for event in run.events:
        state.take(event)
        yield event, state
