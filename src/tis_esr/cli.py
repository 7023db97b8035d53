"""The one program, ``tis-esr``: its commands and their options."""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tis_esr import __version__
from tis_esr.commands.command_line import (
    DayOption,
    InOption,
    JsonOption,
    OutOption,
    StateOption,
    TcsOption,
    app,
    command,
    day_of,
    folder_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.commands.terminal import errors, finish, prepare, print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.process.logs import log_warnings_only
from tis_esr.records.file_names import DEANERIES
from tis_esr.settings import load


def main() -> None:
    """Run the program."""
    os.umask(0o077)
    prepare()
    log_warnings_only()
    try:
        app()
    finally:
        finish()


def _version(wanted: bool) -> None:
    if wanted:
        say(f"tis-esr {__version__}")
        raise typer.Exit


def _deaneries(incomplete: str) -> list[str]:
    return [name for name in DEANERIES if name.startswith(incomplete.upper())]


def _services(incomplete: str) -> list[str]:
    from tis_esr.services.flow import SERVICES

    return [name for name in SERVICES if name.lower().startswith(incomplete.lower())]


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Keep TIS and the NHS Electronic Staff Record (ESR) in step for every doctor in training."""


@command("tis-esr demo", "tis-esr demo --dir /tmp/demo --as-of 2026-11-24", "tis-esr demo --days 3")
def demo(
    folder: Annotated[
        Path, typer.Option("--dir", metavar="FOLDER", help="The folder for the demo's files.")
    ] = Path("demo"),
    as_of: DayOption = None,
    days: Annotated[
        int,
        typer.Option(
            "--days",
            min=1,
            max=3,
            metavar="N",
            help="Number of days; after the first, a simulated ESR answers.",
            show_default=True,
        ),
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Run a whole interface day on generated data: files in, TIS updated, files out.

    TCS is simulated. The folder of an earlier demo is replaced. The exit code is 1: some rows are parked on purpose.
    """
    with user_errors_reported():
        from tis_esr.commands.demo import demo as run

        code = run(load(), folder_of("--dir", folder), day_of(as_of), days, as_json=as_json)
        raise typer.Exit(int(code))


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


@command("tis-esr synthesize --out day", "tis-esr synthesize --out big --deaneries 13 --posts 5000")
def synthesize(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The new folder to write to.")],
    deaneries: Annotated[
        int, typer.Option(min=1, max=13, metavar="N", help="Number of deaneries.", show_default=True)
    ] = 2,
    posts: Annotated[
        int, typer.Option(min=40, metavar="N", help="Number of posts over all deaneries.", show_default=True)
    ] = 120,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed gives the same files.", show_default=True)
    ] = 7,
    as_of: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Generate a day's files from ESR, the TCS data that fit them, and the expected outcome."""
    with user_errors_reported():
        import msgspec

        from tis_esr.commands.progress import progress
        from tis_esr.simulation.days.generate import synthesize as run

        if folder_of("--out", out).exists() and any(out.iterdir()):
            raise UsageError("--out", f"{out} is not empty; name a new folder")
        with progress() as bars:
            bar = bars.stage("Generating", "posts", total=posts)
            made = run(
                deaneries=deaneries,
                posts=posts,
                seed=seed,
                out=out,
                as_of=day_of(as_of),
                progress=bar.update,
            )
        places = {"in": out / "in", "tcs": out / "tcs", "expected": out / "expected.json"}
        if as_json:
            print_json({**{name: str(path) for name, path in places.items()}, **msgspec.to_builtins(made)})
            return
        say(f"Files from ESR: {places['in']} ({len(made.files)} files, {made.rows:,} rows)")
        say(f"TCS data: {places['tcs']} ({made.posts:,} posts)")
        say(f"Expected outcome: {places['expected']}")


@command("tis-esr tcs-simulator --data day/tcs", name="tcs-simulator")
def tcs_simulator(
    data: Annotated[
        Path,
        typer.Option("--data", metavar="FOLDER", help="The folder with posts.jsonl, placements.jsonl, ..."),
    ],
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, metavar="PORT", help="0 picks a free port.", show_default=True),
    ] = 8093,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to listen on.", show_default=True)
    ] = "127.0.0.1",
) -> None:
    """Serve TCS's REST API from a folder of data until stopped."""
    with user_errors_reported():
        from tis_esr.simulation.tcs.server import serve

        folder_of("--data", data, there=True)
        if not any(data.glob("*.jsonl")):
            raise UsageError(
                "--data", f"{data} has no posts.jsonl, placements.jsonl, ...; name a folder that has them"
            )
        asyncio.run(serve(data, port, host=host, on_ready=lambda url: say(f"TCS simulator at {url}")))


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


class Exported(StrEnum):
    """What can be exported."""

    APPLICANTS = "applicants"
    NOTIFICATIONS = "notifications"


