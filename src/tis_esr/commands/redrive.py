"""``tis-esr redrive``: requeues or discards parked messages at once, without a batch."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from tis_esr.commands.parked_desk.listing import now
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.parked.discarding import Remark
from tis_esr.operations.parked.discarding import discard as discard_messages
from tis_esr.operations.parked.listing import Choice, parked_messages
from tis_esr.operations.parked.retrying import retry
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE
from tis_esr.settings import Settings


async def redrive(
    settings: Settings,
    ids: Sequence[str],
    reason: str | None,
    discard: str | None,
    state: Path | None = None,
    *,
    as_json: bool = False,
) -> Exit:
    """Requeue or discard parked messages: by id, or all whose reason contains a text."""
    if not ids and reason is None:
        raise UsageError("ID", "name messages by their ids, or give --reason; tis-esr parked lists both")
    if discard is not None and not discard.strip():
        raise UsageError("--discard", "say why: the text becomes the reason of the rows")
    with closing(reader_of(settings, state)) as reader:
        found = parked_messages(reader, Choice(ids=list(ids), reason=reason or ""), now())
    readable = [message for message in found if message.queue != UNREADABLE or discard is not None]
    person = person_of(settings)
    async with engine_for_operation(settings, state) as runner:
        number = 0
        for message in readable:
            if discard is None:
                step = partial(retry, runner, person, [message], "redrive")
            else:
                step = partial(discard_messages, runner, person, [message], Remark(why=discard))
            number += await runner.patiently("redrive", step)
    left = len(found) - len(readable)
    if as_json:
        requeued, discarded = (number, 0) if discard is None else (0, number)
        print_json({"requeued": requeued, "discarded": discarded, "unreadable": left})
    else:
        say(f"{number} {'requeued' if discard is None else 'discarded'}")
        if not found:
            say("No parked message has this id or reason; tis-esr parked lists them.")
        if left:
            say(
                f"{left} can't be requeued: the row is unreadable. Ask ESR to send it again, then use --discard TEXT"
            )
    return Exit.DONE if number and not left else Exit.DONE_WITH_PARKED
