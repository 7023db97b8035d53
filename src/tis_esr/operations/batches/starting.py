"""Starts a batch: the frozen set is stored with who, when and why, and with the audit entry that names it."""

from collections.abc import Sequence
from typing import Final

from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.operations.audit.trail import Person, newest, record
from tis_esr.operations.batches.documents import ACTIVE, BATCHES, ITEMS, Batch, BatchItem, Verdict
from tis_esr.operations.batches.errors import EmptyBatchError, InOtherBatchError, LargeBatchError
from tis_esr.operations.parked.listing import ParkedMessage

ACT = "batch.start"
MOST: Final = 10_000
"""Messages of one batch: what one transaction can store."""

_AT_ONCE = 500


async def start(
    runner: Runner, person: Person, messages: Sequence[ParkedMessage], *, choice: str, why: str, cap: int
) -> Batch:
    """Store a batch of these messages; nothing is requeued yet. Of two people with the same messages one is refused.

    Raises EmptyBatchError, LargeBatchError, InOtherBatchError or TransientError.
    """
    work = runner.work()
    batch = await start_in(work, person, messages, choice=choice, why=why, cap=cap)
    await work.commit()
    return batch


async def start_in(
    work: Work, person: Person, messages: Sequence[ParkedMessage], *, choice: str, why: str, cap: int
) -> Batch:
    """Store a batch of these messages in a unit of work. Raises as ``start`` does."""
    if not messages:
        raise EmptyBatchError(0)
    if len(messages) > MOST:
        raise LargeBatchError(len(messages), MOST)
    number = (await newest(work)).number + 1
    name = f"B{number}"
    on = [name, *(message.id for message in messages)]
    await record(work, person, ACT, on, why=f"{why} ({choice})", result="started")
    await _refuse_shared(work, messages)
    batch = Batch(
        id=name,
        number=number,
        who=person.name,
        why=why,
        started_at=work.moment,
        choice=choice,
        total=len(messages),
        cap=cap,
        counts={Verdict.NOT_BEGUN: len(messages)},
        changed_by=person.name,
        changed_at=work.moment,
        offices=sorted({message.deanery for message in messages}),
    )
    work.put(BATCHES, batch)
    for turn, message in enumerate(messages, start=1):
        work.put(ITEMS, _item(batch, turn, message))
    return batch


async def _refuse_shared(work: Work, messages: Sequence[ParkedMessage]) -> None:
    """Raise InOtherBatchError if another batch that is not over has any of the messages.

    Two batches cannot begin at once: both write the audit's head.
    """
    keys = ["|".join(message.identity) for message in messages]
    items = [
        item
        for start in range(0, len(keys), _AT_ONCE)
        for item in await work.find(ITEMS, {"message": keys[start : start + _AT_ONCE]})
        if item.verdict in {Verdict.NOT_BEGUN, Verdict.WAITING}
    ]
    batches = await work.get(BATCHES, {item.batch for item in items})
    shared = [item for item in items if _is_due(batches.get(item.batch), item)]
    if shared:
        others = [batches[key] for key in dict.fromkeys(item.batch for item in shared)]
        raise InOtherBatchError(others, len({item.message for item in shared}))


def _is_due(batch: Batch | None, item: BatchItem) -> bool:
    return batch is not None and (batch.state in ACTIVE or item.verdict is Verdict.WAITING)


def _item(batch: Batch, number: int, message: ParkedMessage) -> BatchItem:
    return BatchItem(
        batch=batch.id,
        number=number,
        queue=message.queue,
        id=message.id,
        cause=message.cause,
        source_file=message.source_file,
        row=message.row,
        message="|".join(message.identity),
    )
