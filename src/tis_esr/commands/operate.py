"""The operators' commands: install, parked, redrive."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tis_esr.commands.outcome import Exit, UsageError, console
from tis_esr.commands.printing import print_json, say
from tis_esr.commands.system import addresses, at_the_desk, reader_of
from tis_esr.engine.production.checks import findings_of, install
from tis_esr.engine.production.topology import queues
from tis_esr.engine.protocol import Engine
from tis_esr.engine.reading import Trace
from tis_esr.services.flow import COLLECTIONS, bindings_only
from tis_esr.services.inbound_data_reader import UNREADABLE
from tis_esr.settings import Settings

_SHOWN = 40


async def set_up(settings: Settings, *, check: bool) -> Exit:
    """Make what the production engine needs, or say what is missing; the embedded one needs nothing."""
    if settings.engine == "embedded":
        console.print("The embedded engine makes its state file by itself; nothing to install.")
        return Exit.DONE
    topology = queues(bindings_only())
    if check:
        findings = await findings_of(addresses(settings), COLLECTIONS, topology)
        for finding in findings:
            console.print(str(finding), markup=False, highlight=False, soft_wrap=True)
        console.print("Something is missing or wrong." if findings else "Everything is there.")
        return Exit.UNAVAILABLE if findings else Exit.DONE
    made = await install(addresses(settings), COLLECTIONS, topology)
    for name in made:
        console.print(f"made {name}", highlight=False)
    console.print(f"{len(made)} made; everything is there." if made else "Everything was there already.")
    return Exit.DONE


def parked(settings: Settings, state: Path | None = None, *, as_json: bool) -> Exit:
    """Print what waits for a person, by reason; DONE_WITH_PARKED where anything does."""
    reader = reader_of(settings, state)
    try:
        found = reader.parked()
    finally:
        reader.close()
    if as_json:
        print_json(found)
        return Exit.DONE_WITH_PARKED if found else Exit.DONE
    if not found:
        console.print("Nothing is parked.")
        return Exit.DONE
    by_reason: dict[tuple[str, str], list[Trace]] = {}
    for trace in found:
        by_reason.setdefault((trace.queue, trace.reason), []).append(trace)
    for (queue, reason), some in sorted(by_reason.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
        console.print(f"{len(some):>6} {queue}: {reason}", markup=False, highlight=False, soft_wrap=True)
        for trace in some[:3]:
            place = f"{trace.source_file} row {trace.row}"
            console.print(f"         {place}  {trace.id}", markup=False, highlight=False, soft_wrap=True)
    say(
        "Once the cause is mended: tis-esr redrive --reason TEXT, or tis-esr redrive ID; to give up: --discard WHY"
    )
    if any(trace.queue == UNREADABLE for trace in found):
        say(
            f"What is in {UNREADABLE} can't be handled again: ask ESR to send the row again, then --discard WHY"
        )
    return Exit.DONE_WITH_PARKED


async def redrive(
    settings: Settings,
    ids: Sequence[str],
    reason: str | None,
    discard: str | None,
    state: Path | None = None,
) -> Exit:
    """Have parked messages handled again, or give them up; by id, or all whose reason holds a text."""
    if not ids and reason is None:
        raise UsageError("ID", "name messages by their ids, or give --reason; tis-esr parked lists both")
    if discard is not None and not discard.strip():
        raise UsageError("--discard", "say why, for the rows that it ends")
    reader = reader_of(settings, state)
    try:
        found = [trace for trace in reader.parked() if _meant(trace, ids, reason)]
    finally:
        reader.close()
    readable = [trace for trace in found if trace.queue != UNREADABLE or discard is not None]
    async with at_the_desk(settings, state) as runner:
        number = 0
        for trace in readable:
            number += await runner.patiently("redrive", partial(_ended, runner.engine, trace, discard))
    console.print(f"{number} {'to be handled again' if discard is None else 'given up'}", highlight=False)
    if not found:
        say("No parked message has such an id or reason; tis-esr parked lists them.")
    if len(readable) < len(found):
        left = len(found) - len(readable)
        console.print(f"{left} can't be: the row itself is unreadable. Ask ESR for it, then --discard WHY")
    return Exit.DONE if number and len(readable) == len(found) else Exit.DONE_WITH_PARKED


async def _ended(engine: Engine, trace: Trace, discard: str | None) -> int:
    key = (trace.queue, trace.id)
    return await (engine.replay([key]) if discard is None else engine.discard([key], discard))


def _meant(trace: Trace, ids: Sequence[str], reason: str | None) -> bool:
    if ids and trace.id not in ids:
        return False
    return reason is None or re.search(re.escape(reason), trace.reason, re.IGNORECASE) is not None
