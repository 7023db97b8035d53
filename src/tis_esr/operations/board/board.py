"""The board of a day: every expected file with its state, its consequence and who must act."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.board.affected import Affected, who_acts
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import NEEDS_SOMEBODY, NOT_HERE, Board, Cell, CellState, FileType
from tis_esr.operations.board.expectations import Expectation, Rules, rules_of
from tis_esr.operations.board.files_of_days import FilesOfDays, Place, files_of
from tis_esr.operations.board.judging import (
    Deadline,
    Usual,
    absent,
    at_minute,
    is_after,
    minutes_after_midnight,
    next_check,
    usual,
)
from tis_esr.operations.board.presence import Presence, by_answers, presence, refused, with_rows
from tis_esr.operations.kept import kept_from
from tis_esr.operations.ledger import row_states
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.cron import LONDON
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, RecordState
from tis_esr.services.inbound_data_reader.file_ledger import InboundFile

USUAL_DAYS = 28
"""What is usual is learned from the files of this many days before."""
EARLIER_DAYS = 14
"""Cells of this many days before that still need somebody are shown as well."""
_UNKNOWN_ROWS = (CellState.NOT_DUE, CellState.DUE, CellState.AT_RISK, CellState.WAIVED, *NOT_HERE)


@dataclass(frozen=True)
class Expected:
    """One expected file: its expectation, deadline, what is here of it, and its state by that alone."""

    deanery: str
    type: FileType
    day: date
    expectation: Expectation
    deadline: Deadline
    presence: Presence
    state: CellState
    detail: str


def board(reader: Reader, *, day: date, now: datetime, terms: Terms, deanery: str | None = None) -> Board:
    """Return the board of a day as of ``now`` (with a zone), of one office or of all.

    A file counts for the day in its name, whenever it arrives, and is late by its own due time.
    """
    now, deaneries = now.astimezone(UTC), [deanery] if deanery else DEANERIES
    expected = Days(reader, terms, deaneries, day - timedelta(days=USUAL_DAYS), day)
    of_day = list(expected.of(day, now))
    before = [
        one
        for back in range(EARLIER_DAYS, 0, -1)
        for one in expected.of(day - timedelta(days=back), now)
        if one.state in NEEDS_SOMEBODY
    ]
    cells = _Cells(reader, Affected(reader, terms.window, now.astimezone(LONDON).date()), now)
    return Board(day=day, now=now.astimezone(LONDON), cells=cells.of(of_day), earlier=cells.of(before))


class Days:
    """The expected files of some days, read once."""

    def __init__(
        self, reader: Reader, terms: Terms, deaneries: Sequence[str], first: date, last: date
    ) -> None:
        self.first = max(first, kept_from(reader) or date.min)
        self._deaneries = deaneries
        self._rules: Rules = rules_of(reader, terms.built_in, self.first, last)
        rtc = any(one.schedule for one in self._rules.expectations if one.type is FileType.RTC)
        self._found: FilesOfDays = files_of(reader, deaneries, self.first, last, rtc=rtc)
        self._begun = min(
            (place[2] for place in (*self._found.inbound, *self._found.outbound)), default=date.max
        )
        self._last = last
        self._came: dict[Place, datetime | None] = {}

    def of(self, day: date, now: datetime) -> Iterator[Expected]:
        """Yield the expected files of a day, by office and type; none of before the first day that anything is known of."""
        if day < self.first or (day < self._last and day < self._begun):
            return
        for deanery in self._deaneries:
            for type_ in FileType:
                if (one := self._one(deanery, type_, day, now)) is not None:
                    yield one

    def arrivals(self, deanery: str, type_: FileType, before: date) -> list[int]:
        """Return when an office's files arrived on the USUAL_DAYS before a day, in minutes after midnight."""
        days = [before - timedelta(days=back) for back in range(1, USUAL_DAYS + 1)]
        here = [(day, self._came_at((deanery, type_, day))) for day in days]
        return [minutes_after_midnight(at, _midnight(day)) for day, at in here if at is not None]

    def _came_at(self, place: Place) -> datetime | None:
        if place not in self._came:
            self._came[place] = presence(self._found, place, may_come=False).came_at
        return self._came[place]

    def usual(self, deanery: str, type_: FileType, before: date) -> Usual | None:
        """Return the usual arrival of an office's files, by the days before a day."""
        return usual(self.arrivals(deanery, type_, before))

    def _one(self, deanery: str, type_: FileType, day: date, now: datetime) -> Expected | None:
        expectation = self._rules.expectation(deanery, type_, day)
        due_at = expectation.due_at(day) if expectation else None
        here = presence(self._found, (deanery, type_, day), may_come=now < _midnight(day + timedelta(days=1)))
        if expectation is None or due_at is None or not here.is_owed:
            return None
        known = self.usual(deanery, type_, day)
        usual_at = at_minute(_midnight(day), known.p95) if known else None
        deadline = Deadline(due_at, expectation.late_at(due_at), usual_at)
        state, detail = self._state(deanery, type_, day, here, deadline, now)
        return Expected(deanery, type_, day, expectation, deadline, here, state, detail)

    def _state(
        self, deanery: str, type_: FileType, day: date, here: Presence, deadline: Deadline, now: datetime
    ) -> tuple[CellState, str]:
        if here.state is not None:
            return here.state, here.detail
        if here.settled:
            return CellState.WAIVED, f"settled: {here.settled}"
        if (waiver := self._rules.waiver(deanery, type_, day)) is not None:
            return CellState.WAIVED, waiver.text
        return absent(type_, deadline, now), here.detail


