"""The command for people who would rather use a browser."""

from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import StateOption, command, folder_of
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


@command("tis-esr console --demo", "tis-esr console --state demo/state.sqlite", "tis-esr console --port 9000")
def console(
    state: StateOption = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="The port to listen on; 0 picks a free port.",
            show_default="TIS_ESR_CONSOLE_PORT",
        ),
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Show the demo in the folder; without one, run its three days first."),
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            metavar="FOLDER",
            help="With --demo: the folder for the demo's files.",
            show_default="demo",
        ),
    ] = None,
) -> None:
    """Serve the web console until stopped: files, explanations, forecast, checks.

    A demo that is there already is shown as it is; tis-esr demo --days 3 replaces it. A state file is shown on this machine only, by an address that is printed and signs in once. The production engine's
    store is shown to people who sign in at an OIDC provider.
    """
    with user_errors_reported():
        from tis_esr.commands.console import console as run
        from tis_esr.commands.console import console_of_demo

        if demo:
            if state is not None:
                raise UsageError("--demo", "creates a state file of its own; leave out --state")
            raise typer.Exit(int(console_of_demo(load(), folder_of("--dir", folder or Path("demo")), port)))
        if folder is not None:
            raise UsageError("--dir", "is the folder of a demo; give --demo too, or name a --state FILE")
        raise typer.Exit(int(run(load(), state, port)))
