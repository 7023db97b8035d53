"""Judges one expected file: its state by what is there, its due time and what is usual. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil
from statistics import median

from tis_esr.operations.board.cells import CellState, FileType
from tis_esr.wall_clock import LONDON

ENOUGH_DAYS = 7
"""With fewer known arrivals nothing is said about what is usual."""
_ANSWERS = (FileType.APC, FileType.DCC)


@dataclass(frozen=True)
class Deadline:
    """When a file is due, late and missing, and by when it is usually here. All of London."""

    due_at: datetime
    late_at: datetime
    usual_at: datetime | None = None

    @property
    def missing_at(self) -> datetime:
        """Return when the due day is over; not before the file is late."""
        over = datetime.combine(self.due_at.date() + timedelta(days=1), time.min, LONDON)
        return max(over, self.late_at)


def absent(type_: FileType, deadline: Deadline, now: datetime) -> CellState:
    """Return the state of a file that is not here. ESR does not answer a file that it quarantined: that is overdue at once."""
    if now >= deadline.late_at:
        if type_ in _ANSWERS:
            return CellState.CONFIRMATION_OVERDUE
        return CellState.MISSING if now >= deadline.missing_at else CellState.LATE
    if deadline.usual_at is not None and now > deadline.usual_at:
        return CellState.AT_RISK
    return CellState.DUE if now >= deadline.due_at else CellState.NOT_DUE


def next_check(deadline: Deadline, now: datetime) -> datetime | None:
    """Return when the state of a file that is not here changes next; None if it stays."""
    moments = [deadline.usual_at, deadline.due_at, deadline.late_at, deadline.missing_at]
    return min((at for at in moments if at is not None and at > now), default=None)


def is_after(came_at: datetime | None, now: datetime, limit: datetime, *, is_here: bool) -> bool:
    """Return whether a file came after a moment, or is not here after it; not if its arrival was not stored."""
    if is_here:
        return came_at is not None and came_at > limit
    return now > limit


def minutes_after_midnight(came_at: datetime, day: datetime) -> int:
    """Return the minutes on London's clocks from the midnight at which a file's day begins; negative if it came before."""
    local = came_at.astimezone(LONDON).replace(tzinfo=None)
    return round((local - day.replace(tzinfo=None)).total_seconds() / 60)


@dataclass(frozen=True)
class Usual:
    """The usual arrival, in minutes after the midnight at which the file's day begins."""

    median: int
    p95: int


def usual(minutes: Sequence[int]) -> Usual | None:
    """Return the usual arrival; None if fewer than ENOUGH_DAYS are known. P95 is the nearest rank."""
    if len(minutes) < ENOUGH_DAYS:
        return None
    ordered = sorted(minutes)
    return Usual(median=round(median(ordered)), p95=ordered[ceil(0.95 * len(ordered)) - 1])


def at_minute(day: datetime, minutes: int) -> datetime:
    """Return the moment at which London's clocks show so many minutes after a day's midnight."""
    local = day.replace(tzinfo=None) + timedelta(minutes=minutes)
    return local.replace(tzinfo=LONDON).astimezone(UTC).astimezone(LONDON)
