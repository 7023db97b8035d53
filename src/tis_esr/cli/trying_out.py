"""Commands to try the program without ESR and TIS: generated data, a simulated TCS."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import DayOption, JsonOption, command, day_of, folder_of
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


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

    TCS is simulated. An earlier demo in the folder is replaced, unless a process uses it. The exit code is 1: some rows are parked on purpose.
    """
    with user_errors_reported():
        from tis_esr.commands.demo import demo as run
        from tis_esr.commands.demo import show_what_next

        code = run(load(), folder_of("--dir", folder), day_of(as_of), days, as_json=as_json)
        if not as_json:
            show_what_next(folder, code)
        raise typer.Exit(int(code))


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
        say(
            f"Files from ESR: {places['in']} ({counted(len(made.files), 'file')}, {counted(made.rows, 'row')})"
        )
        say(f"TCS data: {places['tcs']} ({counted(made.posts, 'post')})")
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
