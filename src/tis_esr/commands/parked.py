"""``tis-esr parked``: lists parked messages by reason."""

from collections.abc import Sequence
from pathlib import Path

from tis_esr.commands.terminal import print_json, say
from tis_esr.engine.reader_protocol import Trace
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of
from tis_esr.operations.parked_messages import parked_message
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE
from tis_esr.settings import Settings

_SHOWN = 40
_EXAMPLES = 3


def parked(settings: Settings, state: Path | None = None, *, as_json: bool) -> Exit:
    """Print the parked messages by reason; DONE_WITH_PARKED if there are any."""
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
            say(f"{_place(trace)}{trace.id}", indent=9)
    say(
        "Once the cause is fixed: tis-esr redrive --reason TEXT, or tis-esr redrive ID. To discard: --discard TEXT"
    )
    if any(trace.queue == UNREADABLE for trace in found):
        say(
            f"Messages in {UNREADABLE} can't be requeued: ask ESR to send the row again, then use --discard TEXT"
        )


def _place(trace: Trace) -> str:
    return f"{trace.source_file} row {trace.row}  " if trace.source_file else ""
