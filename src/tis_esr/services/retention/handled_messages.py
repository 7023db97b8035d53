"""Handled messages, parked messages that were not handled in time, and rows of inbound files."""

import msgspec

from tis_esr.engine.protocol import Cursor
from tis_esr.engine.row_accounting import RowState
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, FileState, InboundFile
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step, end_of

_PARKED_A_STEP = 50
_MESSAGES_A_STEP = 500
ROWS_A_STEP = 500
MESSAGES, PARKED, ROWS = "messages", "parked", "rows"
NOBODY_DEALT_WITH = "not handled within keep_personal_days"
_OPEN = (RowState.PENDING, RowState.PARKED)


async def discard_parked(step: Step) -> Cursor | None:
    """Discard messages that have been parked for keep_personal_days; their rows get that reason."""
    day = step.cutoffs.personal
    found = await step.engine.handled_before(day, step.after, _PARKED_A_STEP, parked=True)
    step.work.discard((old.identity for old in found), NOBODY_DEALT_WITH)
    step.removed[PARKED] += len(found)
    return found[-1].cursor if len(found) == _PARKED_A_STEP else None


async def forget_messages(step: Step) -> Cursor | None:
    """Remove messages that took effect long ago: a duplicate can no longer arrive."""
    day = step.cutoffs.messages
    found = await step.engine.handled_before(day, step.after, _MESSAGES_A_STEP, parked=False)
    step.work.forget(old.identity for old in found)
    step.removed[MESSAGES] += len(found)
    return found[-1].cursor if len(found) == _MESSAGES_A_STEP else None


def _is_ended(file: InboundFile, step: Step) -> bool:
    """Return whether no more of the file can be split: a held one can, until it is older than the ledger."""
    if file.state is FileState.HELD:
        return bool(file.rows) and file.day is not None and file.day < step.cutoffs.history
    return bool(file.rows) and file.state not in UNDER_WAY


async def forget_rows(step: Step) -> Cursor | None:
    """Remove the rows of the next old file, in parts; the ledger keeps their number by state.

    A file with a row that is pending or parked keeps all of them. Its rows are counted once, before the first goes.
    """
    found = await step.work.written_before(FILES, step.cutoffs.messages, step.after, DOCUMENTS_A_STEP)
    before = step.after or ("", "")
    for cursor, file in found:
        if file.rows_gone or file.copy or not _is_ended(file, step):
            before = cursor
            continue
        is_begun = bool(file.row_states) and not step.is_dry_run
        states = {} if is_begun else await step.engine.row_states(file.name)
        if any(state in states for state in _OPEN):
            before = cursor
            continue
        rows = await step.engine.rows_of(file.name, 0, ROWS_A_STEP)
        if step.is_dry_run:
            step.removed[ROWS] += sum(states.values())
            continue
        kept = file.row_states or {state.value: number for state, number in states.items()}
        is_last = len(rows) < ROWS_A_STEP
        changed = msgspec.structs.replace(file, row_states=kept, rows_gone=is_last, asg_head=[])
        step.work.put(FILES, changed, written_on=cursor[0])
        step.work.forget([], ((file.name, row) for row in rows))
        step.removed[ROWS] += len(rows)
        return cursor if is_last else before
    return end_of(found)
