"""Draws the ratios as bars on a logarithmic scale, for light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from benchmarks.rows import Row

WIDTH, LEFT, RIGHT, TOP, LINE = 860, 390, 70, 58, 24
COLOURS = {
    "light": {"text": "#1f2328", "dim": "#59636e", "grid": "#d0d7de", "good": "#1a7f37", "bad": "#bc4c00"},
    "dark": {"text": "#f0f6fc", "dim": "#9198a1", "grid": "#3d444d", "good": "#3fb950", "bad": "#db6d28"},
}  # fmt: skip
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def speed(row: Row) -> float:
    """Return the speed of hubsmith relative to the peer."""
    return row.value if row.more else 1 / row.value


def drawn(rows: Sequence[Row], theme: str) -> str:
    """Return an SVG of the rows that have a peer."""
    colours = COLOURS[theme]
    shown = [row for row in rows if row.theirs is not None]
    reach = math.ceil(max(abs(math.log2(speed(row))) for row in shown)) if shown else 1
    low = min(-1, math.floor(min(math.log2(speed(row)) for row in shown))) if shown else -1
    bottom = TOP + LINE * len(shown)

    def place(log: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (log - low) / (reach - low)

    def text(x: float, y: float, words: str, colour: str, anchor: str = "start") -> str:
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colours[colour]}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 34}" '
        f'width="{WIDTH}" height="{bottom + 34}" role="img" font-size="13" font-family="{FONT}">',
        "<title>How many times as fast as other libraries hubsmith is</title>",
        text(16, 24, "How many times as fast as the other (a tick: the target)", "text"),
    ]
    for log in range(low, reach + 1):
        x = place(log)
        width = 1.5 if log == 0 else 0.5
        parts.append(
            f'<path d="M{x:.1f} {TOP - 12}V{bottom}" stroke="{colours["grid"]}" '
            f'stroke-width="{width}"/>'
        )
        parts.append(text(x, bottom + 18, f"{2.0**log:g}", "dim", "middle"))
    for index, row in enumerate(shown):
        y, log = TOP + LINE * index, math.log2(speed(row))
        left, right = sorted((place(0), place(log)))
        colour = "good" if row.is_met and log >= -0.1 else "bad" if not row.is_met else "dim"
        parts.append(text(LEFT - 12, y + 4, f"{row.what} · {row.peer}", "text", "end"))
        parts.append(
            f'<rect x="{left:.1f}" y="{y - 7}" width="{max(right - left, 1.5):.1f}" height="14" '
            f'rx="2" fill="{colours[colour]}"/>'
        )
        if row.target is not None:
            x = place(math.log2(row.target if row.more else 1 / row.target))
            parts.append(
                f'<path d="M{x:.1f} {y - 10}v20" stroke="{colours["text"]}" stroke-width="1.5"/>'
            )
        parts.append(text(max(right, place(0)) + 6, y + 4, f"{speed(row):.2g}", "dim"))
    return "\n".join([*parts, "</svg>", ""])
