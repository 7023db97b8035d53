"""Requeues parked messages at once, without a batch: for one message, and for those that a file's repair names."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from tis_esr.engine.envelope import Identity
from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.parked.listing import ParkedMessage

ACT = "parked.retry"
_AT_ONCE: Final = 500


async def retry(runner: Runner, person: Person, messages: Sequence[ParkedMessage], why: str) -> int:
    """Requeue messages in one transaction with its audit entry; return how many were still parked.

    Raises TransientError.
    """
    return await _requeue(runner, person, [message.identity for message in messages], why)


async def retry_all(runner: Runner, person: Person, messages: Sequence[Identity], why: str) -> int:
    """Requeue any number of messages, a part at a time, each part with its audit entry; return how many were still parked.

    It can be interrupted, and repeated. Raises PatienceExhaustedError.
    """
    requeued = 0
    for start in range(0, len(messages), _AT_ONCE):
        part = partial(_requeue, runner, person, messages[start : start + _AT_ONCE], why)
        requeued += await runner.patiently("the retry", part)
    return requeued


async def _requeue(runner: Runner, person: Person, messages: Sequence[Identity], why: str) -> int:
    work = runner.work()
    found = await work.standing(messages)
    parked = [key for key in messages if key in found and found[key].state == "parked"]
    if not parked:
        return 0
    work.requeue(parked)
    await record(work, person, ACT, [id_ for _, id_ in parked], why=why, result=f"{len(parked)} requeued")
    await work.commit()
    return len(parked)
