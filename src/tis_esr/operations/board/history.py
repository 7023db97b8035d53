"""Thirty days of each office and file type: how each day ended, the on-time share, and the usual arrival."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import NOT_HERE, CellState, FileType
from tis_esr.operations.board.expected_files import Days, Expected
from tis_esr.operations.board.history_lines import DayEnd, History, HistoryLine
from tis_esr.operations.board.judging import is_after
from tis_esr.records.file_names import DEANERIES

HISTORY_DAYS = 30
_A_DAY = 24 * 60


_JUDGED = (DayEnd.ON_TIME, DayEnd.LATE, DayEnd.NOT_HERE, DayEnd.HELD)


def history(reader: Reader, *, day: date, now: datetime, terms: Terms, deanery: str | None = None) -> History:
    """Return the HISTORY_DAYS up to a day as of ``now``, of one office or of all."""
    now, deaneries = now.astimezone(UTC), [deanery] if deanery else DEANERIES
    first = day - timedelta(days=HISTORY_DAYS - 1)
    days = Days(reader, terms, deaneries, first, day)
    found: dict[tuple[str, FileType, date], DayEnd] = {}
    for back in range(HISTORY_DAYS):
        of_day = first + timedelta(days=back)
        found |= {(one.deanery, one.type, of_day): end_of_day(one, now) for one in days.of(of_day, now)}
    lines = []
    for office in deaneries:
        for type_ in FileType:
            ends = [
                found.get((office, type_, first + timedelta(days=back)), DayEnd.NOT_EXPECTED)
                for back in range(HISTORY_DAYS)
            ]
            if any(end is not DayEnd.NOT_EXPECTED for end in ends):
                lines.append(_line(days, office, type_, day, ends))
    return History(first=first, last=day, lines=lines)


def _line(days: Days, deanery: str, type_: FileType, day: date, ends: Iterable[DayEnd]) -> HistoryLine:
    ended = list(ends)
    usual = days.usual(deanery, type_, day + timedelta(days=1))
    return HistoryLine(
        deanery=deanery,
        type=type_,
        ends=ended,
        judged=sum(end in _JUDGED for end in ended),
        on_time=sum(end is DayEnd.ON_TIME for end in ended),
        median=_clock(usual.median) if usual else None,
        p95=_clock(usual.p95) if usual else None,
        days_after=usual.p95 // _A_DAY if usual else 0,
    )


def end_of_day(one: Expected, now: datetime) -> DayEnd:
    """Return how a day ended for a file, by its deadline; rows and answers do not matter here."""
    if one.state is CellState.WAIVED:
        return DayEnd.WAIVED
    if one.state is CellState.HELD:
        return DayEnd.HELD
    if one.presence.state is None:
        return DayEnd.NOT_HERE if one.state in NOT_HERE else DayEnd.OPEN
    if one.presence.is_idle:
        return DayEnd.IDLE
    if one.presence.came_at is None:
        return DayEnd.OPEN if one.state is CellState.IN_WORK else DayEnd.UNKNOWN
    is_late = is_after(one.presence.came_at, now, one.deadline.late_at, is_here=True)
    return DayEnd.LATE if is_late else DayEnd.ON_TIME


def _clock(minutes: int) -> time:
    of_day = minutes % _A_DAY
    return time(of_day // 60, of_day % 60)
