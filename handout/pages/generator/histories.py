# Part of Raftlab, under the MIT License (see LICENSE).
"""What clients saw: a lane for each client, a bar for each operation from its call to its return.

Calls and returns stand in their order, at equal distances: the order is all that linearizability looks at.
"""

import dataclasses
import re

import svg

LEFT, RIGHT, TOP, SLOT, LANE, BAR = 84, 24, 56, 46, 62, 18
WRITE, READ, WRONG = "#9ecae1", "#a1d99b", "#f4a7a3"

CALLED = re.compile(r'client (\d+): (Get|Put|Append)\("(.*?)"(?:, "(.*?)")?\)( returned(?: "(.*)")?)?$')


@dataclasses.dataclass
class Operation:
    client: int
    node: int  # its clerk's
    kind: str
    key: str
    value: str  # that it writes or has read; "" if it is a read that has not returned
    begin: int  # place in the run's events
    end: int | None = None  # None: has not returned
    applied: int | None = None  # place of the first APLY of its entry

    def words(self):
        return f"{self.kind} {self.value}" if self.kind != "Get" else "Get"


def operations(run):
    """All of the run, in order of their calls."""
    found, open_of = [], {}
    for place, event in enumerate(run.events):
        call = CALLED.match(event.text) if event.topic == "CMND" and event.node is not None else None
        if call is None:
            continue
        client, kind, key, value, returned, got = call.groups()
        if returned is None:
            open_of[client] = Operation(int(client), event.node, kind, key, value or "", place)
            found.append(open_of[client])
        else:
            operation = open_of[client]
            operation.end = place
            if kind == "Get":
                operation.value = got
    for operation in found:
        operation.applied = first_apply(run, operation)
    return found


def entries_of(run, operation):
    """(call, entry) of each entry that a server put into its log for the operation, entry as (term, index)."""
    end = operation.end if operation.end is not None else len(run.events)
    calls = {event.call for event in run.events[operation.begin:end] if event.topic == "SEND" and event.node == operation.node}
    waiting = {}  # server to call: its next append is for that
    for event in run.events[operation.begin:]:
        if event.topic == "RECV" and event.method in ("Get", "PutAppend"):
            waiting[event.node] = event.call
        elif event.topic == "LOGS" and event.text.startswith("append ") and waiting.get(event.node) in calls:
            yield waiting.pop(event.node), event.position()


def first_apply(run, operation):
    """Where it takes effect: the first apply of the first of its entries, for a read of that which was answered."""
    entries = list(entries_of(run, operation))
    if operation.kind == "Get":
        answered = {event.call for event in run.events if event.topic == "RPLY" and "error: 0" in event.rest}
        entries = [(call, entry) for call, entry in entries if call in answered]
    wanted = {entry for _, entry in entries}
    return next((place for place, event in enumerate(run.events)
                 if place > operation.begin and event.topic == "APLY" and event.position() in wanted), None)


def draw(run, shown, title, about, *, wrong=None):
    """`shown` are operations; the one that is `wrong` is red."""
    places = sorted(place for operation in shown for place in (operation.begin, operation.end) if place is not None)
    slots = {place: number for number, place in enumerate(places)}
    gaps = {}  # slot to the applies between it and the next
    for place in sorted(operation.applied for operation in shown if operation.applied is not None):
        slot = max((number for at, number in slots.items() if at <= place), default=0)
        gaps.setdefault(slot, []).append(place)

    def x(place):
        if place in slots:
            return LEFT + SLOT * (slots[place] + 0.5)
        slot = next(slot for slot, inside in gaps.items() if place in inside)
        return LEFT + SLOT * (slot + 0.5 + (gaps[slot].index(place) + 1) / (len(gaps[slot]) + 1))

    clients = sorted({operation.client for operation in shown})
    right, bottom = LEFT + SLOT * len(places), TOP + LANE * len(clients)
    drawing = svg.Drawing(right + RIGHT, bottom + 62, title, about)
    drawing.text(16, 26, title, "strong")
    last = None
    for place, number in slots.items():
        time = f"{run.events[place].at:.2f} s"
        if time != last:
            drawing.line(x(place), TOP - 4, x(place), bottom + 4, "grid")
            drawing.text(x(place), bottom + 18, time, "small dim", "middle")
            last = time
    for client in clients:
        drawing.text(16, TOP + LANE * clients.index(client) + 34, f"client {client}", "strong")
    for operation in shown:
        y = TOP + LANE * clients.index(operation.client) + 20
        begin, end = x(operation.begin), x(operation.end) if operation.end is not None else right
        fill = WRONG if operation is wrong else READ if operation.kind == "Get" else WRITE
        extra = ' rx="4" stroke="#1a1a1a" stroke-width="0.8"'
        drawing.rect(begin, y, end - begin, BAR, fill=fill, extra=extra + (' stroke-dasharray="4 2"' if operation.end is None else ""))
        drawing.text(begin, y - 5, operation.words(), "small strong")
        if operation.kind == "Get" and operation.end is not None:
            drawing.text(end, y + BAR + 13, f"returns {operation.value or 'nothing'}", "small strong bad" if operation is wrong else "small", "end")
        if operation.applied is not None and (operation.end is None or operation.applied < operation.end):
            drawing.circle(x(operation.applied), y + BAR / 2, 4, "on")
    y = bottom + 44
    drawing.rect(LEFT, y - 12, 24, 14, fill=WRITE, extra=' rx="4"')
    drawing.circle(LEFT + 12, y - 5, 4, "on")
    drawing.text(LEFT + 32, y, "its entry is applied for the first time", "small dim")
    drawing.text(right, y, "calls and returns in their order; distances mean nothing", "small dim", "end")
    return drawing.render()