@dataclass
class _Cells:
    """Makes cells of expected files: adds rows, answers and consequences."""

    reader: Reader
    affected: Affected
    now: datetime

    def of(self, expected: Sequence[Expected]) -> list[Cell]:
        rows = self._rows(expected)
        return [self._cell(one, rows) for one in expected]

    def _rows(self, expected: Iterable[Expected]) -> Mapping[str, Mapping[RowState, int]]:
        names = [
            file.name
            for one in expected
            if one.state not in _UNKNOWN_ROWS
            for file in one.presence.theirs
            if not file.row_states
        ]
        return self.reader.row_counts(names)

    def _cell(self, one: Expected, counts: Mapping[str, Mapping[RowState, int]]) -> Cell:
        here = one.presence
        state, rows, number = one.state, sum(file.rows for file in here.theirs or here.ours), 0
        if here.theirs and state is CellState.COMPLETE:
            states = _summed(here.theirs, counts)
            number = refused(one.type, states)
            is_incomplete = any(file.incomplete for file in here.theirs)
            state = with_rows(state, states, number, is_incomplete=is_incomplete)
        elif state is CellState.SENT:
            state, number = self._answered(one)
        late, usual_at = one.deadline.late_at, one.deadline.usual_at
        is_here = here.state is not None
        cell = Cell(
            deanery=one.deanery,
            type=one.type,
            day=one.day,
            state=state,
            due_at=one.deadline.due_at,
            late_at=late,
            usual_at=usual_at,
            came_at=here.came_at.astimezone(LONDON) if here.came_at else None,
            is_late=is_after(here.came_at, self.now, late, is_here=is_here),
            is_unusual=usual_at is not None and is_after(here.came_at, self.now, usual_at, is_here=is_here),
            file=here.file or next((file.name for file in here.ours), ""),
            rows=rows,
            refused=number,
            detail=one.detail,
            next_check=next_check(one.deadline, self.now) if not is_here else None,
            source=one.expectation.source,
        )
        return self._with_consequence(cell, here)

    def _answered(self, one: Expected) -> tuple[CellState, int]:
        """Return the state of files of ours by ESR's answers to their rows, and how many it rejected."""
        collection = APPLICANTS if one.type is FileType.APP else NOTIFICATIONS
        names = [file.name for file in one.presence.ours]
        confirmed, rejected = (
            self.reader.count(collection, {"file": names, "state": state.value})
            for state in (RecordState.CONFIRMED, RecordState.REJECTED)
        )
        return (by_answers(confirmed, rejected) if confirmed or rejected else one.state), rejected

    def _with_consequence(self, cell: Cell, here: Presence) -> Cell:
        who, action = who_acts(cell)
        changes = {"who_acts": who, "action": action}
        if cell.state in {*NOT_HERE, CellState.HELD, CellState.AT_RISK}:
            consequence = self.affected.consequence(cell.type, cell.deanery, here.ours)
            return msgspec.structs.replace(cell, consequence=consequence, **changes)
        return msgspec.structs.replace(cell, **changes)


def _summed(
    files: Iterable[InboundFile], counts: Mapping[str, Mapping[RowState, int]]
) -> dict[RowState, int]:
    found = dict.fromkeys(RowState, 0)
    for file in files:
        for code, number in row_states(file, counts.get(file.name, {})).items():
            found[RowState[code]] += number
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LONDON)
