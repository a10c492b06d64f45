# Part of Raftlab, under the MIT License (see LICENSE).
"""The servers' logs at some moments: a row for each server, a cell for each entry, coloured by term."""

import svg

CELL, HEIGHT, LEFT, PANEL_TOP = 42, 28, 150, 58


def copy(state):
    """What a picture needs of a trace.State."""
    return {"log": list(state.log), "base": list(state.base), "applied": list(state.applied),
            "role": list(state.role), "term": list(state.term), "up": list(state.up), "cut": list(state.cut),
            "commands": dict(state.commands)}


def says(moment, node):
    if not moment["up"][node]:
        return "down"
    words = f"leads term {moment['term'][node]}" if moment["role"][node] == "leader" else f"in term {moment['term'][node]}"
    return words + (", cut off" if moment["cut"][node] else "")


def draw(panels, title, about, *, first=1, last=None, commands=True):
    """`panels`: (words above, moment as of copy()). Shows the indices from `first` to `last`."""
    servers = len(panels[0][1]["log"])
    last = last or max(len(log) for _, moment in panels for log in moment["log"])
    shown = last - first + 1
    panel_height = PANEL_TOP + servers * (HEIGHT + 10) + 8
    drawing = svg.Drawing(max(LEFT + shown * CELL + 60, 460), 40 + panel_height * len(panels) + 34, title, about)
    drawing.text(16, 26, title, "strong")
    for number, (words, moment) in enumerate(panels):
        top = 40 + panel_height * number
        drawing.text(16, top + 20, words, "dim")
        if first > 1:
            drawing.text(LEFT - 6, top + PANEL_TOP - 10, "...", "small dim", "end")
        for index in range(first, last + 1):
            drawing.text(LEFT + (index - first) * CELL + CELL / 2, top + PANEL_TOP - 10, str(index), "small dim", "middle")
        for node in range(servers):
            draw_log(drawing, moment, node, top + PANEL_TOP + node * (HEIGHT + 10), first, last, commands)
    y = 40 + panel_height * len(panels) + 14
    drawing.line(LEFT, y - 3, LEFT + 24, y - 3, "lead")
    drawing.text(LEFT + 30, y, "applied by this server" + ("" if commands else "; the number is the entry's term"),
                 "small dim")
    return drawing.render()


def draw_log(drawing, moment, node, y, first, last, commands):
    drawing.text(16, y + 12, f"n{node}", "strong")
    drawing.text(16, y + 26, says(moment, node), "small dim")
    base, log, applied = moment["base"][node], moment["log"][node], moment["applied"][node]
    if base >= first:
        width = (min(base, last) - first + 1) * CELL - 2
        drawing.rect(LEFT, y, width, HEIGHT, "box", extra=' rx="4"')
        drawing.text(LEFT + width / 2, y + 18, f"snapshot through {log[base - 1]}/{base}" if width > 130
                     else f"to {base}", "small on", "middle")
    for index in range(max(first, base + 1), min(last, len(log)) + 1):
        term = log[index - 1]
        x = LEFT + (index - first) * CELL
        drawing.rect(x, y, CELL - 2, HEIGHT, fill=svg.term_fill(term), extra=' rx="2"')
        command = moment["commands"].get((term, index), "")
        if commands and len(command) <= 5:
            drawing.text(x + CELL / 2 - 1, y + 12, f"term {term}", "small on", "middle")
            drawing.text(x + CELL / 2 - 1, y + 25, command, "small on strong", "middle")
        else:
            drawing.text(x + CELL / 2 - 1, y + 19, str(term), "on", "middle")
    if len(log) > last:
        drawing.text(LEFT + (last - first + 1) * CELL + 4, y + 19, f"... {len(log)}", "small dim")
    done = min(applied, last, max(len(log), base)) - first + 1
    if done > 0:
        drawing.line(LEFT, y + HEIGHT + 4, LEFT + done * CELL - 2, y + HEIGHT + 4, "lead")
