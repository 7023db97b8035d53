"""The board of a day: every expected file with its state, its consequence and who must act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.board.affected import Affected, who_acts
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import NEEDS_SOMEBODY, NOT_HERE, Cell, CellState, FileType
from tis_esr.operations.board.expected_files import USUAL_DAYS, Days, Expected
from tis_esr.operations.board.files_of_days import Place
from tis_esr.operations.board.judging import is_after, next_check
from tis_esr.operations.board.presence import Presence, answered_state, refused, with_rows
from tis_esr.operations.board.whole_board import Board
from tis_esr.operations.ledger import row_states
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, RecordState
from tis_esr.services.inbound_data_reader.file_ledger import InboundFile
from tis_esr.wall_clock import LONDON

EARLIER_DAYS = 14
"""Cells of this many days before that still need somebody are shown as well."""
_UNKNOWN_ROWS = (CellState.NOT_DUE, CellState.DUE, CellState.AT_RISK, CellState.WAIVED, *NOT_HERE)


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
        if one.state is CellState.SENT or (one.state in NEEDS_SOMEBODY and not expected.is_made_good(one))
    ]
    rejected = _rejected(reader, before)
    before = [
        one
        for one in before
        if one.state is not CellState.SENT or any(file.name in rejected for file in one.presence.ours)
    ]
    cells = _Cells(reader, Affected(reader, terms.window, now.astimezone(LONDON).date()), now)
    shown = cells.of(of_day)
    earlier = [cell for cell in cells.of(before) if cell.state in NEEDS_SOMEBODY]
    return Board(day=day, now=now.astimezone(LONDON), cells=shown, earlier=earlier)


def _rejected(reader: Reader, expected: Iterable[Expected]) -> set[str]:
    """Return which of our files that were sent have rows that ESR rejected, and that were not corrected since."""
    sent = [one for one in expected if one.state is CellState.SENT]
    names = [file.name for one in sent for file in one.presence.ours]
    where = {"file": names, "state": RecordState.REJECTED.value}
    rows = [*reader.find(APPLICANTS, where), *reader.find(NOTIFICATIONS, where)]
    return {row.file for row in rows if row.file is not None}


@dataclass
class _Cells:
    """Makes cells of expected files: adds rows, answers and consequences."""

    reader: Reader
    affected: Affected
    now: datetime
    answered: set[Place] = field(default_factory=set)

    def of(self, expected: Sequence[Expected]) -> list[Cell]:
        rows = self._rows(expected)
        self.answered = {
            (one.deanery, one.type, one.day)
            for one in expected
            if one.state is CellState.COMPLETE
            and not any(rows.get(file.name, {}).get(RowState.PENDING) for file in one.presence.theirs)
        }
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
        detail = one.detail
        if here.theirs and state is CellState.COMPLETE:
            states = _summed(here.theirs, counts)
            number = refused(one.type, states)
            is_incomplete = any(file.incomplete for file in here.theirs)
            state = with_rows(state, states, number, is_incomplete=is_incomplete)
        elif state is CellState.SENT:
            state, number, detail = self._answered(one)
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
            detail=detail,
            next_check=next_check(one.deadline, self.now) if not is_here else None,
            source=one.expectation.source,
        )
        return self._with_consequence(cell, here)

    def _answered(self, one: Expected) -> tuple[CellState, int, str]:
        """Return the state of files of ours by ESR's answers to their rows, how many it rejected, and what is open.

        As long as ESR's answer is not complete, a file with open rows only waits. Without one no row has an answer.
        """
        if not one.presence.has_answer:
            return one.state, 0, one.detail
        collection = APPLICANTS if one.type is FileType.APP else NOTIFICATIONS
        names = [file.name for file in one.presence.ours]
        confirmed, rejected, unanswered = (
            self.reader.count(collection, {"file": names, "state": state.value})
            for state in (RecordState.CONFIRMED, RecordState.REJECTED, RecordState.EXPORTED)
        )
        answer = FileType.APC if one.type is FileType.APP else FileType.DCC
        is_answered = (one.deanery, answer, one.day) in self.answered
        if not confirmed + rejected or (unanswered and not is_answered):
            return one.state, rejected, one.detail
        detail = f"without an answer: {unanswered:,} of its rows" if unanswered else one.detail
        return answered_state(confirmed, rejected, unanswered), rejected, detail

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
