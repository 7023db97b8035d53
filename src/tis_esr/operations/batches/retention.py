"""How long batches are kept, each together with its messages."""

from tis_esr.engine.protocol import Cursor
from tis_esr.operations.batches.documents import BATCHES, ITEMS
from tis_esr.services.retention.step import Step


async def remove_batches(step: Step) -> Cursor | None:
    """Remove the next batch that last changed before the history's days, with all its messages; one that is open stays.

    They are removed in one transaction, as they were stored: neither is ever kept without the other.
    """
    found = await step.work.written_before(BATCHES, step.cutoffs.history, step.after, 1)
    for _, batch in found:
        if not batch.is_open:
            step.remove(BATCHES, batch)
            for item in await step.work.find(ITEMS, {"batch": batch.id}):
                step.remove(ITEMS, item)
    return found[-1][0] if found else None
