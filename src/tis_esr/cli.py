"""The one program, ``tis-esr``: its commands and their options."""

import asyncio
import os
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tis_esr import __version__
from tis_esr.commands.logs import quietly
from tis_esr.commands.outcome import Exit, UsageError, console, errors, told_plainly
from tis_esr.commands.printing import print_json
from tis_esr.settings import load

app = typer.Typer(
    name="tis-esr",
    help="Keeps TIS and the NHS Electronic Staff Record in step about every doctor in training.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

_YEARS = range(2000, 2100)
StateOption = Annotated[Path | None, typer.Option("--state", help="The embedded engine's SQLite file.")]
DayOption = Annotated[
    str | None, typer.Option("--as-of", help="The day that is today for every rule, YYYY-MM-DD.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
TcsOption = Annotated[str, typer.Option("--tcs", help="TCS with its context path, e.g. http://host:8093/tcs")]


def main() -> None:
    """Run the program."""
    os.umask(0o077)
    quietly()
    app()


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"tis-esr {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps TIS and the NHS Electronic Staff Record in step about every doctor in training."""


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo's files go.")] = Path("demo"),
    as_of: DayOption = None,
    days: Annotated[
        int, typer.Option(min=1, max=3, help="Days of conversation with a simulated ESR, up to 3.")
    ] = 1,
) -> None:
    """Run a whole interface day on generated data: files in, TIS updated, files out."""
    from tis_esr.commands.demo import demo as run

    with told_plainly():
        raise typer.Exit(int(run(load(), _folder("--dir", folder), _day(as_of), days)))


@app.command()
def day(
    inbound: Annotated[Path, typer.Option("--in", help="The folder with the files from ESR.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the files to ESR.")],
    tcs: TcsOption,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a folder's files through everything to the end, export, and stop. Safe to repeat."""
    from tis_esr.commands.day import day as run
    from tis_esr.commands.day import exit_code
    from tis_esr.commands.printing import show

    with told_plainly():
        settings = load()
        folders = _folder("--in", inbound, there=True), _folder("--out", out)
        done, summary = run(settings, *folders, tcs, _day(as_of), state)
        if as_json:
            print_json(summary)
        else:
            show(done, summary)
        raise typer.Exit(int(exit_code(done, summary)))


@app.command()
def synthesize(
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")],
    deaneries: Annotated[int, typer.Option(min=1, max=13, help="How many deaneries.")] = 2,
    posts: Annotated[int, typer.Option(min=40, help="How many posts over all deaneries.")] = 120,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 7,
    as_of: DayOption = None,
) -> None:
    """Make a day's files from ESR, the TCS data that fit them, and what should come of it."""
    from tis_esr.synthetic.generate import synthesize as run

    with told_plainly():
        if _folder("--out", out).exists() and any(out.iterdir()):
            raise UsageError("--out", f"{out} isn't empty; give a new folder")
        run(deaneries=deaneries, posts=posts, seed=seed, out=out, as_of=_day(as_of))
        console.print(
            f"Files from ESR: {out / 'in'}\nTCS data: {out / 'tcs'}\nExpected: {out / 'expected.json'}"
        )


@app.command("tcs-simulator")
def tcs_simulator(
    data: Annotated[Path, typer.Option("--data", help="The folder with posts.jsonl, placements.jsonl, ...")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8093,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve TCS's contract on a folder of data, until stopped."""
    from tis_esr.tcs.simulator.running import serve

    with told_plainly():
        _folder("--data", data, there=True)
        asyncio.run(
            serve(data, port, host=host, on_ready=lambda url: print(f"TCS simulator at {url}", flush=True))
        )


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="Files from ESR.")],
    state: StateOption = None,
) -> None:
    """Take files into the ledger and split them into messages; the next day or run does the rest."""
    from tis_esr.commands.ingest import ingest as run

    with told_plainly():
        settings = load()
        for path in files:
            if not path.is_file():
                problem = "is a folder; name the files in it" if path.is_dir() else "there is no such file"
                raise UsageError("FILE", f"{path}: {problem}")
        raise typer.Exit(int(asyncio.run(run(settings, files, state))))


class Exported(StrEnum):
    """What can be exported."""

    APPLICANTS = "applicants"
    NOTIFICATIONS = "notifications"


@app.command()
def export(
    what: Annotated[Exported, typer.Argument()],
    out: Annotated[Path, typer.Option("--out", help="The folder for the files to ESR.")] = Path("out"),
    deanery: Annotated[str | None, typer.Option("--deanery", help="Only this one, e.g. EOE.")] = None,
    as_of: DayOption = None,
    state: StateOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many rows would go.")] = False,
) -> None:
    """Write the day's applicant or notification files from what is waiting to go."""
    from tis_esr.commands.export import export as run

    with told_plainly():
        settings = load()
        _folder("--out", out)
        place = state or settings.state
        if (state or settings.engine == "embedded") and not place.exists():
            raise UsageError("--state", f"{place}: there is no such file; run a day with it first")
        asyncio.run(run(settings, what.value, out, deanery, _day(as_of), state, dry_run=dry_run))


@app.command()
def run(
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]...", help="Which services; all where none is named."),
    ] = None,
) -> None:
    """Run services until stopped: take files as they come, handle messages, export on schedule."""
    from tis_esr.commands.run import run as run_

    with told_plainly():
        asyncio.run(run_(load(), services or []))


