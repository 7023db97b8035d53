"""The result of a soak as an SVG image of one panel per measure, and as a table."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from docgen.markdown import table
from tests.soak.judge import MEASURES, growths
from tests.soak.soak import Sample

_WIDTH, _HEIGHT, _LEFT, _TOP, _PANEL = 880, 120, 190, 50, 640
_STYLE = "text{font:13px sans-serif;fill:#212b32}.t{font-weight:bold}.s{fill:#4c6272}.l{fill:none;stroke:#005eb8;stroke-width:1.5}.a{stroke:#aeb7bd}.e{stroke:#d4351c;stroke-dasharray:2 3}"


def image(
    engine: str, samples: Sequence[Sample], events: Mapping[int, Sequence[str]], judged_from: int
) -> str:
    """Return the image; a dashed line marks a day on which something was done, grey ground the days before the judged ones."""
    height = _TOP + _HEIGHT * len(MEASURES)
    says = f"What one process uses over {len(samples)} simulated days on the {engine} engine: " + ", ".join(
        one.title for one in MEASURES.values()
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="soak">',
        f'<title id="soak">{escape(says)}</title><style>{_STYLE}</style>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="10" y="22" class="t">{len(samples)} simulated days of tis-esr run, {engine} engine</text>',
        '<text x="10" y="40" class="s">Dashed: faults, renewed secrets and certificates, moved clocks. Grey: warming up, not judged.</text>',
    ]
    for number, name in enumerate(MEASURES):
        parts += _panel(
            name, [sample[name] for sample in samples], events, judged_from, _TOP + number * _HEIGHT
        )
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    name: str, values: Sequence[int], events: Mapping[int, Sequence[str]], judged_from: int, top: int
) -> list[str]:
    measure, most = MEASURES[name], max(values) * 1.15
    bottom, last = top + _HEIGHT - 25, max(len(values) - 1, 1)

    def x(day: int) -> float:
        return round(_LEFT + _PANEL * day / last, 1)

    points = " ".join(
        f"{x(day)},{round(bottom - (_HEIGHT - 35) * value / most, 1)}" for day, value in enumerate(values)
    )
    lines = [
        f'<line x1="{x(day)}" y1="{top + 5}" x2="{x(day)}" y2="{bottom}" class="e"/>'
        for day in sorted(events)
    ]
    return [
        f'<rect x="{_LEFT}" y="{top + 5}" width="{x(judged_from) - _LEFT}" height="{bottom - top - 5}" fill="#f0f4f5"/>',
        *lines,
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{_LEFT + _PANEL}" y2="{bottom}" class="a"/>',
        f'<polyline class="l" points="{points}"/>',
        f'<text x="10" y="{top + 30}" class="t">{measure.title}</text>',
        f'<text x="10" y="{top + 48}" class="s">{_shown(name, values[-1])} {measure.unit} at the end</text>',
        f'<text x="{_LEFT}" y="{bottom + 15}" class="s">0</text>',
        f'<text x="{_LEFT + _PANEL}" y="{bottom + 15}" text-anchor="end" class="s">day {len(values) - 1}</text>',
    ]


def _shown(name: str, value: float) -> str:
    return f"{round(value / MEASURES[name].divisor, 1) + 0.0:,.1f}".removesuffix(".0")


def summary(samples: Sequence[Sample], judged_from: int) -> str:
    """Return the same as a table: level, range and growth over the judged days."""
    judged = samples[judged_from:]
    rows = []
    for name, growth in growths(judged, earlier=samples[:judged_from]).items():
        values = [sample[name] for sample in judged]
        per = f"{_shown(name, growth.grown)} (allowed {_shown(name, growth.allowed)})"
        rows.append(
            (
                MEASURES[name].title,
                MEASURES[name].unit,
                *(_shown(name, one) for one in (values[0], min(values), max(values), values[-1])),
                per,
            )
        )
    return table(("", "unit", "first judged day", "least", "most", "last day", "growth by its slope"), rows)