@command(
    "tis-esr export applicants --dry-run",
    "tis-esr export notifications --deanery EOE",
    "tis-esr export notifications --full --deanery EOE",
    "tis-esr export applicants --resend DE_EOE_APP_20261124_00000008.DAT",
)
def export(
    what: Annotated[
        Exported, typer.Argument(metavar="applicants|notifications", help="What to export: APP or DNC files.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FOLDER", help="The folder for the files to ESR.", show_default=True),
    ] = Path("out"),
    deanery: Annotated[
        str | None,
        typer.Option(
            "--deanery",
            metavar="CODE",
            help="Only this deanery, e.g. EOE.",
            show_default="all 13",
            autocompletion=_deaneries,
        ),
    ] = None,
    as_of: DayOption = None,
    state: StateOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write and store nothing; print what would be exported.")
    ] = False,
    resend: Annotated[
        str | None,
        typer.Option(
            "--resend",
            metavar="FILE",
            help="Resend the rows of this APP file that ESR rejected or did not confirm in time.",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="ROWS", help="Only these rows of FILE, e.g. 3,5-7.")
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Write a DNF: who is in every live position of the deanery now and next."
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --full: even if nothing is new since the last DNF.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the day's applicant or notification files from the records that are to be exported."""
    with user_errors_reported():
        from tis_esr.commands.export import export as run

        settings = load()
        folder_of("--out", out)
        place = state or settings.state
        if (state or settings.engine == "embedded") and not place.exists():
            raise UsageError("--state", f"{place}: no such state file; tis-esr day --state FILE creates it")
        if only is not None and resend is None:
            raise UsageError("--only", "needs --resend: name the file of the rows")
        if resend is not None:
            from tis_esr.commands.resend import resend as send_again
            from tis_esr.operations.resending import rows_of

            if what is not Exported.APPLICANTS or deanery is not None:
                raise UsageError(
                    "--resend", "is for applicants, and without --deanery: the file's name has the deanery"
                )
            rows = None if only is None else rows_of(only)
            resending = send_again(
                settings, resend, rows, out, day_of(as_of), state, dry_run=dry_run, as_json=as_json
            )
            asyncio.run(resending)
            return
        if again and not full:
            raise UsageError("--again", "needs --full")
        if full:
            from tis_esr.commands.full_file import export_full

            if what is not Exported.NOTIFICATIONS:
                raise UsageError("--full", "is for notifications")
            whole = export_full(
                settings, deanery, out, day_of(as_of), state, again=again, dry_run=dry_run, as_json=as_json
            )
            asyncio.run(whole)
            return
        made = run(settings, what.value, out, deanery, day_of(as_of), state, dry_run=dry_run, as_json=as_json)
        asyncio.run(made)


@command("tis-esr run", "tis-esr run InboundDataReader Reconciliation")
def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]...", help="Services to run (default: all).", autocompletion=_services
        ),
    ] = None,
) -> None:
    """Run services until stopped: poll for files, handle messages, export on schedule."""
    with user_errors_reported():
        from tis_esr.process.serving_process import run as run_

        asyncio.run(run_(load(), services or []))


@command("tis-esr install", "tis-esr install --check")
def install(
    check: Annotated[bool, typer.Option("--check", help="Create nothing; print what is missing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Create the production engine's collections, indexes, exchange and queues. Safe to repeat."""
    with user_errors_reported():
        from tis_esr.commands.install import set_up

        raise typer.Exit(int(asyncio.run(set_up(load(), check=check, as_json=as_json))))


@command("tis-esr doctor", "tis-esr doctor --json")
def doctor(as_json: JsonOption = False) -> None:
    """Print the settings in force and check everything that they name. Changes nothing."""
    with user_errors_reported():
        from tis_esr.commands.doctor import doctor as run_

        raise typer.Exit(int(asyncio.run(run_(load(), as_json=as_json))))


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
        place = state or settings.state
        if (state or settings.engine == "embedded") and not place.exists():
            raise UsageError("--state", f"{place}: no such state file; tis-esr day --state FILE creates it")
        if past:
            raise typer.Exit(int(list_(settings, state, as_json=as_json)))
        code = asyncio.run(run_(settings, day_of(as_of), state, dry_run=dry_run, as_json=as_json))
        raise typer.Exit(int(code))


@command("tis-esr why 1900002 --state demo/state.sqlite", "tis-esr why EOE/RGT00/800/STR/001")
def why(
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD", help="A placement id, post number, position number or id, or GMC number."
        ),
    ],
    state: StateOption = None,
    tcs: Annotated[
        str | None,
        typer.Option(
            "--tcs", metavar="URL", help="TCS with its context path.", show_default="TIS_ESR_TCS_URL"
        ),
    ] = None,
    as_of: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain why a placement, post, position or person was, or was not, sent to ESR, and who must act."""
    with user_errors_reported():
        from tis_esr.commands.why import why as run

        settings = load()
        raise typer.Exit(int(asyncio.run(run(settings, word, state, tcs, day_of(as_of), as_json=as_json))))


@command("tis-esr asyncapi > asyncapi.json")
def asyncapi() -> None:
    """Print the services' messages as an AsyncAPI 3.0 document, in JSON."""
    with user_errors_reported():
        from tis_esr.operations.asyncapi import document

        print_json(document())


__all__ = ["Exit", "app", "errors", "main"]