@app.command()
def install(
    check: Annotated[bool, typer.Option("--check", help="Only say what is missing.")] = False,
) -> None:
    """Make the production engine's collections, indexes, exchange and queues. Safe to repeat."""
    from tis_esr.commands.operate import set_up

    with told_plainly():
        raise typer.Exit(int(asyncio.run(set_up(load(), check=check))))


@app.command()
def doctor() -> None:
    """Print the settings in force and look at everything that they name."""
    from tis_esr.commands.doctor import doctor as run_

    with told_plainly():
        raise typer.Exit(int(asyncio.run(run_(load()))))


@app.command()
def files(
    name: Annotated[str | None, typer.Argument(help="Only this file, with all that is known of it.")] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
    settle: Annotated[
        str | None, typer.Option("--settle", help="Note how the findings of NAME were dealt with.")
    ] = None,
) -> None:
    """List the files from ESR with their states, what was found on them, and which are missing."""
    from tis_esr.commands.files import files as run_
    from tis_esr.commands.files import settle as settle_

    with told_plainly():
        if settle is None:
            raise typer.Exit(int(run_(load(), name, state, as_json=as_json)))
        if name is None:
            raise UsageError("NAME", "name the file whose findings were dealt with")
        raise typer.Exit(int(asyncio.run(settle_(load(), name, settle, state))))


@app.command()
def parked(as_json: JsonOption = False) -> None:
    """List what waits for a person, by reason."""
    from tis_esr.commands.operate import parked as run_

    with told_plainly():
        raise typer.Exit(int(run_(load(), as_json=as_json)))


@app.command()
def redrive(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of parked messages.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="All whose reason holds this text.")] = None,
    discard: Annotated[
        str | None, typer.Option("--discard", help="Give them up instead, with this remark on their rows.")
    ] = None,
) -> None:
    """Have parked messages handled again, or give them up."""
    from tis_esr.commands.operate import redrive as run_

    with told_plainly():
        raise typer.Exit(int(asyncio.run(run_(load(), ids or [], reason, discard))))


@app.command()
def why(
    word: Annotated[
        str, typer.Argument(help="A placement id, post number, position number or id, or GMC number.")
    ],
    state: StateOption = None,
    tcs: Annotated[
        str | None, typer.Option("--tcs", help="TCS with its context path; default: TIS_ESR_TCS_URL.")
    ] = None,
    as_of: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why a placement, post, position or person was, or wasn't, sent to ESR, and who must act."""
    from tis_esr.commands.why import why as run

    with told_plainly():
        settings = load()
        raise typer.Exit(int(asyncio.run(run(settings, word, state, tcs, _day(as_of), as_json=as_json))))


@app.command()
def asyncapi() -> None:
    """Print the services' messages as an AsyncAPI 3.0 document."""
    from tis_esr.commands.asyncapi import document

    print_json(document())


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(ZoneInfo("Europe/London")).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError("--as-of", f"{text!r} is not a valid date; write it as 2026-11-24") from None
    if day.year not in _YEARS:
        raise UsageError("--as-of", f"{text} is not a day from {_YEARS[0]} to {_YEARS[-1]}; check the year")
    return day


def _folder(option: str, path: Path, *, there: bool = False) -> Path:
    """Return a folder's path; raises UsageError where it is a file, or must be ``there`` and isn't."""
    for place in (path, *path.parents):
        if place.exists() and not place.is_dir():
            raise UsageError(option, f"{place} is a file, not a folder; name a folder")
    if there and not path.is_dir():
        raise UsageError(option, f"{path}: there is no such folder; create it, or correct its name")
    return path


__all__ = ["Exit", "app", "errors", "main"]
