"""Commands for requests of the people whose data is stored: export and erasure."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import DayOption, JsonOption, StateOption, command, day_of
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


class Request(StrEnum):
    """What is done with what is stored about a person."""

    EXPORT = "export"
    ERASE = "erase"


@command(
    "tis-esr person export --gmc 7200003 --why 'ticket 4711' --out person.json",
    "tis-esr person erase --gmc 7200003 --why 'ticket 4711' --dry-run",
    "tis-esr person erase --gmc 7200003 --why 'ticket 4711'",
)
def person(
    request: Annotated[Request, typer.Argument(help="What to do with what is stored about the person.")],
    gmc: Annotated[str, typer.Option("--gmc", metavar="NUMBER", help="The person's GMC number.")],
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="The reason, which is audited; no personal data.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Export: the new file, readable by its owner only."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Erase: only say what would be erased, and what would be kept.")
    ] = False,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export or erase everything stored about a person, for a subject request; audited.

    Erasing keeps what is still needed, and says why. Exit code 1 if something is kept, or nothing is stored.
    """
    with user_errors_reported():
        from tis_esr.commands.person_requests import erase, export

        if request is Request.EXPORT:
            if out is None:
                raise UsageError("--out", "name the file to write")
            if dry_run or as_json:
                option = "--dry-run" if dry_run else "--json"
                raise UsageError(option, "is for tis-esr person erase; an export is a JSON file")
            raise typer.Exit(int(asyncio.run(export(load(), gmc, why, out, state, day_of(as_of)))))
        if out is not None:
            raise UsageError("--out", "is for tis-esr person export")
        done = erase(load(), gmc, why, state, day_of(as_of), dry_run=dry_run, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))
