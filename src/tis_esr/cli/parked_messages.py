"""Commands about parked messages: list them, retry or discard them."""

import asyncio
from typing import Annotated

import typer

from tis_esr.commands.command_line import JsonOption, StateOption, command
from tis_esr.commands.outcome import user_errors_reported
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
)
def redrive(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of parked messages.")
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
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Retry or discard parked messages."""
    with user_errors_reported():
        from tis_esr.commands.redrive import redrive as run_

        done = run_(load(), ids or [], reason, discard, state, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))
