"""What is removed of expectations and waivers: those that have ended before the history's days.

The newest of each stays, so that no number is given twice: the audit names them by it.
"""

from datetime import date

from tis_esr.engine.collection import Between
from tis_esr.engine.protocol import Cursor
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectations import EXPECTATIONS, WAIVERS
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step, end_of


async def remove_expectations(step: Step) -> Cursor | None:
    """Remove versions that were withdrawn or ended before the history's days; one in force stays, whatever its age."""
    day = step.cutoffs.history
    found = await step.work.written_before(EXPECTATIONS, day, step.after, DOCUMENTS_A_STEP)
    known = await step.work.find(EXPECTATIONS, {"type": [kind.value for kind in FileType]})
    newest = max((one.number for one in known), default=0)
    for _, one in found:
        if one.number == newest:
            continue
        if one.withdrawn or (one.valid_until is not None and one.valid_until < day):
            step.remove(EXPECTATIONS, one)
    return end_of(found)


async def remove_waivers(step: Step) -> Cursor | None:
    """Remove waivers whose last day is before the history's days."""
    day = step.cutoffs.history
    found = await step.work.written_before(WAIVERS, day, step.after, DOCUMENTS_A_STEP)
    known = await step.work.find(WAIVERS, {"until": Between(date.min, date.max)})
    newest = max((one.number for one in known), default=0)
    for _, one in found:
        if one.until < day and one.number != newest:
            step.remove(WAIVERS, one)
    return end_of(found)
