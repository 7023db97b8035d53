"""``tis-esr parked edit``: sends a corrected copy of a parked message."""

from contextlib import closing
from functools import partial
from pathlib import Path

from tis_esr.commands.parked_desk.listing import chosen
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.parked.editing import edit as act
from tis_esr.operations.parked.listing import Choice
from tis_esr.settings import Settings


async def edit(
    settings: Settings, choice: Choice, state: Path | None, body: Path | None, why: str, *, as_json: bool
) -> Exit:
    """Send a copy of one message with the body in a file, or propose it where two people are needed."""
    if settings.edit_parked == "off":
        raise UsageError(
            "edit", "is switched off; an administrator allows it with TIS_ESR_EDIT_PARKED=one or two (people)"
        )
    if len(choice.ids) != 1:
        raise UsageError("ID", "name one message by its id; tis-esr parked lists them")
    if body is None or not why:
        raise UsageError("--body", "give the corrected body with --body FILE, and say why with --why TEXT")
    text = _content(body)
    with closing(reader_of(settings, state)) as reader:
        messages = chosen(reader, choice)
        original = reader.parked_message(*messages[0].identity) if messages else None
    if original is None:
        raise UsageError("ID", "no parked message meets all the conditions; tis-esr parked lists them")
    async with engine_for_operation(settings, state) as runner:
        needs_two = settings.edit_parked == "two"
        step = partial(act, runner, person_of(settings), original, text, why, needs_two=needs_two)
        done = await runner.patiently("the edit", step)
    if as_json:
        print_json(done)
    else:
        say(f"Changed fields: {', '.join(done.changes)}")
        say(
            f"Sent as {done.copy}. The original stays parked: discard it once the copy has taken effect."
            if done.copy
            else "Proposed. Another person has to repeat the command with the same file."
        )
    return Exit.DONE


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError("--body", f"{path}: {error.strerror}") from error
