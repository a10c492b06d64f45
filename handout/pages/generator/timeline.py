# Part of Raftlab, under the MIT License (see LICENSE).
"""Servers over virtual time: a lane each, its bar coloured by term, high where the server leads."""

import svg
import trace

LEFT, RIGHT, TOP = 58, 18, 62
LANE, BAR, LOW_BAR = 54, 22, 12
WIDTH = 860


def segments(run, start, end):
    """Each server's stretches of one term, role and power, (from, to, (term, role, up)), and those in which it is
    up and cut off, (from, to, True)."""
    bars, cuts = [[[] for _ in range(run.servers)] for _ in range(2)]
    for event, state in trace.states(run):
        for node in range(run.servers):
            for lane, known in ((bars[node], (state.term[node], state.role[node], state.up[node])),
                                (cuts[node], state.cut[node] and state.up[node])):
                if not lane or lane[-1][1] != known:
                    lane.append((event.at, known))

    def clipped(lane):
        ends = [at for at, _ in lane[1:]] + [max(end, run.events[-1].at)]
        spans = [(max(at, start), min(until, end), known) for (at, known), until in zip(lane, ends)]
        return [span for span in spans if span[1] > span[0]]
    return [clipped(lane) for lane in bars], [[span for span in clipped(lane) if span[2]] for lane in cuts]


