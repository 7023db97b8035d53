"""``tis-esr batch``: lists and shows batches of retries, pauses, resumes and stops them."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit
from tis_esr.operations.batches.advancing import totals
from tis_esr.operations.batches.control import BatchAct, batch_details, batches, control
from tis_esr.operations.batches.documents import ACTIVE, Batch, BatchItem, Verdict
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.dates import iso, readable
from tis_esr.settings import Settings

_LAST: Final = 20
_EXAMPLES: Final = 5
_OPEN = (Verdict.NOT_BEGUN, Verdict.WAITING)
_UNWELL = (Verdict.PARKED_SAME, Verdict.PARKED_OTHER, Verdict.PARKED_FURTHER)


class BatchReport(msgspec.Struct, frozen=True, kw_only=True):
    """Batches, newest first; of one that is shown also its messages, each with its verdict."""

    batches: list[Batch]
    items: list[BatchItem] = []


def list_batches(settings: Settings, state: Path | None, *, as_json: bool) -> Exit:
    """Print the newest batches."""
    with closing(reader_of(settings, state)) as reader:
        found = batches(reader, _LAST)
    if as_json:
        print_json(BatchReport(batches=found))
    elif not found:
        say("There is no batch; tis-esr parked retry of several messages begins one.")
    else:
        for batch in found:
            _show(batch)
    return Exit.DONE


def show(settings: Settings, batch_id: str, state: Path | None, *, as_json: bool) -> Exit:
    """Print a batch and its verdicts; DONE_WITH_PARKED if a message did not take effect."""
    with closing(reader_of(settings, state)) as reader:
        found = batch_details(reader, batch_id)
    if as_json:
        print_json(BatchReport(batches=[found.batch], items=found.items))
    else:
        _show(found.batch)
        for verdict in Verdict:
            _show_items(verdict, [item for item in found.items if item.verdict is verdict])
    return Exit.DONE_WITH_PARKED if found.batch.of(*_UNWELL) else Exit.DONE


async def act(
    settings: Settings, batch_id: str, what: BatchAct, why: str, state: Path | None, *, as_json: bool
) -> Exit:
    """Pause, resume or stop a batch."""
    async with engine_for_operation(settings, state) as runner:
        step = partial(control, runner, person_of(settings), batch_id, what, why)
        batch = await runner.patiently("the batch", step)
    if as_json:
        print_json(BatchReport(batches=[batch]))
    else:
        _show(batch)
        if batch.of(*_OPEN) and batch.state not in ACTIVE:
            say(
                "What was not begun stays parked; what is in flight is handled and gets its verdict.",
                indent=2,
            )
    return Exit.DONE


def _show(batch: Batch) -> None:
    say(f"{batch.id}  {batch.state}: {batch.why}", style=HEADING)
    started = readable(iso(batch.started_at.timestamp()))
    say(f"Started by {batch.who}, {started}; {counted(batch.total, 'message')} ({batch.choice})", indent=2)
    said = ", ".join(f"{number} {verdict}" for verdict, number in totals(batch).items())
    say(said, label="Verdicts:", indent=2)
    if batch.note:
        say(
            f"{batch.note} ({batch.changed_by})",
            label=f"{str(batch.state).capitalize()}:",
            style=NOTICE,
            indent=2,
        )


def _show_items(verdict: Verdict, items: Sequence[BatchItem]) -> None:
    if not items:
        return
    say(f"{len(items)} {verdict}", indent=2)
    for item in items[:_EXAMPLES]:
        where = f"{item.source_file} row {item.row}  " if item.source_file else ""
        effect = f"  row {item.effect}" if item.effect else ""
        why = f": {item.reason}" if item.reason else ""
        say(f"{where}{item.id}{effect}{why}", indent=4)
    if len(items) > _EXAMPLES:
        say(f"and {len(items) - _EXAMPLES} more; all of them with --json", indent=4)
