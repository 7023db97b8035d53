"""Lets open batches go on where the command handles the queues itself, as ``tis-esr day`` does."""

from tis_esr.engine.runner import Runner
from tis_esr.operations.batches.advancing import advance_all, has_open
from tis_esr.services.flow import PEOPLE, STAGES, TELLING

_QUEUES = tuple(dict.fromkeys(queue for stage in (*STAGES, PEOPLE, TELLING) for queue in stage))


async def finish_batches(runner: Runner) -> None:
    """Move open batches on and handle what they requeue, until nothing changes. Raises PatienceExhaustedError.

    Messages on queues of files and exports are left to the day.
    """
    if not await runner.patiently("the batches", lambda: has_open(runner.work())):
        return
    await runner.drain(_QUEUES)
    while await runner.patiently("the batches", lambda: advance_all(runner.work)):
        await runner.drain(_QUEUES)
