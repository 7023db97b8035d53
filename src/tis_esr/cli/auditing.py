"""The command about the audit: who did what, when and why."""

from typing import Annotated

import typer

from tis_esr.commands.command_line import JsonOption, StateOption, command
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.reading_settings import load


@command("tis-esr audit", "tis-esr audit --act parked.look", "tis-esr audit --verify")
def audit(
    last: Annotated[
        int, typer.Option("--last", metavar="N", min=1, max=100_000, help="At most N entries.")
    ] = 50,
    act: Annotated[
        str, typer.Option("--act", metavar="ACT", help="Only entries of this act, e.g. parked.discard.")
    ] = "",
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no entry was changed, added or removed.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what people did and which personal data they saw, newest first."""
    with user_errors_reported():
        from tis_esr.commands.audit import audit as run_

        done = run_(load(), state, last=last, act=act, check=verify, as_json=as_json)
        raise typer.Exit(int(done))
