"""Stacked bars: each part has a pattern of its own beside its colour, and each bar its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from tis_esr.web.console.charts.chart import Chart, box, drawing, element, text

_LEFT, _TOP, _TALL, _BELOW = 72, 28, 180, 52
_NARROWEST: Final = 26
_LINES: Final = 4
PATTERNS: Final = ("full", "stripes", "dots", "empty")
"""The patterns of the parts, from below; a chart has no more parts."""


@dataclass(frozen=True)
class Bar:
    """One bar: its label below, a number for each part, and what is written above it."""

    label: str
    values: Sequence[int]
    note: str = ""


def bars(
    name: str, title: str, says: str, parts: Sequence[str], found: Sequence[Bar], *, first: str
) -> Chart:
    """Return a chart of bars; ``first`` is the head of their labels in the table."""
    most = max((sum(bar.values) for bar in found), default=0)
    top = _rounded(most)
    step = max(_NARROWEST, 620 // max(len(found), 1))
    width = _LEFT + step * len(found) + 16
    legend_width = _LEFT + sum(len(part) * 8 + 56 for part in parts)
    content = [_patterns(name), *_scale(top, width)]
    every = -(-56 // step)
    for place, bar in enumerate(found):
        x = _LEFT + step * place
        content += _bar(name, bar, x, step, top)
        if place % every == 0:
            content.append(text(x + step / 2, _TOP + _TALL + 18, bar.label, anchor="middle"))
    content += _legend(name, parts)
    return Chart(
        name=name,
        title=title,
        says=says,
        svg=drawing(name, title, says, max(width, legend_width), _TOP + _TALL + _BELOW, content),
        headers=[first, *parts, *(["Note"] if any(bar.note for bar in found) else [])],
        rows=[
            [
                bar.label,
                *(f"{value:,}" for value in bar.values),
                *([bar.note] if any(b.note for b in found) else []),
            ]
            for bar in found
        ],
    )


def _bar(name: str, bar: Bar, x: float, step: float, top: int) -> list[Markup]:
    content, below = [], 0
    for value, pattern in zip(bar.values, PATTERNS, strict=False):
        if value:
            tall = _TALL * value / top
            y = _TOP + _TALL * (1 - below / top) - tall
            content.append(
                element("rect", x=f"{x + 3:g}", y=f"{y:.1f}", width=f"{step - 6:g}", height=f"{tall:.1f}", fill=f"url(#{name}-{pattern})")
            )  # fmt: skip
            below += value
    if bar.note:
        content.append(text(x + step / 2, _TOP + _TALL * (1 - below / top) - 6, bar.note, anchor="middle"))
    return content


def _patterns(name: str) -> Markup:
    def pattern(kind: str, *inside: Markup) -> Markup:
        return element(
            "pattern", *inside, id=f"{name}-{kind}", width=8, height=8, patternUnits="userSpaceOnUse"
        )

    return element(
        "defs",
        pattern("full", box(0, 0, 8, 8, "app-ink")),
        pattern("stripes", box(0, 0, 8, 8, "app-paper"), element("path", d="M0 8L8 0M-2 2L2 -2M6 10L10 6", class_="app-stroke")),
        pattern("dots", box(0, 0, 8, 8, "app-paper"), element("circle", cx=4, cy=4, r=2, class_="app-ink")),
        pattern("empty", box(0, 0, 8, 8, "app-paper")),
    )  # fmt: skip


def _scale(top: int, width: float) -> list[Markup]:
    parts = []
    for line in range(_LINES + 1):
        value = top * line // _LINES
        y = _TOP + _TALL * (1 - value / top)
        parts.append(
            element("line", x1=_LEFT, x2=f"{width - 8:g}", y1=f"{y:g}", y2=f"{y:g}", class_="app-grid")
        )
        parts.append(text(_LEFT - 8, y + 5, f"{value:,}", anchor="end"))
    return parts


def _legend(name: str, parts: Sequence[str]) -> list[Markup]:
    content, x, y = [], float(_LEFT), _TOP + _TALL + _BELOW - 16
    for part, pattern in zip(parts, PATTERNS, strict=False):
        content.append(element("rect", x=f"{x:g}", y=y, width=16, height=12, fill=f"url(#{name}-{pattern})"))
        content.append(text(x + 22, y + 11, part))
        x += len(part) * 8 + 40
    return content


def _rounded(most: int) -> int:
    """Return the top of the scale: the next round number that the lines divide."""
    top = _LINES
    while top < most:
        top *= 10
    for part in (10, 5, 4, 2):
        if top // part >= max(most, _LINES) and top // part % _LINES == 0:
            return top // part
    return top
