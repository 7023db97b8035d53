"""The pace of a batch: one tracer, then ten, then the rest under its cap; and when it stops by itself."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from tis_esr.operations.batches.documents import PARKED_AGAIN, Batch, BatchItem, BatchState, Verdict

TRACER: Final = 1
TEN: Final = 10
MOST_A_STEP: Final = 500
"""Messages that one step requeues: what one transaction can do beside the handlers, whatever the cap."""


class Stage(StrEnum):
    """How far a batch is: one message, ten more, then the rest."""

    TRACER = "tracer"
    TEN = "ten"
    REST = "rest"


def stage_of(batch: Batch) -> Stage:
    """Return how far a batch is, by how many messages it has begun."""
    if batch.begun <= TRACER:
        return Stage.TRACER
    return Stage.TEN if batch.begun <= TRACER + TEN else Stage.REST


def next_number(batch: Batch) -> int:
    """Return how many more messages may be requeued now; 0 while the tracer, or the ten, have no verdict."""
    waiting = batch.of(Verdict.WAITING)
    if batch.state is not BatchState.RUNNING:
        return 0
    if batch.begun <= TRACER and waiting:
        return 0
    if batch.begun == 0:
        return TRACER
    room = min(MOST_A_STEP, max(0, batch.cap - waiting))
    if batch.begun < TRACER + TEN:
        return min(room, TRACER + TEN - batch.begun)
    return 0 if batch.begun == TRACER + TEN and waiting else room


def stopping_reason(batch: Batch, judged: Sequence[BatchItem]) -> str:
    """Return why a batch stops after these verdicts; "" if it goes on.

    It stops if the tracer is parked again, and if none of the ten after it took effect.
    """
    if batch.begun == TRACER and judged and judged[0].verdict in PARKED_AGAIN:
        return f"the tracer was {judged[0].verdict}: {judged[0].reason}"
    is_first_part = batch.begun == TRACER + TEN and not batch.of(Verdict.WAITING)
    if is_first_part and judged and batch.of(Verdict.DONE, Verdict.PARKED_FURTHER) <= TRACER:
        return f"none of the {TEN} messages after the tracer took effect"
    return ""


def pausing_reason(batch: Batch, judged: Sequence[BatchItem]) -> str:
    """Return why a batch pauses for a person's decision; "" if it goes on.

    The row of its tracer may be parked by a message that the tracer caused, or by one that was parked before.
    """
    if batch.begun == TRACER and judged and judged[0].verdict is Verdict.PARKED_FURTHER:
        return "the tracer was handled, and its row is still parked by another message; check it, then resume"
    return ""
