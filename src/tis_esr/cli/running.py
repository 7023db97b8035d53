"""Commands to install, check, run and maintain the services."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import DayOption, JsonOption, StateOption, check_state, command, day_of
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


def _services(incomplete: str) -> list[str]:
    from tis_esr.services.flow import SERVICES

    return [name for name in SERVICES if name.lower().startswith(incomplete.lower())]


@command("tis-esr install", "tis-esr install --check", "tis-esr install --state tis-esr.sqlite")
def install(
    state: StateOption = None,
    check: Annotated[bool, typer.Option("--check", help="Create nothing; print what is missing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Create the production engine's collections, indexes, exchange and queues; upgrade a store of an earlier release. Safe to repeat."""
    with user_errors_reported():
        from tis_esr.commands.install import set_up

        raise typer.Exit(int(asyncio.run(set_up(load(), state, check=check, as_json=as_json))))


@command("tis-esr doctor", "tis-esr doctor --json")
def doctor(state: StateOption = None, as_json: JsonOption = False) -> None:
    """Print the settings in force and check everything that they name. Changes nothing."""
    with user_errors_reported():
        from tis_esr.commands.doctor import doctor as run_

        settings = load()
        if state is not None:
            check_state(settings, state)
            settings = settings.model_copy(update={"engine": "embedded", "state": state})
        raise typer.Exit(int(asyncio.run(run_(settings, as_json=as_json))))


@command("tis-esr processes", "tis-esr processes --json")
def processes(state: StateOption = None, as_json: JsonOption = False) -> None:
    """List the processes of the installation: version, services, host, last heartbeat."""
    with user_errors_reported():
        from tis_esr.commands.processes import list_processes

        settings = load()
        check_state(settings, state)
        raise typer.Exit(int(list_processes(settings, state, as_json=as_json)))


@command("tis-esr run", "tis-esr run InboundDataReader Reconciliation", "tis-esr run --console")
def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]...", help="Services to run (default: all).", autocompletion=_services
        ),
    ] = None,
    console: Annotated[
        bool, typer.Option("--console", help="Also serve the web console, on TIS_ESR_CONSOLE_PORT.")
    ] = False,
    state: Annotated[Path | None, typer.Option("--state", hidden=True)] = None,
) -> None:
    """Run services until stopped: poll for files, handle messages, export on schedule."""
    with user_errors_reported():
        if state is not None:
            raise UsageError("--state", "is no option of run; set TIS_ESR_STATE to name the state file")
        from tis_esr.process.serving_process import run as run_

        settings = load()
        if not console:
            asyncio.run(run_(settings, services or []))
            return
        from tis_esr.commands.console import console_beside

        asyncio.run(run_(settings, services or [], console_beside(settings)))


@command("tis-esr purge --dry-run", "tis-esr purge --past", "tis-esr purge --as-of 2026-11-24")
def purge(
    as_of: DayOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Remove nothing; print what would be removed.")
    ] = False,
    past: Annotated[
        bool, typer.Option("--past", help="Remove nothing; list past purges, newest first.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove records that are older than their retention. Both run and day do so automatically, once a day."""

    with user_errors_reported():
        from tis_esr.commands.purge import past as list_
        from tis_esr.commands.purge import purge as run_

        settings = load()
        check_state(settings, state)
        if past:
            raise typer.Exit(int(list_(settings, state, as_json=as_json)))
        code = asyncio.run(run_(settings, day_of(as_of), state, dry_run=dry_run, as_json=as_json))
        raise typer.Exit(int(code))
