"""A calendar of the offices: how each day ended, by the gravest of its files."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from tis_esr.operations.board.history_lines import DayEnd, History

GRAVEST_FIRST = (
    DayEnd.NOT_HERE,
    DayEnd.HELD,
    DayEnd.LATE,
    DayEnd.OPEN,
    DayEnd.UNKNOWN,
    DayEnd.ON_TIME,
    DayEnd.WAIVED,
    DayEnd.IDLE,
    DayEnd.NOT_EXPECTED,
)


class CalendarLine(msgspec.Struct, frozen=True, kw_only=True):
    """The days of one ``name`` (an office or a file type), oldest first."""

    name: str
    ends: list[DayEnd]


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the same days."""

    days: list[date]
    lines: list[CalendarLine]


def by_office(found: History) -> Calendar:
    """Return a line for each office: a day ended as the gravest of its files did."""
    lines: dict[str, list[list[DayEnd]]] = {}
    for line in found.lines:
        lines.setdefault(line.deanery, []).append(line.ends)
    return Calendar(
        days=_days(found),
        lines=[
            CalendarLine(name=name, ends=[gravest(ends) for ends in zip(*some, strict=True)])
            for name, some in lines.items()
        ],
    )


def by_type(found: History) -> Calendar:
    """Return a line for each file type of a history of one office."""
    return Calendar(
        days=_days(found), lines=[CalendarLine(name=line.type.value, ends=line.ends) for line in found.lines]
    )


def gravest(ends: Iterable[DayEnd]) -> DayEnd:
    """Return the gravest of some ends."""
    return min(ends, key=GRAVEST_FIRST.index, default=DayEnd.NOT_EXPECTED)


def _days(found: History) -> list[date]:
    return [found.first + timedelta(days=n) for n in range((found.last - found.first).days + 1)]
