"""Commands to back up the store, and to restore it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import JsonOption, StateOption, check_state, command, confirmed
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import Exit, UsageError
from tis_esr.reading_settings import load


@command("tis-esr backup /backups/2026-11-24", "tis-esr backup copy.sqlite --state tis-esr.sqlite")
def backup(
    target: Annotated[
        Path,
        typer.Argument(metavar="TARGET", help="A new folder for a database, a new file for a state file."),
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


@command(
    "tis-esr restore /backups/2026-11-24",
    "tis-esr restore copy.sqlite --state tis-esr.sqlite --yes",
    "tis-esr restore --already-restored",
)
def restore(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="SOURCE", help="What tis-esr backup has written.", show_default=False),
    ] = None,
    state: StateOption = None,
    already: Annotated[
        bool,
        typer.Option(
            "--already-restored",
            help="The store was restored with other tools, MongoDB's own for example: do the rest.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the store, while no process runs. Exports are withheld until tis-esr recover."""
    with user_errors_reported():
        from tis_esr.commands.backups import restore as run

        if (source is None) is not already:
            raise UsageError("SOURCE", "name the backup, or use --already-restored, not both")
        settings = load()
        if already:
            check_state(settings, state)
        question = (
            "Withhold exports, and purge RabbitMQ's queues?"
            if already
            else "Replace the store by the backup?"
        )
        if not yes and not confirmed(question):
            raise typer.Exit(int(Exit.DONE_WITH_PARKED))
        raise typer.Exit(int(asyncio.run(run(settings, state, source, as_json=as_json))))
