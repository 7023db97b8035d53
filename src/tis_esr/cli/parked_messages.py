"""Commands about parked messages: list them, retry or discard them."""

import asyncio
from typing import Annotated

import typer

from tis_esr.commands.command_line import JsonOption, StateOption, command
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.settings import load


@command("tis-esr parked", "tis-esr parked --json", "tis-esr parked --state demo/state.sqlite")
def parked(state: StateOption = None, as_json: JsonOption = False) -> None:
    """List parked messages by reason, with file, row and id."""
    with user_errors_reported():
        from tis_esr.commands.parked import parked as run_

        raise typer.Exit(int(run_(load(), state, as_json=as_json)))


@command(
    "tis-esr redrive --reason 'other content'",
    "tis-esr redrive --reason 'record type' --discard 'ticket 4711'",
    "tis-esr redrive --unfinished --dry-run",
    "tis-esr redrive DE_EOE_RMC_20261124_00000101.DAT",
)
def redrive(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID|FILE]...", help="Ids of parked messages, or one file from ESR."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="Only messages whose reason contains TEXT."),
    ] = None,
    discard: Annotated[
        str | None,
        typer.Option(
            "--discard", metavar="TEXT", help="Discard them instead, with TEXT as the rows' reason."
        ),
    ] = None,
    unfinished: Annotated[
        bool,
        typer.Option(
            "--unfinished", help="All files that are not split, and all parked messages of ESR's files."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; print what --unfinished or FILE would do.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Retry or discard parked messages, or drive again what is unfinished of ESR's files."""
    with user_errors_reported():
        from tis_esr.commands.redrive import redrive as run_
        from tis_esr.commands.redrive_unfinished import file_in, redrive_unfinished

        file = file_in(ids or [])
        if unfinished or file is not None:
            if reason is not None or discard is not None or (unfinished and ids):
                raise UsageError("--unfinished", "goes with no ids, --reason or --discard; so does FILE")
            again = redrive_unfinished(load(), file, state, dry_run=dry_run, as_json=as_json)
            raise typer.Exit(int(asyncio.run(again)))
        if dry_run:
            raise UsageError("--dry-run", "goes with --unfinished or FILE")
        done = run_(load(), ids or [], reason, discard, state, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))
