# Part of Raftlab, under the MIT License (see LICENSE).
"""How many bytes a server's Raft saves, over virtual time."""

import re

import svg

LEFT, TOP, WIDTH, HEIGHT, RIGHT = 84, 52, 720, 190, 24
SAVED = re.compile(r"state (\d+) bytes(?:, snapshot (\d+) bytes)?$")


def saves(run, node):
    """Each save of the server as (time, bytes of state, bytes of snapshot or None)."""
    found = [(event.at, SAVED.match(event.text)) for event in run.events if event.topic == "DISK" and event.node == node]
    return [(at, int(saved.group(1)), int(saved.group(2)) if saved.group(2) else None) for at, saved in found if saved]


def draw(points, limit, title, about):
    """`points` as of saves(); they stand at equal distances."""
    highest = 200 * (-(-max(size for _, size, _ in points) // 200))
    drawing = svg.Drawing(LEFT + WIDTH + RIGHT, TOP + HEIGHT + 60, title, about)
    drawing.text(16, 26, title, "strong")

    def x(number):
        return LEFT + WIDTH * (number + 0.5) / len(points)

    def y(size):
        return TOP + HEIGHT * (1 - size / highest)

    for size in range(0, highest + 1, 200):
        drawing.line(LEFT, y(size), LEFT + WIDTH, y(size), "grid")
        drawing.text(LEFT - 8, y(size) + 4, str(size), "small dim", "end")
    drawing.line(LEFT, y(limit), LEFT + WIDTH, y(limit), "cut")
    width = WIDTH / len(points) - 2
    for number, (_, size, snapshot) in enumerate(points):
        drawing.rect(x(number) - width / 2, y(size), width, y(0) - y(size), fill="#9ecae1")
        if snapshot is not None:
            drawing.line(x(number), y(size) - 34, x(number), y(size) - 4, "edge")
            drawing.text(x(number) - 3, y(size) - 40, f"snapshot, {snapshot} bytes", "small halo", "middle")
    for number in (0, len(points) - 1):
        drawing.text(x(number), TOP + HEIGHT + 18, f"{points[number][0]:.3f} s", "small dim", "middle")
    drawing.line(LEFT, TOP + HEIGHT + 40, LEFT + 24, TOP + HEIGHT + 40, "cut")
    drawing.text(LEFT + 30, TOP + HEIGHT + 44, f"the limit, {limit} bytes; each bar is one save of Raft's state", "small dim")
    return drawing.render()
