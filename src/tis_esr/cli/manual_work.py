"""Commands that do a day manually, or one step of it: files in, records, files out."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import (
    DayOption,
    DeaneryOption,
    InOption,
    JsonOption,
    OutOption,
    StateOption,
    TcsIfSetOption,
    TcsOption,
    check_state,
    command,
    day_of,
    deaneries_of,
    folder_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.commands.terminal import print_json
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


@command(
    "tis-esr day --in in --out out --tcs http://host:8093/tcs",
    "tis-esr day --in in --out out --tcs http://host:8093/tcs --as-of 2026-11-24",
)
def day(
    inbound: InOption,
    out: OutOption,
    tcs: TcsOption,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Process every file in a folder, export, then exit.

    Safe to repeat: after any interruption run the same command again to continue.
    """
    with user_errors_reported():
        from tis_esr.commands.day import day as run
        from tis_esr.commands.printing import show
        from tis_esr.operations.manual_day import exit_code

        settings = load()
        folders = folder_of("--in", inbound, there=True), folder_of("--out", out)
        if inbound.resolve() == out.resolve():
            raise UsageError("--out", f"{out} is also the folder of --in; use two folders")
        done, summary = run(settings, *folders, tcs, day_of(as_of), state)
        if as_json:
            print_json(summary)
        else:
            show(done, summary)
        raise typer.Exit(int(exit_code(summary)))


@command(
    "tis-esr reconcile",
    "tis-esr reconcile --deanery EOE",
    "tis-esr reconcile --dry-run --as-of 2026-11-25",
)
def reconcile(
    deanery: DeaneryOption = None,
    tcs: TcsIfSetOption = None,
    as_of: DayOption = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Store, write and send nothing; print what this and the day's exports would do."
        ),
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare all positions with TIS and apply the daily rules now. Both run and day do so automatically, once a day.

    Safe to repeat and to interrupt.
    """
    with user_errors_reported():
        from tis_esr.commands.reconcile import reconcile as run

        settings = load()
        deaneries = deaneries_of(deanery)
        check_state(settings, state)
        url = tcs or settings.tcs_url
        if url is None and (dry_run or state is not None or settings.engine == "embedded"):
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL")
        done = run(settings, deaneries, day_of(as_of), state, url or "", dry_run=dry_run, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))


@command("tis-esr ingest in/DE_EOE_RMF_20261124_00004001.DAT")
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files from ESR.")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add files to the ledger and split them into messages, which the next day or run handles."""
    with user_errors_reported():
        from tis_esr.commands.ingest import ingest as run

        settings = load()
        for path in files:
            if problem := _unusable(path):
                raise UsageError("FILE", f"{path}: {problem}")
        raise typer.Exit(int(asyncio.run(run(settings, files, state, as_json=as_json))))


def _unusable(file: Path) -> str:
    """Return why a file named on the command line can't be ingested; "" if it can."""
    from tis_esr.files.file_store import name_fault

    if fault := name_fault(file.name):
        return f"{fault}; rename the file"
    if file.is_file():
        return ""
    if file.is_dir():
        return "is a folder; name the files in it"
    return "is not a regular file" if file.exists() else "no such file"
