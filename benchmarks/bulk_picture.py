"""The chart of `make bench-bulk`: results per second by concurrency, and the steps of `"auto"`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from xml.sax.saxutils import escape

WIDTH, PANEL, LEFT, PLOT = 720, 214, 56, 140
HALF = 290  # The width of each of the two plots in a panel.
SECOND = 56 + HALF + 62  # The left edge of the right plot.
THEMES = {
    "light": ("#ffffff", "#d0d7de", "#1f2328", "#59636e", "#0969da", "#bc4c00"),
    "dark": ("#0d1117", "#3d444d", "#f0f6fc", "#9198a1", "#4493f8", "#f0883e"),
}  # Background, lines, text, faint text, fixed numbers, auto.
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


class Measurement(Protocol):
    """The figures of one server."""

    name: str
    fixed: dict[int, float]
    auto: float
    path: list[tuple[float, int]]


def drawn(measured: Iterable[Measurement], theme: str) -> str:
    """Return an SVG with a panel for each server."""
    panels = list(measured)
    height = PANEL * len(panels) + 16
    background, line, text, *_ = THEMES[theme]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-size="12" font-family="{FONT}">',
        "<title>Results a second by the number of calls at a time, and the path of auto</title>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" '
        f'fill="{background}" stroke="{line}"/>',
    ]
    for at, one in enumerate(panels):
        top = 44 + PANEL * at
        parts.append(
            f'<text x="20" y="{top - 16}" font-size="14" fill="{text}">{escape(one.name)}</text>'
        )
        parts += [*_rates(one, top, theme), *_path(one, top, theme)]
    return "\n".join([*parts, "</svg>", ""])


def _rates(one: Measurement, top: int, theme: str) -> Iterable[str]:
    _, line, text, faint, blue, orange = THEMES[theme]
    most = 1.1 * max(*one.fixed.values(), one.auto)
    bottom, step = top + PLOT, HALF / len(one.fixed)
    yield _axis(LEFT, top, line)
    yield f'<text x="{LEFT}" y="{bottom + 32}" fill="{faint}">calls at a time; results a second</text>'
    for at, (number, rate) in enumerate(one.fixed.items()):
        x, high = LEFT + step * at + 8, PLOT * rate / most
        yield (
            f'<rect x="{x:.0f}" y="{bottom - high:.1f}" width="{step - 14:.0f}" height="{high:.1f}" '
            f'fill="{blue}"/>'
        )
        middle = x + (step - 14) / 2
        yield _middle(middle, bottom + 15, str(number), faint)
        yield _middle(middle, bottom - high - 4, f"{rate:.0f}", text)
    y = bottom - PLOT * one.auto / most
    yield f'<path d="M{LEFT} {y:.1f} h{HALF}" stroke="{orange}" stroke-width="2" stroke-dasharray="5 4"/>'
    yield f'<text x="{LEFT + 6}" y="{y - 5:.1f}" fill="{orange}">auto: {one.auto:.0f}</text>'


def _path(one: Measurement, top: int, theme: str) -> Iterable[str]:
    _, line, _, faint, _, orange = THEMES[theme]
    bottom = top + PLOT
    end = 10.0
    most = max(limit for _, limit in one.path)
    yield _axis(SECOND, top, line)
    yield f'<text x="{SECOND}" y="{bottom + 32}" fill="{faint}">seconds; calls at a time of auto</text>'
    for second in range(0, 11, 2):
        yield _middle(SECOND + HALF * second / end, bottom + 15, str(second), faint)
    for limit in sorted({most, most // 2}):
        y = bottom - (PLOT - 8) * limit / most
        yield f'<text x="{SECOND - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{faint}">{limit}</text>'
    steps = [f"M{SECOND} {bottom - (PLOT - 8) * one.path[0][1] / most:.1f}"]
    for when, limit in one.path[1:]:
        steps.append(f"H{SECOND + HALF * min(when, end) / end:.1f}")
        steps.append(f"V{bottom - (PLOT - 8) * limit / most:.1f}")
    steps.append(f"H{SECOND + HALF}")
    yield f'<path d="{" ".join(steps)}" fill="none" stroke="{orange}" stroke-width="2"/>'


def _axis(left: int, top: int, colour: str) -> str:
    return f'<path d="M{left} {top} V{top + PLOT} h{HALF}" fill="none" stroke="{colour}"/>'


def _middle(x: float, y: float, words: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{colour}">{words}</text>'
