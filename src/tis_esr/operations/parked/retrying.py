"""Requeues parked messages at once, without a batch: for one message, and for those that a file's repair names."""

from collections.abc import Sequence

from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.parked.listing import ParkedMessage

ACT = "parked.retry"


async def retry(runner: Runner, person: Person, messages: Sequence[ParkedMessage], why: str) -> int:
    """Requeue messages in one transaction with its audit entry; return how many were still parked.

    Raises TransientError.
    """
    work = runner.work()
    found = await work.standing([message.identity for message in messages])
    states = {key: standing.state for key, standing in found.items()}
    parked = [message for message in messages if states.get(message.identity) == "parked"]
    if not parked:
        return 0
    work.requeue([message.identity for message in parked])
    ids = [message.id for message in parked]
    await record(work, person, ACT, ids, why=why, result=f"{len(ids)} requeued")
    await work.commit()
    return len(parked)
