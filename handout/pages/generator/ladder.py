# Part of Raftlab, under the MIT License (see LICENSE).
"""Messages one by one: a column for each server, time runs down, every event has a row of its own."""

import re

import svg

ROW, TOP, LEFT = 27, 74, 78
OPERATIONS = {"Get", "PutAppend", "Do"}
MOVES = {"Pull": "shard {}, change {}?", "Drop": "shard {}, change {}: I have it"}
LOCAL = {"ROLE", "TERM", "VOTE", "DISK", "COMT", "APLY", "LOGS", "CMND", "SNAP", "NOTE"}  # NOTE: words of a figure's own


def entries(event):
    """The entries that a call of AppendEntries carries, in words."""
    count = event.rest.count("LogEntry{")
    if count == 0:
        return "heartbeat"
    if "..." in event.rest:
        return "the entries"
    return "1 entry" if count == 1 else f"{count} entries"


def operation_words(event):
    """What a clerk asks for."""
    key, value = (re.search(rf'\b{name}: "(.*?)"', event.rest) for name in ("key", "value"))
    if event.method == "Get" or (event.method == "Do" and event.field("operation") == "0"):
        return f'Get("{key.group(1)}")'
    kind = "Put" if event.field("kind") == "0" or event.field("operation") == "1" else "Append"
    return f'{kind}("{key.group(1)}", "{value.group(1)}"), sequence {event.field("sequence")}'


def request_words(event, detail):
    if event.method in OPERATIONS:
        return operation_words(event)
    if event.method in MOVES:
        return MOVES[event.method].format(event.field("shard"), event.field("number"))
    term = event.field("term")
    if event.method == "RequestVote":
        words = f"RequestVote, term {term}"
        return words + f", log {event.field('last_log_term')}/{event.field('last_log_index')}" if detail else words
    if event.method == "AppendEntries":
        words = f"AppendEntries: {entries(event)}"
        if not detail:
            return words
        commit = event.field("leader_commit")
        behind = f"{event.field('prev_log_term')}/{event.field('prev_log_index')}"
        return f"{words} after {behind}" + (f", commit {commit}" if commit else "")
    return f"InstallSnapshot through {event.field('last_included_term')}/{event.field('last_included_index')}"


def reply_words(event):
    if event.method in OPERATIONS:
        return {"0": "done", "1": "wrong leader", "2": "wrong group"}[event.field("error")]
    if event.method in MOVES:
        return "done" if event.field("done") == "true" else "the data" if event.field("ready") == "true" else "not yet"
    if event.method == "RequestVote":
        return "vote granted" if "vote_granted: true" in event.rest else "vote refused"
    if event.method == "AppendEntries":
        return "success" if "success: true" in event.rest else "refused"
    return "done"


def local_words(event):
    text = event.text
    if event.topic == "ROLE":
        return re.sub(r" votes=(\d+)/(\d+)", r", \1 of \2 votes", text.replace(" term=", ", term "))
    if event.topic == "TERM":
        return f"now in term {event.term()}"
    if event.topic == "DISK":
        return "saves " + text.replace("state ", "state, ").replace(" bytes", " bytes", 1)
    if event.topic == "APLY":
        return "applies " + text.split(' "')[0]
    if event.topic == "COMT":
        return "commit index " + text.split("=")[1]
    if event.topic == "CMND" and text.startswith("client "):
        return text.split(": ", 1)[1]
    if event.topic == "CMND":
        return "Start: accepted at " + text.rsplit(" ", 1)[1]
    if event.topic == "VOTE":
        counted = re.search(r"from (n\d+) votes=(\d+)/(\d+)", text)
        if counted:
            return f"{counted.group(1)}'s vote: {counted.group(2)} of {counted.group(3)}"
        return re.sub(r" \(.*", "", text).split(" ", 1)[1]
    if event.topic == "LOGS":
        return text.replace("append ", "appends ")
    return text


