"""The one program, ``tis-esr``. Each module has the commands of one purpose, with their options."""

import os
from collections.abc import Callable
from typing import Annotated

import typer
from typer.main import get_command

from tis_esr import __version__
from tis_esr.cli import (
    alarms,
    asking,
    auditing,
    backups,
    browser,
    daily_watch,
    looking_ahead,
    manual_exports,
    manual_work,
    parked_messages,
    privacy,
    regions,
    repairs,
    reporting,
    running,
    trying_out,
)
from tis_esr.commands.command_line import app
from tis_esr.commands.terminal import errors, finish, prepare, say
from tis_esr.errors import Exit
from tis_esr.process.logs import log_warnings_only

PURPOSES = (
    trying_out,
    manual_work,
    manual_exports,
    regions,
    repairs,
    running,
    backups,
    alarms,
    parked_messages,
    daily_watch,
    asking,
    auditing,
    browser,
    looking_ahead,
    reporting,
    privacy,
)
"""The modules with the commands, in the order of ``--help``."""

_ORDER = [module.__name__ for module in PURPOSES]
app.registered_commands.sort(key=lambda registered: _ORDER.index(str(registered.callback.__module__)))


def loaded() -> Callable[[], object]:
    """Return the program with all its commands, which takes a while."""
    return get_command(app)


def run(program: Callable[[], object]) -> None:
    """Run the program."""
    os.umask(0o077)
    prepare()
    log_warnings_only()
    try:
        program()
    finally:
        finish()


def _version(wanted: bool) -> None:
    if wanted:
        say(f"tis-esr {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Keep TIS and the NHS Electronic Staff Record (ESR) in step for every doctor in training."""


__all__ = ["PURPOSES", "Exit", "app", "errors", "loaded", "run"]
