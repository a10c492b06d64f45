# Part of Raftlab, under the MIT License (see LICENSE).
"""What the figures are drawn with: shapes, and colours that can be read on light and dark."""

from xml.sax.saxutils import escape

# Of terms 1, 2, 3, ..., over and over. Always under dark text, so they serve both schemes.
TERM_FILLS = ["#9ecae1", "#fdbe85", "#a1d99b", "#dcb7e8", "#f4e285", "#f4a7a3", "#9fd8cb", "#c9c9c9"]

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328; }
.small { font-size: 11px; } .strong { font-weight: 600; } .dim { fill: #59636e; }
.mono { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: 12px; }
.on { fill: #1a1a1a; } .halo { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; } .panel { fill: #ffffff; stroke: #d1d9e0; }
.axis { stroke: #59636e; } .grid { stroke: #e3e7eb; }
.request { stroke: #8250df; fill: none; stroke-width: 1.6; } .request-head { fill: #8250df; }
.grant { stroke: #1a7f37; fill: none; stroke-width: 1.6; } .grant-head { fill: #1a7f37; }
.refuse { stroke: #cf222e; fill: none; stroke-width: 1.6; } .refuse-head { fill: #cf222e; }
.append { stroke: #0969da; fill: none; stroke-width: 1.4; } .append-head { fill: #0969da; }
.beat { stroke: #0969da; fill: none; stroke-width: 0.8; opacity: 0.45; }
.cut { stroke: #cf222e; stroke-width: 2; stroke-dasharray: 5 3; fill: none; }
.bad { fill: #cf222e; } .edge { stroke: #59636e; fill: none; } .lead { stroke: #1a1a1a; stroke-width: 2.2; }
.disk { fill: #bf8700; } .box { fill: #fff8c5; stroke: #bf8700; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .dim { fill: #9198a1; } .halo { stroke: #0d1117; } .on { fill: #1a1a1a; }
.panel { fill: #0d1117; stroke: #3d444d; } .axis { stroke: #9198a1; } .grid { stroke: #262c33; }
.request { stroke: #ab7df8; } .request-head { fill: #ab7df8; } .grant { stroke: #3fb950; } .grant-head { fill: #3fb950; }
.refuse { stroke: #f85149; } .refuse-head { fill: #f85149; } .append { stroke: #4493f8; } .append-head { fill: #4493f8; }
.beat { stroke: #4493f8; } .cut { stroke: #f85149; } .bad { fill: #f85149; } .edge { stroke: #9198a1; }
.lead { stroke: #e6edf3; } .disk { fill: #d29922; } .box { fill: #f0dd9a; stroke: #d29922; }
}
"""


def number(value):
    """A coordinate: one decimal, without trailing zeros."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def term_fill(term):
    return TERM_FILLS[(term - 1) % len(TERM_FILLS)] if term > 0 else "#e3e7eb"


class Drawing:
    def __init__(self, width, height, title, about):
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>", f"<desc>{escape(about)}</desc>",
                      f'<rect class="panel" x="0.5" y="0.5" width="{number(width - 1)}" '
                      f'height="{number(height - 1)}" rx="8"/>']

    def rect(self, x, y, width, height, style="", fill="", extra=""):
        attributes = f' class="{style}"' if style else ""
        attributes += f' fill="{fill}"' if fill else ""
        self.parts.append(f'<rect{attributes} x="{number(x)}" y="{number(y)}" width="{number(width)}" '
                          f'height="{number(height)}"{extra}/>')

    def line(self, x1, y1, x2, y2, style):
        self.parts.append(f'<line class="{style}" x1="{number(x1)}" y1="{number(y1)}" '
                          f'x2="{number(x2)}" y2="{number(y2)}"/>')

    def text(self, x, y, words, style="", anchor="start"):
        attributes = f' class="{style}"' if style else ""
        attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.parts.append(f'<text{attributes} x="{number(x)}" y="{number(y)}">{escape(words)}</text>')

    def circle(self, x, y, radius, style):
        self.parts.append(f'<circle class="{style}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>')

    def arrow(self, x1, y1, x2, y2, style):
        """A line with a head, which is drawn by hand: markers take no colour from a style sheet."""
        length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 0.1)
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        self.line(x1, y1, x2 - 5 * ux, y2 - 5 * uy, style)
        points = [(x2, y2), (x2 - 8 * ux - 3.5 * uy, y2 - 8 * uy + 3.5 * ux),
                  (x2 - 8 * ux + 3.5 * uy, y2 - 8 * uy - 3.5 * ux)]
        shown = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.parts.append(f'<polygon class="{style.split()[0]}-head" points="{shown}"/>')

    def cross(self, x, y, style="refuse"):
        self.line(x - 4, y - 4, x + 4, y + 4, style)
        self.line(x - 4, y + 4, x + 4, y - 4, style)

    def render(self):
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(self.width)}" height="{number(self.height)}" '
                f'viewBox="0 0 {number(self.width)} {number(self.height)}" role="img">')
        return "\n".join([head, f"<style>{STYLE}</style>", *self.parts, "</svg>"]) + "\n"
