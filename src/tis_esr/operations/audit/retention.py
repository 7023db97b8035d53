"""How long audit entries are kept."""

from itertools import takewhile

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.protocol import Cursor
from tis_esr.operations.audit.trail import AUDIT, AUDIT_HEAD, AuditHead
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step
from tis_esr.wall_clock import LONDON


async def remove_audit_entries(step: Step) -> Cursor | None:
    """Remove the oldest audit entries, in their order and never the newest one, so that the rest is still one chain.

    The head keeps where the rest begins: an entry that is removed in another way is missing.
    """
    head = (await step.work.get(AUDIT_HEAD, ["head"])).get("head") or AuditHead()
    first = int(step.after[1]) + 1 if step.after else head.first
    numbers = Between(first, head.number)
    found = await step.work.find(AUDIT, {"number": numbers}, order_by=("number",), limit=DOCUMENTS_A_STEP)
    old = list(takewhile(lambda entry: entry.at.astimezone(LONDON).date() < step.cutoffs.history, found))
    if not old:
        return None
    for entry in old:
        step.remove(AUDIT, entry)
    step.work.put(AUDIT_HEAD, msgspec.structs.replace(head, first=old[-1].number + 1))
    return (str(step.cutoffs.day), str(old[-1].number)) if len(old) == DOCUMENTS_A_STEP else None
