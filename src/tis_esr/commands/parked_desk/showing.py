"""``tis-esr parked show ID``: one message, masked unless a reason is given."""

from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from tis_esr import wall_clock
from tis_esr.commands.parked_desk.listing import chosen, place
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.dates import readable
from tis_esr.operations.parked.details import Details, details, record_look
from tis_esr.operations.parked.listing import Choice
from tis_esr.operations.parked.safety import Safety
from tis_esr.settings import Settings

_SHOWN = 10


async def show(
    settings: Settings, choice: Choice, state: Path | None, *, unmask: bool, why: str, as_json: bool
) -> Exit:
    """Print messages in full. Unmasked ones are recorded in the audit first, with the reason."""
    if not choice.ids:
        raise UsageError("ID", "name the message by its id; tis-esr parked lists them")
    if unmask and not why:
        raise UsageError("--unmask", "say why with --why TEXT; it is recorded in the audit")
    with closing(reader_of(settings, state)) as reader:
        messages = chosen(reader, choice)
    if unmask:
        async with engine_for_operation(settings, state) as runner:
            for message in messages:
                look = partial(record_look, runner, person_of(settings), message, why)
                await runner.patiently("the audit", look)
    with closing(reader_of(settings, state)) as reader:
        found = [details(reader, message, wall_clock.today(), unmask=unmask) for message in messages]
    if as_json:
        print_json(found)
    else:
        for one in found:
            _show(one)
    return Exit.DONE


def _show(one: Details) -> None:
    message = one.message
    say(f"{place(message)}{message.id}", style=HEADING)
    parked_at = f", parked {readable(message.parked_at)}" if message.parked_at else ""
    say(f"{message.queue}, attempt {message.attempts}{parked_at}", indent=2)
    say(message.reason, label="Reason:", indent=2)
    say(f"{one.happened} ({message.cause}). {one.meaning}", label="Cause:", indent=2)
    say(f"{one.who}. {one.action}", label="Who acts:", indent=2)
    say(one.runbook, label="Runbook:", indent=2)
    say(one.safety.sentence, label="Is it safe?", style=NOTICE, indent=2)
    if one.safety.can_retry:
        say(one.retry, indent=2)
    show_known(one.safety)
    label = "Body (personal data masked):" if one.is_masked else "Body:"
    say("", label=label, style=HEADING, indent=2)
    text = msgspec.json.format(msgspec.json.encode(one.payload), indent=2).decode()
    for line in text.splitlines():
        say(line.strip(), indent=4 + len(line) - len(line.lstrip()))


def show_known(safety: Safety) -> None:
    """Print what TCS and ESR have of a message, and its rows."""
    for row in safety.rows[:_SHOWN]:
        why = f": {row.reason}" if row.reason else ""
        say(f"row {row.row} ({row.type}) is {row.state}{why}", label="Row:", indent=2)
    for label, lines in (("TCS has:", safety.in_tcs), ("ESR has:", safety.in_esr)):
        for line in lines[:_SHOWN] or ["nothing"]:
            say(line, label=label, indent=2)
        if len(lines) > _SHOWN:
            say(f"and {len(lines) - _SHOWN} more; see --json", label=label, indent=2)
