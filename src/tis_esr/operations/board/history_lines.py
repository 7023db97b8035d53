"""The lines of the history: how each day ended for one office and file type, and when its files usually arrive."""

from datetime import date, time
from enum import StrEnum

import msgspec

from tis_esr.operations.board.cells import FileType


class DayEnd(StrEnum):
    """How a day ended for one file. IDLE is a day on which nothing was to be sent, OPEN one whose file is not late yet.

    UNKNOWN is a file that is here, and whose arrival was not stored.
    """

    ON_TIME = "ON_TIME"
    LATE = "LATE"
    NOT_HERE = "NOT_HERE"
    HELD = "HELD"
    WAIVED = "WAIVED"
    IDLE = "IDLE"
    OPEN = "OPEN"
    UNKNOWN = "UNKNOWN"
    NOT_EXPECTED = "NOT_EXPECTED"


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """The days of one office and type, oldest first, from the first day of the history on.

    ``on_time`` of the ``judged`` days had the file in time; the others are open, waived, idle, unknown or without an
    expectation. ``median`` and ``p95`` are London's clock times of the last 28 days' arrivals, None if too few are known;
    ``days_after`` is 1 where these are on the day after.
    """

    deanery: str
    type: FileType
    ends: list[DayEnd]
    judged: int
    on_time: int
    median: time | None
    p95: time | None
    days_after: int = 0

    @property
    def share(self) -> float | None:
        """Return the share of judged days on which the file was in time; None if none was judged."""
        return self.on_time / self.judged if self.judged else None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The lines by office and type, of the days ``first`` to ``last``; types that were not expected have no line."""

    first: date
    last: date
    lines: list[HistoryLine]
