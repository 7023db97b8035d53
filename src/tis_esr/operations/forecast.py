"""How many applicants reach the window on each coming day, by deanery, and how many of them are ready."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.coming_applicants import NOT_LOOKED_AT, Horizon, sent_by_start, waiting


class Step(StrEnum):
    """What one line of a forecast is about."""

    DAY = "day"
    WEEK = "week"


class Line(msgspec.Struct, kw_only=True):
    """The applicants of a deanery who reach the window from ``reaches_window`` on; None are those in the window already.

    ``applicants`` is the sum of ``sound`` (no fault keeps them from being sent), ``held_back`` (by a data fault, see
    lint) and ``sent``.
    """

    reaches_window: date | None
    deanery: str
    applicants: int = 0
    sound: int = 0
    held_back: int = 0
    sent: int = 0


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The lines by day (or first day of a week) and deanery; without those that have no applicant.

    ``data_from`` is the day on which the oldest record that waits was compared with TIS (None if none waits),
    ``not_counted`` says what was not looked at.
    """

    day: date
    weeks: int
    by: Step
    data_from: date | None
    lines: list[Line]
    not_counted: str = NOT_LOOKED_AT


def forecast(
    state: Reader,
    deaneries: Sequence[str],
    horizon: Horizon,
    by: Step,
    advance: Callable[[], None] = lambda: None,
) -> Forecast:
    """Count the stored records; nothing is written, and TIS is not asked. ``advance`` is called after each deanery."""
    lines: dict[tuple[date, str], Line] = {}
    oldest = date.max

    def line_of(start: date, deanery: str, number: int = 1) -> Line:
        first = _first_day(start, horizon, by)
        line = lines.setdefault((first or date.min, deanery), Line(reaches_window=first, deanery=deanery))
        line.applicants += number
        return line

    for deanery in deaneries:
        for record, faults in waiting(state, deanery, horizon):
            oldest = min(oldest, record.built_on)
            line = line_of(record.date_from, deanery)
            if any(fault.is_blocking for fault in faults):
                line.held_back += 1
            else:
                line.sound += 1
        for start, number in sent_by_start(state, deanery, horizon).items():
            line_of(start, deanery, number).sent += number
        advance()
    places = {deanery: place for place, deanery in enumerate(deaneries)}
    in_order = sorted(lines, key=lambda key: (key[0], places[key[1]]))
    return Forecast(
        day=horizon.day,
        weeks=horizon.weeks,
        by=by,
        data_from=None if oldest == date.max else oldest,
        lines=[lines[key] for key in in_order],
    )


def _first_day(start: date, horizon: Horizon, by: Step) -> date | None:
    """Return the day, or the first day of the week, of a line; None if it is in the window already."""
    reached = horizon.window.reached_on(start)
    if reached <= horizon.day:
        return None
    days = (reached - horizon.day).days - 1
    return reached if by is Step.DAY else horizon.day + timedelta(days=1 + days - days % 7)
