# Part of Raftlab, under the MIT License (see LICENSE).
"""Configurations one below the other: a row each, a cell for each shard, coloured by its group."""

import svg

LEFT, CELL, HEIGHT, TOP, ROW, GAP = 196, 44, 26, 66, 38, 26


def counts(shards, gids):
    """How many shards each has, as in "4, 3, 3"."""
    return ", ".join(str(shards.count(gid)) for gid in gids)


def moved(before, after):
    """Which shards are elsewhere than before."""
    return [shard for shard, (old, new) in enumerate(zip(before, after)) if old != new]


def draw(bands, title, about):
    """`bands` are lists of rows: (words, shards before or None, shards)."""
    rows = sum(map(len, bands))
    shards = len(bands[0][0][2])
    right = LEFT + CELL * shards
    drawing = svg.Drawing(right + 190, TOP + ROW * rows + GAP * (len(bands) - 1) + 30, title, about)
    drawing.text(16, 26, title, "strong")
    for shard in range(shards):
        drawing.text(LEFT + CELL * (shard + 0.5), TOP - 10, str(shard), "small dim", "middle")
    drawing.text(16, TOP - 10, "configuration", "small dim")
    drawing.text(LEFT - 10, TOP - 10, "shard", "small dim", "end")
    y = TOP
    for band in bands:
        colours = {gid: place + 1 for place, gid in enumerate(sorted({gid for *_, row in band for gid in row if gid}))}
        for words, before, after in band:
            changed = moved(before, after) if before else []
            drawing.text(16, y + 18, words)
            for shard, gid in enumerate(after):
                edge = ' stroke="#1a1a1a" stroke-width="2"' if shard in changed else ""
                drawing.rect(LEFT + CELL * shard + 1, y, CELL - 4, HEIGHT, fill=svg.term_fill(colours.get(gid, 0)),
                             extra=f' rx="3"{edge}')
                drawing.text(LEFT + CELL * (shard + 0.5) - 1, y + 18, str(gid), "on", "middle")
            drawing.text(right + 12, y + 12, f"shares {counts(after, sorted(set(after)))}", "small dim")
            if before:
                drawing.text(right + 12, y + 26, f"{len(changed)} moved", "small strong")
            y += ROW
        y += GAP
    drawing.rect(LEFT + 1, y - GAP + 3, 22, 13, fill="none", extra=' rx="3" stroke="#8c959f" stroke-width="2"')
    drawing.text(LEFT + 30, y - GAP + 14, "moved with this call; the number is the group", "small dim")
    return drawing.render()
