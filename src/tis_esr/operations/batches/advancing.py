"""Moves batches on: judges what was requeued by its effect, and requeues what is due. By any process, at any time.

Verdicts, requeued messages and totals are one transaction, so after a crash another process goes on from what is stored
and nothing is requeued twice.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import structlog

from tis_esr.engine.faults import ConflictError
from tis_esr.engine.protocol import Standing
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.work import Work
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.batches.documents import (
    ACTIVE,
    BATCHES,
    ITEMS,
    Batch,
    BatchItem,
    BatchState,
    Verdict,
)
from tis_esr.operations.batches.pace import next_number, pausing_reason, stopping_reason
from tis_esr.operations.parked.catalogue import cause_of
from tis_esr.operations.parked.discarding import DISCARDED

_log = structlog.get_logger()
ITSELF = Person("tis-esr", "batch")
"""Who acts where a batch stops, pauses or finishes by itself."""

_ENDS = {
    BatchState.STOPPED: "batch.stop",
    BatchState.PAUSED: "batch.pause",
    BatchState.FINISHED: "batch.finish",
}


async def advance_all(begin: Callable[[], Work]) -> bool:
    """Move every open batch one step on; return whether any has changed.

    A step that another process was faster with is left to it. Raises TransientError.
    """
    changed = False
    for batch in await begin().find(BATCHES, {"is_open": True}):
        try:
            changed |= await advance(begin(), batch.id)
        except ConflictError:
            changed = True
    return changed


async def has_open(work: Work) -> bool:
    """Return whether any batch can still change."""
    return bool(await work.find(BATCHES, {"is_open": True}, limit=1))


async def advance(work: Work, batch_id: str) -> bool:
    """Move a batch one step on; return whether anything has changed. Raises ConflictError and other TransientErrors."""
    before = (await work.get(BATCHES, [batch_id])).get(batch_id)
    if before is None or not before.is_open:
        return False
    judged = await _judge(work, before)
    batch = before.counted(_moves(judged, Verdict.WAITING))
    if batch.state in ACTIVE:
        batch = await _decided(work, batch, judged)
    requeued, gone = await _requeue(work, batch)
    batch = batch.counted(_moves([*requeued, *gone], Verdict.NOT_BEGUN))
    batch = await _ended(work, batch)
    if batch == before:
        return False
    work.put(BATCHES, batch)
    await work.commit()
    if batch.state is not before.state:
        _log.info("batch", batch=batch.id, state=batch.state.value, totals=totals(batch))
    return True


def totals(batch: Batch) -> dict[str, int]:
    """Return its messages by verdict, in the order of Verdict; they add up to its total."""
    return {verdict.value: batch.counts[verdict] for verdict in Verdict if verdict in batch.counts}


async def _judge(work: Work, batch: Batch) -> list[BatchItem]:
    """Store the verdict of each message in flight whose effect is known, and return those."""
    if not batch.of(Verdict.WAITING):
        return []
    where = {"batch": batch.id, "verdict": Verdict.WAITING}
    waiting = await work.find(ITEMS, where, order_by=("number",))
    standing = await work.standing([item.identity for item in waiting])
    thrown_away = await work.get(DISCARDED, [item.message for item in waiting])
    handled = [item for item in waiting if item.row and _state(standing.get(item.identity)) == "done"]
    outcomes = await work.rows_at([(item.source_file, item.row) for item in handled])
    rows = {(row.file, row.row): row for row in outcomes}
    judged = []
    for item in waiting:
        row = rows.get((item.source_file, item.row))
        after = _judged(item, standing.get(item.identity), row)
        if item.message in thrown_away and thrown_away[item.message].at >= batch.started_at:
            after = msgspec.structs.replace(item, verdict=Verdict.GONE)
        if after is not None:
            work.put(ITEMS, after)
            judged.append(after)
    return judged


def _state(standing: Standing | None) -> str:
    return standing.state if standing is not None else ""


def _judged(item: BatchItem, standing: Standing | None, row: Row | None) -> BatchItem | None:
    """Return an item with its verdict; None while it waits, or while its row is pending in a later step."""
    if standing is None:
        return msgspec.structs.replace(item, verdict=Verdict.DONE, effect="")
    if standing.state == "parked":
        same = cause_of(standing.cause) is item.cause
        verdict = Verdict.PARKED_SAME if same else Verdict.PARKED_OTHER
        return msgspec.structs.replace(item, verdict=verdict, reason=standing.reason)
    if standing.state != "done":
        return None
    state = row.state if row is not None else None
    if state is RowState.PENDING:
        return None
    verdict = Verdict.PARKED_FURTHER if state is RowState.PARKED else Verdict.DONE
    reason = row.reason if row is not None else ""
    return msgspec.structs.replace(item, verdict=verdict, reason=reason, effect=state.value if state else "")


async def _decided(work: Work, batch: Batch, judged: Sequence[BatchItem]) -> Batch:
    """Return the batch, stopped or paused if what was judged asks for it, also while a person has paused it."""
    if reason := stopping_reason(batch, judged):
        return await _changed(work, batch, BatchState.STOPPED, reason)
    if reason := pausing_reason(batch, judged):
        return await _changed(work, batch, BatchState.PAUSED, reason)
    return batch


async def _requeue(work: Work, batch: Batch) -> tuple[list[BatchItem], list[BatchItem]]:
    """Requeue the messages that are due; return them, and those that are no longer parked."""
    number = next_number(batch)
    if not number or not batch.of(Verdict.NOT_BEGUN):
        return [], []
    where = {"batch": batch.id, "verdict": Verdict.NOT_BEGUN}
    due = await work.find(ITEMS, where, order_by=("number",), limit=number)
    standing = await work.standing([item.identity for item in due])
    requeued: list[BatchItem] = []
    gone: list[BatchItem] = []
    for item in due:
        found = standing.get(item.identity)
        is_parked = found is not None and found.state == "parked"
        after = msgspec.structs.replace(item, verdict=Verdict.WAITING if is_parked else Verdict.GONE)
        work.put(ITEMS, after)
        (requeued if is_parked else gone).append(after)
    work.requeue([item.identity for item in requeued])
    return requeued, gone


async def _ended(work: Work, batch: Batch) -> Batch:
    """Return the batch finished if no message is left, closed if it is over and none is in flight."""
    left = batch.of(Verdict.NOT_BEGUN, Verdict.WAITING)
    if batch.state in ACTIVE and not left:
        batch = await _changed(work, batch, BatchState.FINISHED, "")
    is_open = batch.state in ACTIVE or bool(batch.of(Verdict.WAITING))
    return msgspec.structs.replace(batch, is_open=is_open)


async def _changed(work: Work, batch: Batch, state: BatchState, note: str) -> Batch:
    said = ", ".join(f"{number} {verdict}" for verdict, number in totals(batch).items())
    await record(work, ITSELF, _ENDS[state], [batch.id], why=note, result=said)
    return msgspec.structs.replace(
        batch, state=state, note=note, changed_by=ITSELF.name, changed_at=work.moment
    )


def _moves(items: Sequence[BatchItem], before: Verdict) -> Counter[Verdict]:
    moves = Counter(item.verdict for item in items)
    moves[before] -= len(items)
    return moves
