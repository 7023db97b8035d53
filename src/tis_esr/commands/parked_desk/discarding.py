"""``tis-esr parked discard``: discards messages with a reason, a ticket and a day of review."""

from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import msgspec

from tis_esr import wall_clock
from tis_esr.commands.parked_desk.listing import chosen
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.dates import day as written
from tis_esr.operations.parked.discarding import Remark
from tis_esr.operations.parked.discarding import discard as act
from tis_esr.operations.parked.listing import Choice
from tis_esr.settings import Settings

_AT_ONCE = 500


class DiscardReport(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages were discarded, or with ``dry_run`` would be."""

    discarded: int
    dry_run: bool


async def discard(
    settings: Settings, choice: Choice, state: Path | None, remark: Remark, *, dry_run: bool, as_json: bool
) -> Exit:
    """Discard what is chosen; their rows become ignored with the remark."""
    if choice.is_everything:
        raise UsageError("ID", "name messages by their ids, or give --cause, --file, --deanery or --reason")
    _refuse_incomplete(remark)
    with closing(reader_of(settings, state)) as reader:
        messages = chosen(reader, choice)
    number = len(messages) if dry_run else 0
    if messages and not dry_run:
        async with engine_for_operation(settings, state) as runner:
            for start in range(0, len(messages), _AT_ONCE):
                some = messages[start : start + _AT_ONCE]
                step = partial(act, runner, person_of(settings), some, remark)
                number += await runner.patiently("the discard", step)
    if as_json:
        print_json(DiscardReport(discarded=number, dry_run=dry_run))
    elif dry_run:
        say(f"{number} would be discarded; nothing was changed.")
    else:
        review = (
            f" Review on {written(remark.review_on)}: tis-esr parked list --discarded"
            if remark.review_on
            else ""
        )
        say(f"{number} discarded.{review if number else ''}")
    return Exit.DONE if number else Exit.DONE_WITH_PARKED


def _refuse_incomplete(remark: Remark) -> None:
    if not remark.why:
        raise UsageError("--why", "say why they are discarded: the text becomes the reason of the rows")
    if not remark.ticket:
        raise UsageError("--ticket", "name the ticket under which this is tracked")
    if remark.review_on is None:
        raise UsageError("--review", "give the day on which the outcome is checked, as 2026-12-24")
    if remark.review_on < wall_clock.today():
        raise UsageError("--review", f"{remark.review_on} is in the past; give today or a later day")


def review_day(text: str | None) -> date | None:
    """Return the day of review. Raises UsageError."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("--review", f"{text!r} is not a valid date; write it as 2026-12-24") from None
