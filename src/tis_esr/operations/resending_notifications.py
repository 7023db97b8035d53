"""Resends notifications of a DNC or DNF file that ESR did not load: they count as never sent, and are generated again.

So ESR is sent what is true in TIS then, never an old row: a withdrawal and other dates in their own right, who is now and
next as a whole.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.resending import LeftRow, Plan, sent_file
from tis_esr.services.contracts.bodies import MATCHED, PositionDue
from tis_esr.services.data_exporter.export_run import ROWS_A_CHUNK
from tis_esr.services.data_exporter.outbound import (
    NOTIFICATIONS,
    OUTBOUND_FILES,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.data_exporter.withdrawn_applicants import mark_not_withdrawn
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

FILE_TYPES = ("DNC", "DNF")
_NOT_KEPT = "it is no longer kept, or the file has no such row"


def plan_lost(state: Reader, name: str, only: Sequence[int] | None, *, day: date, due_days: int) -> Plan:
    """Return which rows of a file count as never sent from now on: those that ESR rejected, or did not confirm in time.

    Raises UsageError if the file was never sent from here, or if one of the rows ``only`` can't be resent.
    """
    file = sent_file(state, name, FILE_TYPES)
    due = file.day + timedelta(days=due_days)
    records = {record.file_row or 0: record for record in state.find(NOTIFICATIONS, {"file": name})}
    positions = _positions(state, records.values())
    rows: dict[int, str] = {}
    left: list[LeftRow] = []
    for row in range(1, file.rows + 1) if only is None else only:
        found = records.get(row)
        reason = _reason(found, positions.get(found.position_id), day, due) if found else _NOT_KEPT
        if found is not None and not reason:
            rows[row] = found.key
        elif only is not None or found is None or found.state is not RecordState.CONFIRMED:
            left.append(LeftRow(row=row, reason=reason))
    if only is not None and left:
        said = "; ".join(f"row {one.row}: {one.reason}" for one in left[:10])
        raise UsageError("--only", f"{name}: nothing was resent. {said}")
    return Plan(name, file.deanery, rows, left)


async def report_lost(begin: Callable[[], Work], found: Plan, person: Person, day: date) -> None:
    """Mark the rows as lost, and have their positions compared with TIS and notified again, chunk by chunk.

    What ESR has confirmed meanwhile is unchanged. It can be interrupted, and repeated.
    """
    keys = list(found.rows.values())
    for start in range(0, len(keys), ROWS_A_CHUNK):
        work = begin()
        lost = await mark_lost(work, found.file, keys[start : start + ROWS_A_CHUNK])
        result = f"{counted(lost, 'row counts', 'rows count')} as never sent"
        await record(work, person, "notifications.resend", [found.file], result=result)
        await work.commit()
    work = begin()
    await settle_lost(work, found.file, day)
    await work.commit()


async def mark_lost(work: Work, file: str, keys: Sequence[str]) -> int:
    """Mark rows of a file as lost, and request the comparison of their positions; return how many were not confirmed meanwhile."""
    known = (await work.get(NOTIFICATIONS, keys)).values()
    lost = [one for one in known if one.file == file and _is_open(one)]
    for one in lost:
        work.put(NOTIFICATIONS, msgspec.structs.replace(one, lost=True))
    await mark_not_withdrawn(work, lost)
    for position_id, one in {one.position_id: one for one in lost}.items():
        cause = one.as_cause("lost", file, one.key)
        work.emit("position.due", PositionDue(position_id=position_id), cause=cause)
    return len(lost)


async def settle_lost(work: Work, name: str, day: date) -> None:
    """Settle the missing confirmation of a file whose unanswered rows all count as never sent."""
    file = (await work.get(OUTBOUND_FILES, [name]))[name]
    records = await work.find(NOTIFICATIONS, {"file": name})
    waiting = [one for one in records if one.state is RecordState.EXPORTED and not one.lost]
    if not waiting and not file.settled and any(one.lost for one in records):
        settled = f"its rows count as never sent since {in_words(day)}"
        work.put(OUTBOUND_FILES, msgspec.structs.replace(file, settled=settled))


def _positions(state: Reader, records: Iterable[NotificationRecord]) -> dict[int, Position]:
    ids = sorted({str(one.position_id) for one in records})
    found = (state.get(POSITIONS, ids[n : n + ROWS_A_CHUNK]) for n in range(0, len(ids), ROWS_A_CHUNK))
    return {position.position_id: position for some in found for position in some}


def _is_open(one: NotificationRecord) -> bool:
    """Return whether ESR was sent it, has not accepted it, and nobody has reported it as lost."""
    return one.has_reached_esr and one.state is not RecordState.CONFIRMED


def _reason(one: NotificationRecord, position: Position | None, day: date, due: date) -> str:
    """Return why a row goes on to count as sent, "" if it does not."""
    if one.state is RecordState.CONFIRMED:
        return "ESR accepted it"
    if one.lost:
        return "it counts as never sent already"
    if one.state is RecordState.EXPORTED and day <= due:
        return f"ESR has until {in_words(due)} to answer"
    if position is not None and position.deleted:
        return f"ESR deleted position {one.position_id}"
    if position is not None and position.status != MATCHED:
        return f"position {one.position_id} is no longer matched to a post in TIS"
    return ""
