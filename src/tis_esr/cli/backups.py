"""Commands to back up the store, and to restore it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import JsonOption, StateOption, check_state, command, confirmed
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import Exit
from tis_esr.reading_settings import load


@command("tis-esr backup /backups/2026-11-24", "tis-esr backup copy.sqlite --state tis-esr.sqlite")
def backup(
    target: Annotated[
        Path,
        typer.Argument(metavar="TARGET", help="The new folder of a database, or the file of a state file."),
    ],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the store, as of one moment, while processes use it. The copy has personal data."""
    with user_errors_reported():
        from tis_esr.commands.backups import back_up

        settings = load()
        check_state(settings, state)
        raise typer.Exit(int(asyncio.run(back_up(settings, state, target, as_json=as_json))))


@command("tis-esr restore /backups/2026-11-24", "tis-esr restore copy.sqlite --state tis-esr.sqlite --yes")
def restore(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="What tis-esr backup has written.")],
    state: StateOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the store, while no process runs. Exports are withheld until tis-esr recover."""
    with user_errors_reported():
        from tis_esr.commands.backups import restore as run

        settings = load()
        if not yes and not confirmed("Replace the store by the backup?"):
            raise typer.Exit(int(Exit.DONE_WITH_PARKED))
        raise typer.Exit(int(asyncio.run(run(settings, state, source, as_json=as_json))))