def style_of(event, reply):
    if event.method in OPERATIONS:
        return "request" if not reply else "grant" if event.field("error") == "0" else "refuse"
    if event.method in MOVES and reply:
        return "refuse" if reply_words(event) == "not yet" else "grant"
    if event.method != "RequestVote":
        return "refuse" if reply and "success: false" in event.rest else "append"
    if not reply:
        return "request"
    return "grant" if "vote_granted: true" in event.rest else "refuse"


def draw(run, events, title, about, *, servers=None, topics=frozenset({"ROLE", "VOTE"}), detail=False, step=300,
         names=None, margin=116):
    """`events` in order; those of `topics` are shown as boxes beside the messages. `names` are of columns that are
    more than a number; `margin` is what the last column has to its right."""
    servers = list(range(run.servers)) if servers is None else servers
    columns = {node: LEFT + 92 + step * i for i, node in enumerate(servers)}
    begun = {event.call for event in events if event.topic == "SEND"}
    rows = [event for event in events if event.node in columns and (
        event.topic in topics or (event.call in begun and event.topic != "SEND" and event.other in columns)
        or (event.topic == "SEND" and event.other in columns))]
    width = columns[servers[-1]] + margin
    drawing = svg.Drawing(width, TOP + ROW * len(rows) + 24, title, about)
    drawing.text(16, 26, title, "strong")
    for node, x in columns.items():
        drawing.text(x, 54, (names or {}).get(node, f"n{node}"), "strong", "middle")
        drawing.line(x, 62, x, TOP + ROW * len(rows) + 8, "edge")

    y_of = {}  # of a row, by its place
    left = {}  # call: place of its SEND
    anchor = {}  # call: place from where its reply leaves
    handling = {}  # node: call whose handler runs, as far as one can tell
    arrows = []
    last_time = None
    for place, event in enumerate(rows):
        y = y_of[place] = TOP + ROW * place
        time = f"{event.at:.3f} s"
        if time != last_time:
            drawing.text(12, y + 4, time, "small dim")
            last_time = time
        if event.topic == "SEND":
            left[event.call] = place
        elif event.topic == "RECV":
            anchor[event.call], handling[event.node] = place, event.call
            start = rows[left[event.call]]
            arrows.append((style_of(event, False), y_of[left[event.call]], start.node, y, event.node,
                           request_words(start, detail)))
        elif event.topic == "RPLY" and event.call in anchor:
            arrows.append((style_of(event, True), y_of[anchor[event.call]] + (20 if rows[anchor[event.call]].topic == "RECV" else 10), event.other, y, event.node,
                           reply_words(event)))
        elif event.topic == "DROP" and event.call in left:
            drawing.cross(columns[rows[left[event.call]].node] + 40, y)
        elif event.topic in LOCAL and handling.get(event.node) is not None and event.topic not in ("CMND", "ROLE"):
            # Of an apply only the answer to a clerk is a consequence.
            if event.topic != "APLY" or rows[left[handling[event.node]]].method in OPERATIONS:
                anchor[handling[event.node]] = place
    for style, y1, from_node, y2, to_node, _ in arrows:
        x1, x2 = columns[from_node], columns[to_node]
        side = 1 if x2 > x1 else -1
        drawing.arrow(x1 + 3 * side, y1, x2 - 3 * side, y2, style)
    for _, _, from_node, y2, to_node, words in arrows:
        side = 1 if columns[to_node] > columns[from_node] else -1
        drawing.text(columns[to_node] - 12 * side, y2 + 14, words, "small dim halo", "end" if side > 0 else "start")
    for place, event in enumerate(rows):
        x, y = columns[event.node], y_of[place]
        if event.call:
            drawing.circle(x, y, 2.5, "append-head")
            continue
        words = local_words(event)
        half = 3.4 * len(words) + 8
        drawing.rect(x - half, y - 10, 2 * half, 19, "box", extra=' rx="4"')
        drawing.text(x, y + 4, words, "small on", "middle")
    return drawing.render()
