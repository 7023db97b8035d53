"""The operators' commands: install, parked, redrive."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tis_esr.commands.terminal import print_json, say
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import findings_of, install
from tis_esr.engine.reader_protocol import Trace
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import addresses, engine_for_operation, reader_of
from tis_esr.operations.parked_messages import _ended, _meant, parked_message
from tis_esr.services.flow import COLLECTIONS, bindings_only
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE
from tis_esr.settings import Settings

_SHOWN = 40
_EXAMPLES = 3


async def set_up(settings: Settings, *, check: bool, as_json: bool) -> Exit:
    """Create what the production engine needs, or say what is missing; the embedded one needs nothing."""
    if settings.engine == "embedded":
        if as_json:
            print_json({"engine": settings.engine, "created": [], "findings": []})
        else:
            say("The embedded engine creates its state file by itself; nothing to install.")
        return Exit.DONE
    topology = queues(bindings_only())
    findings = await findings_of(addresses(settings), COLLECTIONS, topology) if check else []
    created = [] if check else list(await install(addresses(settings), COLLECTIONS, topology))
    if as_json:
        print_json({"engine": settings.engine, "created": created, "findings": findings})
    elif check:
        for finding in findings:
            say(str(finding))
        say("Something is missing or wrong." if findings else "OK: nothing is missing.")
    else:
        for name in created:
            say(f"created {name}")
        say(
            f"Created: {len(created)}. Nothing else is missing."
            if created
            else "OK: everything existed already."
        )
    return Exit.UNAVAILABLE if findings else Exit.DONE


def parked(settings: Settings, state: Path | None = None, *, as_json: bool) -> Exit:
    """Print the parked messages by reason; DONE_WITH_PARKED where there is any."""
    reader = reader_of(settings, state)
    try:
        found = reader.parked()
    finally:
        reader.close()
    if as_json:
        print_json([parked_message(trace) for trace in found])
    elif not found:
        say("Nothing is parked.")
    else:
        _list(found)
    return Exit.DONE_WITH_PARKED if found else Exit.DONE


def _list(found: Sequence[Trace]) -> None:
    by_reason: dict[tuple[str, str], list[Trace]] = {}
    for trace in found:
        by_reason.setdefault((trace.queue, trace.reason), []).append(trace)
    for (queue, reason), some in sorted(by_reason.items(), key=lambda item: -len(item[1]))[:_SHOWN]:
        say(f"{len(some):>6} {queue}: {reason}")
        for trace in some[:_EXAMPLES]:
            say(f"{trace.source_file} row {trace.row}  {trace.id}", indent=9)
    say(
        "Once the cause is fixed: tis-esr redrive --reason TEXT, or tis-esr redrive ID. To discard: --discard WHY"
    )
    if any(trace.queue == UNREADABLE for trace in found):
        say(f"What is in {UNREADABLE} can't be requeued: ask ESR to send the row again, then --discard WHY")


async def redrive(
    settings: Settings,
    ids: Sequence[str],
    reason: str | None,
    discard: str | None,
    state: Path | None = None,
    *,
    as_json: bool = False,
) -> Exit:
    """Requeue parked messages, or discard them; by id, or all whose reason contains a text."""
    if not ids and reason is None:
        raise UsageError("ID", "name messages by their ids, or give --reason; tis-esr parked lists both")
    if discard is not None and not discard.strip():
        raise UsageError("--discard", "say why: it becomes the reason of the rows")
    reader = reader_of(settings, state)
    try:
        found = [trace for trace in reader.parked() if _meant(trace, ids, reason)]
    finally:
        reader.close()
    readable = [trace for trace in found if trace.queue != UNREADABLE or discard is not None]
    async with engine_for_operation(settings, state) as runner:
        number = 0
        for trace in readable:
            number += await runner.patiently("redrive", partial(_ended, runner.engine, trace, discard))
    left = len(found) - len(readable)
    if as_json:
        requeued, discarded = (number, 0) if discard is None else (0, number)
        print_json({"requeued": requeued, "discarded": discarded, "unreadable": left})
    else:
        say(f"{number} {'requeued' if discard is None else 'discarded'}")
        if not found:
            say("No parked message has such an id or reason; tis-esr parked lists them.")
        if left:
            say(f"{left} can't be requeued: the row itself is unreadable. Ask ESR for it, then --discard WHY")
    return Exit.DONE if number and not left else Exit.DONE_WITH_PARKED
