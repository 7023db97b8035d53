"""Lists, requeues and discards parked messages."""

import re
from collections.abc import Sequence

import msgspec

from tis_esr.engine.protocol import Engine
from tis_esr.engine.reader_protocol import Trace
from tis_esr.operations.dates import iso


class ParkedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One parked message; ``at`` is when it was sent or parked, in ISO form, "" if that is not stored."""

    id: str
    queue: str
    state: str
    attempts: int
    correlation_id: str
    source_file: str
    row: int
    reason: str
    at: str


def parked_message(trace: Trace) -> ParkedMessage:
    """Return a parked message as it is printed and exported."""
    return ParkedMessage(
        id=trace.id,
        queue=trace.queue,
        state="PARKED",
        attempts=trace.attempts,
        correlation_id=trace.correlation_id,
        source_file=trace.source_file,
        row=trace.row,
        reason=trace.reason,
        at=iso(trace.at),
    )


async def end_parked(engine: Engine, trace: Trace, discard: str | None) -> int:
    """Requeue a parked message, or discard it if a reason is given; return the number of messages affected."""
    key = (trace.queue, trace.id)
    return await (engine.replay([key]) if discard is None else engine.discard([key], discard))


def is_meant(trace: Trace, ids: Sequence[str], reason: str | None) -> bool:
    """Return whether a message has one of these ids (if any) and its reason contains this text, in any letter case."""
    if ids and trace.id not in ids:
        return False
    return reason is None or re.search(re.escape(reason), trace.reason, re.IGNORECASE) is not None
