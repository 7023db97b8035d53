"""Pauses, resumes and stops batches, and shows them."""

from collections.abc import Container
from enum import StrEnum

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
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
from tis_esr.operations.batches.errors import BatchStateError, UnknownBatchError

_NEWEST = 10**12


class BatchAct(StrEnum):
    """What a person can do with a batch."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


_FROM = {
    BatchAct.PAUSE: {BatchState.RUNNING},
    BatchAct.RESUME: {BatchState.PAUSED},
    BatchAct.STOP: ACTIVE,
}
_TO = {
    BatchAct.PAUSE: BatchState.PAUSED,
    BatchAct.RESUME: BatchState.RUNNING,
    BatchAct.STOP: BatchState.STOPPED,
}
_PAST = {BatchAct.PAUSE: "paused", BatchAct.RESUME: "resumed", BatchAct.STOP: "stopped"}


async def control(runner: Runner, person: Person, batch_id: str, act: BatchAct, why: str) -> Batch:
    """Pause, resume or stop a batch. Of two people at one moment the second gets an error that names the first.

    What is in flight is handled; what was not begun stays parked. Raises UnknownBatchError, BatchStateError or
    TransientError.
    """
    work = runner.work()
    after = await control_in(work, person, batch_id, act, why)
    await work.commit()
    return after


async def control_in(work: Work, person: Person, batch_id: str, act: BatchAct, why: str) -> Batch:
    """Pause, resume or stop a batch in a unit of work. Raises UnknownBatchError or BatchStateError."""
    batch = (await work.get(BATCHES, [batch_id])).get(batch_id)
    if batch is None:
        raise UnknownBatchError(batch_id)
    if batch.state not in _FROM[act]:
        raise BatchStateError(batch, _PAST[act])
    state = _TO[act]
    after = msgspec.structs.replace(
        batch,
        state=state,
        note=why,
        changed_by=person.name,
        changed_at=work.moment,
        is_open=state in ACTIVE or bool(batch.of(Verdict.WAITING)),
    )
    work.put(BATCHES, after)
    await record(work, person, f"batch.{act}", [batch.id], why=why, result=state.value)
    return after


class BatchDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A batch and its messages, each with its verdict."""

    batch: Batch
    items: list[BatchItem]


def batches(reader: Reader, last: int, offices: Container[str] | None = None) -> list[Batch]:
    """Return the newest batches, newest first, at most ``last``; all that are open are among them.

    With ``offices`` only batches whose messages are all of these.
    """
    found = reader.find(BATCHES, {"number": Between(0, _NEWEST)}, ("number",))
    within = [batch for batch in reversed(found) if batch.is_within(offices)]
    return [batch for place, batch in enumerate(within) if place < last or batch.is_open]


def batch_details(reader: Reader, batch_id: str) -> BatchDetails:
    """Return a batch with its messages in their order. Raises UnknownBatchError."""
    found = next(iter(reader.get(BATCHES, [batch_id])), None)
    if found is None:
        raise UnknownBatchError(batch_id)
    items = reader.find(ITEMS, {"batch": batch_id})
    return BatchDetails(batch=found, items=sorted(items, key=lambda item: item.number))
