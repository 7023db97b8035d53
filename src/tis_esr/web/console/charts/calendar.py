"""A calendar: a box for each day, with a letter that says how it ended; the colour says the same."""

from typing import Final

from markupsafe import Markup

from tis_esr.counted import counted
from tis_esr.operations.board.calendar import GRAVEST_FIRST, Calendar
from tis_esr.operations.board.history_lines import DayEnd
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.states import words
from tis_esr.web.console.charts.chart import Chart, box, drawing, text

MARKS: Final = {
    DayEnd.ON_TIME: "✓",
    DayEnd.LATE: "L",
    DayEnd.NOT_HERE: "X",
    DayEnd.HELD: "H",
    DayEnd.WAIVED: "w",
    DayEnd.IDLE: "–",
    DayEnd.OPEN: "·",
    DayEnd.UNKNOWN: "?",
    DayEnd.NOT_EXPECTED: "",
}
_KINDS: Final = {
    DayEnd.ON_TIME: "app-good",
    DayEnd.LATE: "app-poor",
    DayEnd.NOT_HERE: "app-bad",
    DayEnd.HELD: "app-bad",
}
_LEFT, _TOP, _BOX, _LINE = 56, 40, 24, 28
_MONDAY: Final = 0


def calendar(name: str, title: str, found: Calendar) -> Chart:
    """Return the chart of a calendar."""
    seen = {end for line in found.lines for end in line.ends}
    days = len(found.days)
    height = _TOP + _LINE * len(found.lines) + 40
    width = max(_LEFT + _BOX * days + 8, 640)
    says = _says(found)
    parts = [*_days(found), *_lines(found), *_legend(seen, height - 12)]
    return Chart(
        name=name,
        title=title,
        says=says,
        svg=drawing(name, title, says, width, height, parts),
        headers=["Day", *(line.name for line in found.lines)],
        rows=[
            [in_words(day), *(words(line.ends[place].value) for line in found.lines)]
            for place, day in reversed(list(enumerate(found.days)))
        ],
    )


def _days(found: Calendar) -> list[Markup]:
    """Return the days above, with the month where it begins."""
    parts = []
    for place, day in enumerate(found.days):
        x = _LEFT + _BOX * (place + 0.5)
        if not place or day.day == 1:
            parts.append(text(x - _BOX / 2, 14, f"{day:%b}"))
        kind = "app-strong" if day.weekday() == _MONDAY else ""
        parts.append(text(x, 32, str(day.day), anchor="middle", kind=kind))
    return parts


def _lines(found: Calendar) -> list[Markup]:
    parts = []
    for row, line in enumerate(found.lines):
        y = _TOP + _LINE * row
        parts.append(text(0, y + 17, line.name))
        for place, end in enumerate(line.ends):
            x = _LEFT + _BOX * place
            if end is DayEnd.NOT_EXPECTED:
                continue
            kind = _KINDS.get(end, "app-plain")
            parts.append(box(x + 1, y, _BOX - 2, _BOX - 2, kind))
            parts.append(text(x + _BOX / 2, y + 16, MARKS[end], anchor="middle", kind=f"{kind}-text"))
    return parts


def _legend(seen: set[DayEnd], y: float) -> list[Markup]:
    said = [f"{MARKS[end]} {words(end.value).lower()}" for end in GRAVEST_FIRST if end in seen and MARKS[end]]
    return [text(0, y, "; ".join(said))]


def _says(found: Calendar) -> str:
    """Return the trouble in numbers; a calendar without any says so."""
    numbers = {end: sum(line.ends.count(end) for line in found.lines) for end in GRAVEST_FIRST[:3]}
    said = ", ".join(f"{number} {words(end.value).lower()}" for end, number in numbers.items() if number)
    return f"{said or 'Nothing late, held or missing'} in {counted(len(found.days), 'day')}."
