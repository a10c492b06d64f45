# Part of Raftlab, under the MIT License (see LICENSE).
"""The phases of a shard in one group."""

import svg

SERVED, KEPT, EMPTY = "#a1d99b", "#fdbe85", "#e3e7eb"
WIDTH, HEIGHT = 138, 50
# By name: where, its fill, and what is true of it.
PHASES = {
    "absent": (30, 166, EMPTY, "no data here"),
    "awaited": (250, 62, EMPTY, "ours, no data yet"),
    "unconfirmed": (560, 62, SERVED, "data here, served"),
    "serving": (560, 270, SERVED, "data here, served"),
    "leaving": (250, 270, KEPT, "kept, not served"),
}


def edge(drawing, x1, y1, x2, y2, words, x, y, anchor="middle", style="append"):
    drawing.arrow(x1, y1, x2, y2, style)
    for place, line in enumerate(words):
        drawing.text(x, y + 15 * place, line, "small halo", anchor)


def draw():
    drawing = svg.Drawing(880, 424, "The phases of a shard in one group", "Five phases, and the log entries that lead from one to the next")
    drawing.text(16, 26, "The phases of a shard in one group", "strong")
    edge(drawing, 110, 166, 248, 100, ["a configuration", "gives it to us"], 120, 106)
    edge(drawing, 388, 87, 558, 87, ["its data is in our log"], 474, 78)
    edge(drawing, 629, 112, 629, 268, ["the old owner", "has deleted it"], 640, 186, "start")
    edge(drawing, 560, 295, 390, 295, ["a configuration gives", "it to another group"], 474, 314)
    edge(drawing, 250, 290, 112, 218, ["the new owner", "has it in its log"], 118, 276)
    edge(drawing, 168, 196, 558, 280, ["a configuration gives it to us,", "and no group has had it before"], 372, 178, style="grant")
    x, y = 698, 282  # the way from serving to itself
    drawing.line(x, y, x + 34, y, "request")
    drawing.line(x + 34, y, x + 34, y + 26, "request")
    drawing.arrow(x + 34, y + 26, x + 2, y + 26, "request")
    for place, line in enumerate(["nobody's: kept as", "it is, not served,", "until some group", "is given it"]):
        drawing.text(x + 42, y - 8 + 15 * place, line, "small")
    for name, (x, y, fill, words) in PHASES.items():
        drawing.rect(x, y, WIDTH, HEIGHT, fill=fill, extra=' rx="10" stroke="#59636e" stroke-width="1.4"')
        drawing.text(x + WIDTH / 2, y + 21, name, "strong on", "middle")
        drawing.text(x + WIDTH / 2, y + 38, words, "small on", "middle")
    drawing.text(16, 376, "Every arrow is an entry of this group's log. A new configuration is adopted only when each shard", "small dim")
    drawing.text(16, 391, "is absent or serving; all that leads away from the other three is about the current one.", "small dim")
    drawing.text(16, 406, "Green: a key of the shard may be read and written here.", "small dim")
    return drawing.render()
