"""How long audit entries are kept."""

from tis_esr.engine.collection import Between
from tis_esr.engine.protocol import Cursor
from tis_esr.operations.audit.trail import AUDIT, AUDIT_HEAD
from tis_esr.services.cron import LONDON
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step


async def remove_audit_entries(step: Step) -> Cursor | None:
    """Remove the oldest audit entries, in their order and never the newest one, so that the rest is still one chain."""
    heads = await step.work.get(AUDIT_HEAD, ["head"])
    last = heads["head"].number if heads else 0
    after = int(step.after[1]) if step.after else 0
    numbers = Between(after + 1, last)
    found = await step.work.find(AUDIT, {"number": numbers}, order_by=("number",), limit=DOCUMENTS_A_STEP)
    for entry in found:
        if entry.at.astimezone(LONDON).date() >= step.cutoffs.history:
            return None
        step.remove(AUDIT, entry)
    return (str(step.cutoffs.day), str(found[-1].number)) if len(found) == DOCUMENTS_A_STEP else None
