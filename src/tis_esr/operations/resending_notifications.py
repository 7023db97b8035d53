"""Resends notifications of a DNC or DNF file that ESR did not load: they count as never sent, and are generated again.

So ESR is sent what is true in TIS then, never an old row: a withdrawal and other dates in their own right, who is now and
next as a whole.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.resending import LeftRow, Plan, sent_file
from tis_esr.services.contracts.bodies import PositionDue
from tis_esr.services.data_exporter.export_run import ROWS_A_CHUNK
from tis_esr.services.data_exporter.outbound import (
    NOTIFICATIONS,
    OUTBOUND_FILES,
    SENT,
    NotificationRecord,
    RecordState,
)

FILE_TYPES = ("DNC", "DNF")


def plan_lost(state: Reader, name: str, only: Sequence[int] | None, *, day: date, due_days: int) -> Plan:
    """Return which rows of a file are to be generated again: those that ESR rejected, or did not confirm in time.

    Raises UsageError if the file was never sent from here, or if one of the rows ``only`` can't be resent.
    """
    file = sent_file(state, name, FILE_TYPES)
    due = file.day + timedelta(days=due_days)
    records = {record.file_row or 0: record for record in state.find(NOTIFICATIONS, {"file": name})}
    later = _sent_later(state, list(records.values()))
    rows: dict[int, str] = {}
    left: list[LeftRow] = []
    for row in range(1, file.rows + 1) if only is None else only:
        record = records.get(row)
        reason = (
            _reason(record, later, day, due)
            if record
            else "it is no longer kept, or the file has no such row"
        )
        if not reason and record:
            rows[row] = record.key
        elif only is not None or record is None or record.state is not RecordState.CONFIRMED:
            left.append(LeftRow(row=row, reason=reason))
    if only is not None and left:
        said = "; ".join(f"row {one.row}: {one.reason}" for one in left[:10])
        raise UsageError("--only", f"{name}: nothing was resent. {said}")
    return Plan(name, file.deanery, rows, left)


async def report_lost(begin: Callable[[], Work], found: Plan, day: date) -> None:
    """Mark the rows as lost, and have their positions compared with TIS and notified again, chunk by chunk."""
    keys = list(found.rows.values())
    for start in range(0, len(keys), ROWS_A_CHUNK):
        work = begin()
        positions: dict[int, NotificationRecord] = {}
        for record in (await work.get(NOTIFICATIONS, keys[start : start + ROWS_A_CHUNK])).values():
            if (
                record.file == found.file
                and record.has_reached_esr
                and record.state is not RecordState.CONFIRMED
            ):
                work.put(NOTIFICATIONS, msgspec.structs.replace(record, lost=True))
                positions.setdefault(record.position_id, record)
        for position_id, record in positions.items():
            cause = record.as_cause("lost", found.file, position_id)
            work.emit("position.due", PositionDue(position_id=position_id), cause=cause)
        await work.commit()
    await _settle(begin(), found.file, day)


async def _settle(work: Work, name: str, day: date) -> None:
    """Settle the missing confirmation of a file whose unanswered rows are all generated again."""
    file = (await work.get(OUTBOUND_FILES, [name]))[name]
    records = await work.find(NOTIFICATIONS, {"file": name})
    waiting = [record for record in records if record.state is RecordState.EXPORTED and not record.lost]
    if not waiting and not file.settled:
        settled = f"its rows were generated again on {in_words(day)}"
        work.put(OUTBOUND_FILES, msgspec.structs.replace(file, settled=settled))
        await work.commit()


def _sent_later(state: Reader, records: Sequence[NotificationRecord]) -> dict[str, NotificationRecord]:
    """Return the last notification that was sent about each subject of the records."""
    positions = sorted({record.position_id for record in records})
    newest: dict[str, NotificationRecord] = {}
    for record in _of_positions(state, positions):
        known = newest.get(record.about)
        if record.state in SENT and (known is None or known.number < record.number):
            newest[record.about] = record
    return newest


def _of_positions(state: Reader, positions: Sequence[int]) -> Iterator[NotificationRecord]:
    for start in range(0, len(positions), ROWS_A_CHUNK):
        yield from state.find(NOTIFICATIONS, {"position_id": list(positions[start : start + ROWS_A_CHUNK])})


def _reason(record: NotificationRecord, later: dict[str, NotificationRecord], day: date, due: date) -> str:
    """Return why a row is not generated again, "" if it is."""
    if record.state is RecordState.CONFIRMED:
        return "ESR accepted it"
    if record.lost:
        return "it was generated again already"
    newest = later.get(record.about)
    if newest is not None and newest.number > record.number:
        return f"a newer one about the same was sent in {newest.file}, row {newest.file_row}"
    if record.state is RecordState.EXPORTED and day <= due:
        return f"ESR has until {in_words(due)} to answer"
    return ""
