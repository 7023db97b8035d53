"""Checks the day that a command is run as of, before it does anything."""

from contextlib import closing
from datetime import date
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.terminal import NOTICE, errors
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.as_of import check_day, known_days
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings


def refuse_impossible_day(
    settings: Settings, state: Path | None, day: date, *, dry_run: bool = False
) -> None:
    """Raise UsageError for a day that can't be, and print a note about an unusual one; the store must exist."""
    with closing(reader_of(settings, state)) as reader:
        refuse_day(reader, day, is_live=settings.engine == "production" and state is None, dry_run=dry_run)


def refuse_day(reader: Reader, day: date, *, is_live: bool, dry_run: bool = False) -> None:
    """Do the same with an open reader; for ``is_live`` see check_day."""
    note = check_day(known_days(reader), day, wall_clock.today(), is_live=is_live, dry_run=dry_run)
    if note:
        errors.say(note, label="Note:", style=NOTICE)
