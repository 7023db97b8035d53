"""``tis-esr digest``: prints the day in plain words."""

from contextlib import closing
from datetime import date
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.errors import Exit
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.board.day_shown import instead_of_today, shown_as_of
from tis_esr.operations.composition import reader_of
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.digest import digest as digest_of
from tis_esr.settings import Settings


def digest(
    settings: Settings, day: date | None, deanery: str | None, state: Path | None, *, as_json: bool
) -> Exit:
    """Print the digest of a day, today's by default; DONE_WITH_PARKED if somebody must act."""
    with closing(reader_of(settings, state)) as reader:
        clock = wall_clock.now()
        shown, now = shown_as_of(reader, day, clock)
        found = digest_of(reader, day=shown, now=now, terms=terms_of(settings), deanery=deanery)
    if as_json:
        print_json(found)
    else:
        office = f" for {deanery}" if deanery else ""
        if note := instead_of_today(day, shown, clock):
            say(f"{in_words(shown)} is {note}.", style=NOTICE)
        say(f"{found.headline}.", label=f"{in_words(found.day)}{office}:", style=HEADING)
        for line in (*found.sentences, *found.to_do, *found.alarms):
            say(line)
    return Exit.DONE if found.is_good else Exit.DONE_WITH_PARKED
