"""Arrivals against the deadline: a mark for each day's file, a line for the time from which it is late."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final

from markupsafe import Markup

from tis_esr.operations.board.history_lines import DayEnd
from tis_esr.operations.board.office import Arrival
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.states import words
from tis_esr.web.console.charts.chart import Chart, drawing, element, text

_LEFT, _TOP, _STEP, _TALL, _BELOW = 64, 24, 22, 140, 44
_HOUR: Final = 60
_LEGEND: Final = "● came in time; ▲ came late; ✕ not here; line: late from then on"


def arrivals(name: str, title: str, found: Sequence[Arrival]) -> Chart:
    """Return the chart of one office's files of one type; there must be at least one day."""
    minutes = [_minutes(at, one.day) for one in found for at in (one.came_at, one.late_at) if at is not None]
    low = min(minutes) // _HOUR * _HOUR
    high = max(-(-max(minutes) // _HOUR) * _HOUR, low + _HOUR)
    width = max(_LEFT + _STEP * len(found) + 16, 560)
    says = _says(found)

    def y_of(at: datetime, day: date) -> float:
        return _TOP + _TALL * (1 - (_minutes(at, day) - low) / (high - low))

    parts = [*_scale(low, high, width)]
    for place, one in enumerate(found):
        x = _LEFT + _STEP * (place + 0.5)
        late = y_of(one.late_at, one.day)
        half = _STEP / 2
        parts.append(
            element("line", x1=x - half, x2=x + half, y1=f"{late:g}", y2=f"{late:g}", class_="app-limit")
        )
        parts.append(_mark(one, x, y_of(one.came_at, one.day) if one.came_at else late))
        if not place or one.day.day == 1 or not one.day.weekday():
            parts.append(text(x, _TOP + _TALL + 18, f"{one.day.day} {one.day:%b}", anchor="middle"))
    parts.append(text(0, _TOP + _TALL + _BELOW - 6, _LEGEND))
    return Chart(
        name=name,
        title=title,
        says=says,
        svg=drawing(name, title, says, width, _TOP + _TALL + _BELOW, parts),
        headers=("Day", "Ended", "Came", "Due", "Late from"),
        rows=[
            (in_words(one.day), words(one.end.value), _clock(one.came_at, one.day), _clock(one.due_at, one.day), _clock(one.late_at, one.day))
            for one in reversed(found)
        ],
    )  # fmt: skip


def _scale(low: int, high: int, width: int) -> list[Markup]:
    """Return lines across at whole hours, five at most, each with its time."""
    step = -(-(high - low) // _HOUR // 4) * _HOUR
    parts = []
    for minute in range(low, high + 1, max(step, _HOUR)):
        y = _TOP + _TALL * (1 - (minute - low) / (high - low))
        parts.append(element("line", x1=_LEFT, x2=width - 8, y1=f"{y:g}", y2=f"{y:g}", class_="app-grid"))
        days, rest = divmod(minute, 24 * _HOUR)
        parts.append(text(0, y + 5, f"{rest // _HOUR:02}:00" + (f"{days:+}" if days else "")))
    return parts


def _mark(one: Arrival, x: float, y: float) -> Markup:
    marks = {
        DayEnd.ON_TIME: ("●", "app-good-mark"),
        DayEnd.LATE: ("▲", "app-bad-mark"),
        DayEnd.NOT_HERE: ("✕", "app-bad-mark"),
    }
    mark, kind = marks.get(one.end, ("" if one.came_at is None else "●", "app-good-mark"))
    return text(x, y + 5, mark, anchor="middle", kind=kind)


def _minutes(at: datetime, day: date) -> int:
    """Return the minutes on London's clocks from the midnight at which a day begins."""
    return round((at.replace(tzinfo=None) - datetime.combine(day, time.min)).total_seconds() / 60)


def _clock(at: datetime | None, day: date) -> str:
    if at is None:
        return ""
    days = (at.date() - day).days
    return f"{at:%H:%M}" + (f" {days:+} day{'' if days == 1 else 's'}" if days else "")


def _says(found: Sequence[Arrival]) -> str:
    in_time, late, absent = (
        sum(one.end is end for one in found) for end in (DayEnd.ON_TIME, DayEnd.LATE, DayEnd.NOT_HERE)
    )
    return f"{in_time} came in time, {late} late, {absent} not here, of {len(found)} expected."
