"""One office of the board: its cells of a day, and 30 days of each file type with every arrival beside its deadline."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.day_shown import shown_as_of
from tis_esr.operations.board.expected_files import Days
from tis_esr.operations.board.history import HISTORY_DAYS, end_of_day, history
from tis_esr.operations.board.history_lines import DayEnd, History
from tis_esr.operations.board.whole_board import Board
from tis_esr.wall_clock import LONDON


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """How a day ended for one file type: when its file came (None if it has not, or that was not stored), and when it was late."""

    type: FileType
    day: date
    end: DayEnd
    came_at: datetime | None
    due_at: datetime
    late_at: datetime


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """An office's board of a day, its history, and its arrivals by type and day. Times are London's."""

    deanery: str
    board: Board
    history: History
    arrivals: list[Arrival]


def office_of(reader: Reader, *, deanery: str, day: date | None, now: datetime, terms: Terms) -> Office:
    """Return an office on a day, the last one if ``day`` is None. Raises UsageError for a day that can't be shown."""
    shown, as_of = shown_as_of(reader, day, now)
    return Office(
        deanery=deanery,
        board=board(reader, day=shown, now=as_of, terms=terms, deanery=deanery),
        history=history(reader, day=shown, now=as_of, terms=terms, deanery=deanery),
        arrivals=_arrivals(reader, deanery, shown, as_of.astimezone(UTC), terms),
    )


def _arrivals(reader: Reader, deanery: str, last: date, now: datetime, terms: Terms) -> list[Arrival]:
    first = last - timedelta(days=HISTORY_DAYS - 1)
    days = Days(reader, terms, [deanery], first, last)
    return [
        Arrival(
            type=one.type,
            day=one.day,
            end=end_of_day(one, now),
            came_at=one.presence.came_at.astimezone(LONDON) if one.presence.came_at else None,
            due_at=one.deadline.due_at,
            late_at=one.deadline.late_at,
        )
        for back in range(HISTORY_DAYS)
        for one in days.of(first + timedelta(days=back), now)
    ]