class Timeline:
    def __init__(self, run, start, end, title, about):
        self.run, self.start, self.end = run, start, end
        self.scale = (WIDTH - LEFT - RIGHT) / (end - start)
        self.drawing = svg.Drawing(WIDTH, TOP + LANE * run.servers + 62, title, about)
        self.drawing.text(16, 26, title, "strong")
        self.styles = set()  # of messages: for the legend

    def x(self, at):
        return LEFT + (at - self.start) * self.scale

    def y(self, node):
        return TOP + LANE * node + LANE / 2

    def axis(self):
        bottom = TOP + LANE * self.run.servers + 4
        step = next(step for step in (0.05, 0.1, 0.2, 0.5, 1, 2, 5) if (self.end - self.start) / step <= 12)
        tick = max(0, -(-self.start // step))
        while tick * step <= self.end + 1e-9:
            x = self.x(tick * step)
            self.drawing.line(x, TOP - 4, x, bottom, "grid")
            self.drawing.text(x, bottom + 15, f"{tick * step:.2f}".rstrip("0").rstrip(".") + " s", "small dim", "middle")
            tick += 1

    def bars(self):
        bars, cuts = segments(self.run, self.start, self.end)
        for node, lane in enumerate(bars):
            y = self.y(node)
            self.drawing.text(18, y + 4, f"n{node}", "strong")
            shown_term = None
            for begin, until, (term, role, up) in lane:
                x, width = self.x(begin), self.x(until) - self.x(begin)
                if up:
                    height = BAR if role == "leader" else LOW_BAR
                    extra = ' stroke="#1a1a1a" stroke-width="1.4"' if role == "leader" else ""
                    if role == "candidate":
                        extra = ' stroke="#8250df" stroke-width="1.6" stroke-dasharray="4 2"'
                    self.drawing.rect(x, y - height / 2, width, height, fill=svg.term_fill(term), extra=extra)
                    if role == "leader" and width > 84:
                        self.drawing.text(x + width / 2, y + 4, f"leads term {term}", "small on", "middle")
                        shown_term = term
                    elif role != "leader" and width > 42 and term != shown_term:
                        self.drawing.text(x + 3, y + 4, f"term {term}", "small on")
                        shown_term = term
            for begin, until, _ in cuts[node]:
                if until - begin > 0.002:
                    self.drawing.line(self.x(begin), y + 18, self.x(until), y + 18, "cut")

    def messages(self, topics):
        """Calls as lines: those of RequestVote with their replies, heartbeats and entries in the back."""
        sent = {}
        foreground = []
        for event in self.run.events:
            if not event.call:
                continue
            if event.topic == "SEND":
                sent[event.call] = event
            begun = sent.get(event.call)
            if begun is None or not self.start <= begun.at <= self.end:
                continue
            x, here, there = self.x(begun.at), self.y(begun.node), self.y(begun.other)
            if event.topic == "RECV" and event.method != "RequestVote" and event.method in topics:
                self.drawing.line(x, here, self.x(event.at), there, "beat")
                self.styles.add("append")
            elif event.topic == "RECV" and event.method == "RequestVote":
                foreground.append(("request", x, here, self.x(event.at), there))
            elif event.topic == "RPLY" and event.method == "RequestVote":
                style = "grant" if "vote_granted: true" in event.rest else "refuse"
                foreground.append((style, self.x(event.at) + 5, there, self.x(event.at) + 5, here))
        self.styles.update(style for style, *_ in foreground)
        for style, x1, y1, x2, y2 in foreground:
            inset = 8 if y2 > y1 else -8
            self.drawing.arrow(x1, y1 + inset, x2, y2 - inset, style)

    def marks(self, disks):
        for event in self.run.events:
            if event.node is None or not self.start <= event.at <= self.end:
                continue
            x, y = self.x(event.at), self.y(event.node)
            if event.topic == "CRSH":
                self.drawing.cross(x, y)
                self.drawing.text(x + 2, y - 15, "power cut", "small bad")
            elif event.topic == "DISK" and disks:
                self.drawing.line(x, y + 7, x, y + 15, "edge")
                self.drawing.rect(x - 3, y + 14, 6, 6, "disk")

    def boots(self):
        for event in self.run.events:
            if event.topic == "BOOT" and event.at > 0 and self.start <= event.at <= self.end:
                bytes_read = event.text.split()[3]
                self.drawing.text(self.x(event.at) + 62, self.y(event.node) - 15,
                                  f"boots from {bytes_read} bytes", "small dim")

    def test_steps(self):
        """What the test does, above the lanes, where there is room."""
        steps = {}
        for event in self.run.events:
            if event.topic == "TEST" and event.at > 0 and self.start <= event.at <= self.end:
                verb, server = event.text.replace("disconnect", "cut").replace("connect", "mend").split(" ", 1)
                steps.setdefault(event.at, {}).setdefault(verb, []).append(server)
        free = -1e9
        for at, verbs in steps.items():
            x = self.x(at)
            self.drawing.line(x, TOP - 8, x, TOP - 2, "axis")
            words = ", ".join(f"{verb} {', '.join(servers)}" for verb, servers in verbs.items())
            if x > free:
                self.drawing.text(x, TOP - 13, words, "small dim", "middle")
                free = x + 7 * len(words)

    def legend(self, words):
        x, y = LEFT, TOP + LANE * self.run.servers + 46
        for style, text in words:
            if style == "disk":
                self.drawing.rect(x + 8, y - 8, 7, 7, "disk")
            elif style == "cut":
                self.drawing.line(x, y - 4, x + 24, y - 4, "cut")
            else:
                self.drawing.line(x, y - 4, x + 24, y - 4, style)
            self.drawing.text(x + 30, y, text, "small dim")
            x += 46 + 6.3 * len(text)


def draw(run, start, end, title, about, *, disks=False, steps=True):
    timeline = Timeline(run, start, end, title, about)
    timeline.axis()
    timeline.messages({"AppendEntries", "InstallSnapshot"})
    timeline.bars()
    timeline.marks(disks)
    if disks:
        timeline.boots()
    if steps:
        timeline.test_steps()
    legend = [(style, words) for style, words in (("request", "RequestVote"), ("grant", "vote granted"),
                                                  ("refuse", "vote refused"), ("append", "AppendEntries"))
              if style in timeline.styles]
    if any(segments(run, start, end)[1]):
        legend.append(("cut", "cut off"))
    if disks:
        legend.append(("disk", "a save"))
    timeline.legend(legend)
    return timeline.drawing.render()
