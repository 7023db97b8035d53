"""Commands that answer questions: about files, placements, posts, positions and people, and about the messages."""

import asyncio
from typing import Annotated

import typer

from tis_esr import wall_clock
from tis_esr.commands.command_line import (
    DayOption,
    JsonOption,
    StateOption,
    command,
    day_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.commands.terminal import print_json
from tis_esr.errors import UsageError
from tis_esr.operations.moments import moment_of
from tis_esr.reading_settings import load


@command(
    "tis-esr files",
    "tis-esr files DE_EOE_RMF_20261124_00004001.DAT",
    "tis-esr files DE_EOE_RMF_20261124_00004001.DAT --settle 'ESR sent it again'",
    "tis-esr files EOE-RMT-4002 --settle 'ESR never wrote it'",
)
def files(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Show only this file, or these missing files, in full."),
    ] = None,
    state: StateOption = None,
    settle: Annotated[
        str | None,
        typer.Option(
            "--settle",
            metavar="TEXT",
            help="Settle the findings of NAME; TEXT records how they were resolved.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the files from ESR with their states and findings, and the files that are missing."""
    with user_errors_reported():
        from tis_esr.commands.files import files as run_
        from tis_esr.commands.files import settle as settle_

        if settle is None:
            raise typer.Exit(int(run_(load(), name, state, as_json=as_json)))
        if name is None:
            raise UsageError("NAME", "name the file, or the missing files, whose findings are to be settled")
        raise typer.Exit(int(asyncio.run(settle_(load(), name, settle, state, as_json=as_json))))


@command(
    "tis-esr why 1900002 --state demo/state.sqlite",
    "tis-esr why EOE/RGT00/800/STR/001",
    "tis-esr why gmc:7200003",
    "tis-esr why DE_EOE_RMC_20261124_00000101.DAT",
    "tis-esr why DE_EOE_RMC_20261124_00000101.DAT:12",
    "tis-esr why alarm:file-missing",
)
def why(
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="A placement id, post number, position number or id, GMC number, file, FILE:ROW, or alarm. A number of"
            " several kinds: placement:N, position:N or gmc:N.",
        ),
    ],
    state: StateOption = None,
    tcs: Annotated[
        str | None,
        typer.Option(
            "--tcs", metavar="URL", help="TCS with its context path.", show_default="TIS_ESR_TCS_URL"
        ),
    ] = None,
    show_values: Annotated[
        str | None,
        typer.Option(
            "--show-values",
            metavar="TEXT",
            help="Show personal values of what has changed; TEXT is the reason, which is audited.",
        ),
    ] = None,
    as_of: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain why a placement, post, position, person, file or row was, or was not, sent or applied, or an alarm raised, and who must act."""
    with user_errors_reported():
        from tis_esr.commands.why import why as run

        settings = load()
        asked = run(settings, word, state, tcs, day_of(as_of), show_values, as_json=as_json)
        raise typer.Exit(int(asyncio.run(asked)))


@command(
    "tis-esr outage --from 2026-11-24T15:52 --to 2026-11-24T18:01",
    "tis-esr outage --from 2026-11-24T15:52 --json",
)
def outage(
    start: Annotated[
        str,
        typer.Option(
            "--from", metavar="TIME", help="The start of the outage, YYYY-MM-DDTHH:MM, London time."
        ),
    ],
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="The end of the outage.", show_default="now")
    ] = None,
    state: StateOption = None,
    as_of: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what an outage between two times delayed and dropped, and why, and what is still open.

    Exit code 1 while something is open.
    """
    with user_errors_reported():
        from tis_esr.commands.outage import outage as run_

        until = moment_of("--to", end) if end is not None else wall_clock.now()
        since = moment_of("--from", start)
        raise typer.Exit(int(run_(load(), since, until, day_of(as_of), state, as_json=as_json)))


@command("tis-esr asyncapi > asyncapi.json")
def asyncapi() -> None:
    """Print the services' messages as an AsyncAPI 3.0 document, in JSON."""
    with user_errors_reported():
        from tis_esr.operations.asyncapi import document

        print_json(document())
